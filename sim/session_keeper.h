#pragma once

#include <string>

#include "sim/sim_http.h"
#include "sim/ticket_oracle.h"

namespace signalbox {

// A client that ties its tickets to a session: it makes one, keeps it alive by heartbeats or by
// an open connection for a while, takes tickets with it, and then dies without a word.
class SessionKeeper {
public:
    SessionKeeper(World& world, TicketOracle& oracle, unsigned number)
        : world_(world), oracle_(oracle), number_(number), http_(world), life_(world) {}

    void act();
    void die();
    // Its connections are closed, and it goes on with new ones.
    void hang_up();

private:
    enum class Stage : uint8_t { none, making, alive, taking, beating };

    void answered(const SimResponse& response);

    World& world_;
    TicketOracle& oracle_;
    const unsigned number_;
    SimHttp http_;
    SimHttp life_;  // the connection that holds the session, if it is held by one
    Stage stage_ = Stage::none;
    bool by_connection_ = false;
    unsigned tickets_ = 0;
    std::string session_;
};

}  // namespace signalbox
