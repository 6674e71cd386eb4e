#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/registry_commands.h"
#include "dialect/frontend.h"
#include "port/http_client.h"

namespace signalbox {

// Carries out checks of addresses and tells the core what came of each. So many at a time; the
// others wait for their turn, which goes round by tenant, and one that waits already is not queued
// again. Those that have not shown that they are answered promptly wait in a line of their own and
// have half of the places at most, so that addresses that hang hold up only each other. Its io
// thread only.
class Prober {
public:
    Prober(Frontend& frontend, HttpClient& client, size_t probes_max);

    void carry_out(std::vector<ProbeOrder> orders);

private:
    // Of what does not depend on how often it was asked for: tenant, node, check.
    using Place = std::tuple<std::string, std::string, std::string>;

    class Line {
    public:
        void add(Place place) { waiting_[std::get<0>(place)].push_back(std::move(place)); }
        [[nodiscard]] bool empty() const { return waiting_.empty(); }
        // Of the tenant behind the one that had the last turn.
        Place take_next();

    private:
        std::map<std::string, std::deque<Place>> waiting_;  // by tenant, none without any
        std::string last_;
    };
    struct State {
        Frontend& frontend;
        HttpClient& client;
        const size_t probes_max;
        size_t under_way = 0;
        size_t doubtful_under_way = 0;
        std::map<Place, ProbeOrder> orders;  // of those that wait
        Line prompt;
        Line doubtful;
        bool doubtful_is_next = false;  // of two that could be

        // Whose turn it is; null when nobody can have one.
        Line* next_line();
    };

    static void begin_next(const std::shared_ptr<State>& state);
    static void begin(const std::shared_ptr<State>& state, ProbeOrder order);
    static void tell(State& state, const ProbeOrder& order, bool is_prompt,
                     Result<IncomingResponse> response);

    // Answers may come behind its end.
    std::shared_ptr<State> state_;
};

}  // namespace signalbox
