#pragma once

#include <functional>
#include <vector>

#include "base/random.h"
#include "port/http_client.h"
#include "sim/sim_clock.h"

namespace signalbox {

// Everybody outside whom the server calls, and the network between them: calls arrive, are
// answered, refused, cut off or left hanging. They live on when the server crashes; what was under
// way then may still arrive. One thread, deterministic.
class SimSubscribers : public HttpClient {
public:
    // In how many of 100 calls something goes wrong.
    struct Habits {
        unsigned fails = 0;          // it arrives, and is answered 500
        unsigned is_busy = 0;        // likewise with 429 and Retry-After
        unsigned goes = 0;           // likewise with 410
        unsigned is_cut = 0;         // it arrives, and nobody learns of it
        unsigned does_arrive = 100;  // or there is no connection
        unsigned hangs = 0;          // it arrives, and is never answered
    };
    // Told of each call that arrives, and with which status it is answered.
    using Witness = std::function<void(const OutgoingRequest&, uint16_t status)>;

    SimSubscribers(Random& random, const SimClock& clock) : random_(random), clock_(clock) {}

    void behave(Habits habits) { habits_ = habits; }
    void watch(Witness witness) { witness_ = std::move(witness); }

    void send(OutgoingRequest request, Then then) override;
    // Something of what is under way moves on; false when nothing can.
    bool step();
    // Nobody is there any more who could be answered.
    void server_has_gone();

private:
    struct Call {
        OutgoingRequest request;
        Then then;
        SteadyInstant given_up_at;
        bool hangs = false;
    };

    bool happens(unsigned percent) { return random_.chance(percent, 100); }
    uint16_t arrive(const Call& call);

    Random& random_;
    const SimClock& clock_;
    Habits habits_;
    Witness witness_;
    std::vector<Call> calls_;
};

}  // namespace signalbox
