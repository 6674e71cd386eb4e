#pragma once

#include <vector>

#include "bench/harness/load_round.h"
#include "bench/ticket/ticket_client.h"

namespace signalbox::bench {

enum class WorkloadKind : uint8_t {
    create,
    release,  // of what `create` made
    cycle,    // each connection makes a ticket and releases it
};

std::string_view workload_name(WorkloadKind kind);

// What connections ask for, one request after the other; every ticket has a line of its own.
// The limit server is sent the same bytes, so that the two differ in nothing but their work.
class Workload {
public:
    // Made and not yet released.
    struct Tickets {
        std::vector<TicketName> names;
        uint64_t lines = 0;
    };
    Workload(Api api, WorkloadKind kind, Tickets& tickets, size_t connections);

    // This outlives what they return.
    LoadCalls calls();
    LoadCalls calls_to_limit();

private:
    std::string_view next(ConnectionIndex connection);
    std::string_view next_for_limit(ConnectionIndex connection);
    bool take(const Answer& answer);
    std::string_view create();

    const Api api_;
    const WorkloadKind kind_;
    Tickets& tickets_;
    TicketRequests requests_;
    std::string line_;
    std::vector<std::optional<TicketName>> held_;  // by connection, of a cycle
    std::vector<bool> limit_turn_;
};

}  // namespace signalbox::bench
