#pragma once

#include <boost/intrusive/list.hpp>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/limits.h"
#include "core/queue.h"
#include "core/step.h"
#include "core/tenant_usage.h"

namespace signalbox {

// The queues of a partition by name. One in which nothing goes on is rows only; it is brought
// into memory when it is asked about, and leaves again when others were asked about more lately.
// So there may be many more queues than memory would hold. Core thread.
//
// Invariant (check()): what is not idle is in memory, from the start on.
class QueueCatalog {
public:
    QueueCatalog(const QueueLimits& limits, TenantUsage& usage) : limits_(limits), usage_(usage) {}

    // Everything that is claimed or delayed comes into memory, with its timers.
    Result<void> load(const RowReader& rows, Timers& timers, Now now);

    // Null when it does not exist.
    Result<Queue*> find(TenantId tenant, const QueueName& name, Step& step);
    // `not_found` when it does not exist.
    Result<Queue*> require(TenantId tenant, const QueueName& name, Step& step);
    Result<Queue*> find_or_create(TenantId tenant, const QueueName& name, Step& step);
    // For somebody who waits for its first message: one that may not exist.
    Result<Queue*> find_or_remember(TenantId tenant, const QueueName& name, Step& step);

    Result<QueueCreated> create(TenantId tenant, CreateQueue command, Step& step);
    Result<QueueView> get(TenantId tenant, const GetQueue& command, Step& step);
    Result<QueueView> update(TenantId tenant, UpdateQueue command, Step& step);
    Result<QueuePurged> purge(TenantId tenant, const PurgeQueue& command, Step& step);
    Result<QueueDeleted> remove(TenantId tenant, const DeleteQueue& command, Step& step);

    // Its counters are to be written.
    void touch(Queue& queue);
    // At the end of a batch: writes what has changed, and lets go of queues that nobody asks about.
    void finish_batch(Step& step);
    // Brings the next few queues that are not in memory there, so that what expired in them goes.
    void go_rounds(Step& step);

    void claim_opened() { ++open_claims_; }
    void claim_closed() { --open_claims_; }
    [[nodiscard]] size_t open_claims() const { return open_claims_; }

    [[nodiscard]] uint64_t count() const { return usage_.total().queues; }
    [[nodiscard]] size_t loaded() const { return queues_.size(); }
    void check() const;

private:
    struct Entry : boost::intrusive::list_base_hook<> {
        explicit Entry(QueueKey key) : queue(std::move(key)) {}
        Queue queue;
    };

    Result<Queue*> find_row(const QueueKey& key, const std::string& row_key, Timers& timers,
                            Now now, const RowReader& rows);
    Result<Queue*> load_by_number(QueueNumber number, const RowReader& rows, Timers& timers,
                                  Now now);
    Entry& add(QueueKey key);
    Result<Queue*> make(const QueueKey& key, const QueueSettings& settings,
                        const std::string& metadata, Step& step);
    // Messages and claims, in memory and as rows.
    void empty(Queue& queue, Step& step);
    void emit(const Queue& queue, std::string type, Step& step) const;

    const QueueLimits& limits_;
    TenantUsage& usage_;
    // By the key of its row.
    std::unordered_map<std::string, std::unique_ptr<Entry>> queues_;
    boost::intrusive::list<Entry> by_use_;  // used last at the end
    std::vector<Queue*> dirty_;
    size_t open_claims_ = 0;
    QueueNumber last_number_;
    std::string rounds_at_;  // the key of the row that was looked at last
    TimerHook rounds_timer_{TimerKind::queue_rounds};
};

}  // namespace signalbox
