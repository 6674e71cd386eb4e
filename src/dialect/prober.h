#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/registry_commands.h"
#include "dialect/frontend.h"
#include "port/http_client.h"

namespace signalbox {

// Carries out checks of addresses and tells the core what came of each. So many at a time; the
// others wait for their turn, and one that waits already is not queued again. Its io thread only.
class Prober {
public:
    Prober(Frontend& frontend, HttpClient& client, size_t probes_max);

    void carry_out(std::vector<ProbeOrder> orders);

private:
    // Of what does not depend on how often it was asked for.
    using Place = std::tuple<std::string, std::string, std::string>;
    struct State {
        Frontend& frontend;
        HttpClient& client;
        const size_t probes_max;
        size_t under_way = 0;
        std::deque<ProbeOrder> waiting;
        std::set<Place> places;  // of those that wait
    };

    static void begin_next(const std::shared_ptr<State>& state);
    static void begin(const std::shared_ptr<State>& state, ProbeOrder order);
    static void tell(State& state, const ProbeOrder& order, Result<IncomingResponse> response);

    // Answers may come behind its end.
    std::shared_ptr<State> state_;
};

}  // namespace signalbox
