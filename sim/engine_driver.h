#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/assert.h"
#include "core/engine.h"
#include "sim/sim_cipher.h"
#include "sim/sim_clock.h"
#include "storage/batch_rows.h"
#include "storage/memory_store.h"

namespace signalbox {

// An engine alone: commands in, answers out, each its own batch, on a store in memory. For
// properties of the core that need no server around it.
class EngineDriver {
public:
    explicit EngineDriver(CoreLimits limits = {}, uint64_t seed = 1);
    // Further engines have these keys.
    void set_cipher(BodyCipher cipher) { cipher_ = std::move(cipher); }

    // The answer, or nothing when the request is parked; then it comes with taken().
    template <class Body>
    std::optional<Result<typename Body::Answer>> ask(Body body) {
        const RequestId request(++last_request_);
        run(Command{request, "tenant", {"test", {}}, std::move(body)});
        for (size_t i = 0; i < completions_.size(); ++i) {
            if (completions_[i].request != request) continue;
            auto reply = std::move(completions_[i].reply);
            completions_.erase(completions_.begin() + static_cast<std::ptrdiff_t>(i));
            return std::get<Result<typename Body::Answer>>(std::move(reply));
        }
        return std::nullopt;
    }
    // A command that is answered at once, and well.
    template <class Body>
    typename Body::Answer must(Body body) {
        auto answer = ask(std::move(body));
        ASSERT(answer && *answer);
        return std::move(**answer);
    }
    // Only the command's own step; what it leaves to further ones is not done, and the answer
    // comes with taken().
    template <class Body>
    RequestId submit(Body body) {
        const RequestId request(++last_request_);
        step(Command{request, "tenant", {"test", {}}, std::move(body)});
        return request;
    }
    [[nodiscard]] RequestId last_request() const { return RequestId(last_request_); }

    // Answers of parked requests since the last call, in their order.
    std::vector<Completion> taken();
    std::vector<FeedDelivery> delivered();
    // What is to be done outside, likewise.
    std::vector<Effect> effects();

    // Addresses that are to be asked, likewise.
    std::vector<ProbeOrder> probes();

    void run(Command command);
    void stop();
    // Fires what is due, until nothing more is.
    void fire_due();
    void advance(Duration span);
    // A new engine from the rows of the old one; parked requests are gone.
    void restart();

    [[nodiscard]] Engine& engine() { return *engine_; }
    [[nodiscard]] SimClock& clock() { return clock_; }
    [[nodiscard]] MemoryStore& store() { return store_; }
    [[nodiscard]] Revision committed() const { return committed_; }
    // Of all change sets so far.
    [[nodiscard]] uint64_t bytes_committed() const { return bytes_committed_; }

private:
    void begin();
    void step(Command command);
    void commit();

    const CoreLimits limits_;
    const uint64_t seed_;
    BodyCipher cipher_ = sim_cipher();
    SimClock clock_;
    MemoryStore store_;
    std::unique_ptr<Engine> engine_;
    std::unique_ptr<BatchRows> rows_;
    Revision committed_;
    uint64_t bytes_committed_ = 0;
    uint64_t last_request_ = 0;
    std::vector<Completion> completions_;
    std::vector<FeedDelivery> deliveries_;
    std::vector<Effect> effects_;
    std::vector<ProbeOrder> probes_;
};

}  // namespace signalbox
