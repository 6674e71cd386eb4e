#pragma once

#include <map>
#include <string>

#include "sim/engine_driver.h"
#include "storage/keys.h"

namespace signalbox {

// The life of a small server, always the same, that leaves a row of every kind behind.
class GoldenTickets {
public:
    GoldenTickets();

    // By table.
    [[nodiscard]] std::map<Table, MemoryStore::Rows> rows();

    EngineDriver driver;
    Uuid session;
    Uuid plain;  // active, with nothing but an expiry
    Uuid full;   // queued, with every field there is
    Uuid finished;
    Uuid expired;
    Uuid deleted;
};

Resource golden_resource(uint8_t server, std::string scope, std::string id);

}  // namespace signalbox
