#pragma once

#include <memory>
#include <string>

#include "base/assert.h"
#include "core/engine.h"
#include "storage/batch_rows.h"
#include "storage/memory_store.h"

namespace signalbox {

// What a batch goes through besides the engine.
enum class Stages : uint8_t { engine, memory, rocks };

// A store of RocksDB in a directory that goes with it.
class TemporaryStore {
public:
    TemporaryStore();
    ~TemporaryStore();
    TemporaryStore(const TemporaryStore&) = delete;
    TemporaryStore& operator=(const TemporaryStore&) = delete;

    [[nodiscard]] Store& store() { return *store_; }

private:
    std::string directory_;
    std::unique_ptr<Store> store_;
};

// The state machine by itself: commands in, change sets and answers out, in batches.
class EngineBench {
public:
    explicit EngineBench(Stages stages);

    template <class Body>
    const typename Body::Answer& ask(Body body) {
        engine_.apply(Command{RequestId(++request_),
                              "bench",
                              {"127.0.0.1", "4d1f30a4-2c1f-4b1e-9c0e-6a3f0a4d9d11"},
                              std::move(body)});
        const auto& reply = engine_.ready().completions.back().reply;
        const auto& answer = std::get<Result<typename Body::Answer>>(reply);
        ASSERT(answer);
        return *answer;
    }

    // Ends the batch and begins the next one.
    void commit();

private:
    void begin();

    const Stages stages_;
    const CoreLimits limits_;
    const Now now_{Instant(std::chrono::hours(500'000)), SteadyInstant(std::chrono::hours(1))};
    MemoryStore memory_;
    const std::unique_ptr<TemporaryStore> rocks_;
    Store& store_;
    Engine engine_;
    BatchRows rows_;
    Revision committed_;
    std::string journal_;
    uint64_t request_ = 0;
};

}  // namespace signalbox
