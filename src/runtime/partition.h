#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/limits.h"
#include "core/engine.h"
#include "port/clock.h"
#include "port/executor.h"
#include "runtime/inbox.h"
#include "runtime/partition_probe.h"
#include "storage/batch_rows.h"
#include "storage/journal.h"
#include "storage/store.h"

namespace signalbox {

// Takes what a batch made true, once it is durable. Called on the core's thread.
class ReadySink {
public:
    virtual ~ReadySink() = default;
    virtual void deliver(std::vector<Completion> completions,
                         std::vector<FeedDelivery> deliveries) = 0;
    // Behind the answers of the same batch. Each is reported with ReportDelivery.
    virtual void carry_out(std::vector<Effect> effects) = 0;
    // Addresses to be asked how they are; what comes of it is told to the partition.
    virtual void probe(std::vector<ProbeOrder> orders) = 0;
};

struct PartitionOptions {
    BodyCipher cipher;
    CoreLimits core = {};
    InboxLimits inbox = {};
    uint64_t seed = 0;
    uint64_t checkpoint_bytes = 64u << 20;  // written to the journal between two checkpoints
};

// One share of the tenants: a journal, a store and the engine between them. It has no thread
// of its own; a driver calls run_batch() whenever it was woken or the next deadline came.
//
// Group commit without a timer: a batch is whatever arrived while the last one was synced.
//
// When the disk is full it refuses with `unavailable` and goes on by itself once there is
// room. Room is asked for before anything is applied, but a batch may turn out larger: then it is
// held, with its answers, until the journal takes it. When the store fails, what is durable in the
// journal is applied to it as soon as it works again, also what it lost by failing. When the
// journal fails it refuses for good: what reached the disk is unknowable, and only a restart finds
// out.
class Partition {
public:
    // Brings the store up to date with the journal, loads the engine and fires what came due
    // while nobody ran; ready to serve when it returns. All arguments outlive the partition.
    static Result<std::unique_ptr<Partition>> open(Journal& journal, Store& store,
                                                   const Clock& clock, Executor& executor,
                                                   PartitionOptions options, PartitionProbe& probe,
                                                   ReadySink& sink, std::function<void()> wake);

    // False when the inbox is full; the command is left as it is then. Any thread.
    bool submit(Command&& command) { return inbox_.push(std::move(command)); }

    // Core thread. True when there is more to do at once.
    bool run_batch();
    // Nothing to do before this unless someone calls wake. Core thread.
    [[nodiscard]] std::optional<Duration> until_next_deadline();

    // Answers what is parked or held, and parks nothing any more. Core thread.
    void stop();
    // Makes the store current on disk, so that the next start has nothing to replay.
    Result<void> flush();

    // Rows as of the last commit whose answers were released, or later. Any thread.
    [[nodiscard]] std::shared_ptr<const StoreSnapshot> snapshot() const {
        return store_.snapshot();
    }
    // Why it refuses at present; nothing while it serves. Any thread.
    [[nodiscard]] std::optional<std::string> trouble() const;
    [[nodiscard]] const CoreLimits& limits() const { return options_.core; }
    // Rises when a token is gone, after that shows in snapshots and before anybody is told. Any
    // thread.
    [[nodiscard]] uint64_t tokens_epoch() const {
        return tokens_epoch_.load(std::memory_order_acquire);
    }
    // For the simulator.
    [[nodiscard]] const Engine& engine() const { return engine_; }

private:
    Partition(Journal& journal, Store& store, const Clock& clock, Executor& executor,
              PartitionOptions options, PartitionProbe& probe, ReadySink& sink,
              std::function<void()> wake);

    Result<void> recover();
    // How far the last batch has got: nothing of it may be told before it is in both.
    enum class Stage : uint8_t { applied_by_engine, in_journal, released };

    [[nodiscard]] Result<void> make_room();
    // Takes the last batch on from where it is. When it fails, it may be tried again; unless the
    // journal has failed, see is_final().
    Result<void> release();
    Result<void> apply_to_store(const BatchView& batch);
    // Brings the store to where the journal is.
    Result<void> replay();
    [[nodiscard]] bool is_final(const Error& error) const;
    bool try_to_release();
    void refuse_pending(const Error& error);
    void forget_pending();
    void refuse_ready(const Error& error);
    void deliver();
    void fail_for_good(const Error& error);
    void set_trouble(std::optional<std::string> trouble);
    void checkpoint_if_due();
    void report_state(Now now);

    Journal& journal_;
    Store& store_;
    const Clock& clock_;
    Executor& executor_;
    const PartitionOptions options_;
    PartitionProbe& probe_;
    ReadySink& sink_;
    Inbox inbox_;
    Engine engine_;
    BatchRows rows_;

    std::vector<Command> pending_;  // taken from the inbox, for this batch or the next
    size_t next_pending_ = 0;       // those before it are done
    Stage stage_ = Stage::released;
    size_t batch_commands_ = 0;  // in the last batch
    bool store_failed_ = false;
    std::optional<Error> ended_;  // it does nothing any more, and refuses with this
    uint64_t bytes_since_checkpoint_ = 0;
    std::atomic<bool> checkpointing_{false};
    std::atomic<uint64_t> tokens_epoch_{0};
    SteadyInstant reported_at_;
    bool report_is_due_ = false;

    mutable std::mutex trouble_mutex_;
    std::optional<std::string> trouble_;
};

}  // namespace signalbox
