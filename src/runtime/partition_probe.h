#pragma once

#include <mutex>

#include "base/metrics.h"
#include "core/engine.h"

namespace signalbox {

// The metrics of the core, updated batch by batch. Any thread.
class PartitionProbe {
public:
    PartitionProbe(Metrics& metrics, size_t partition);

    struct Batch {
        size_t commands = 0;
        size_t bytes = 0;
        std::chrono::nanoseconds sync_time{};
    };
    void batch_committed(const Batch& batch);
    void commands_refused(size_t commands);

    struct State {
        Engine::Statistics engine;
        Revision revision;
        uint64_t journal_bytes = 0;
        Store::Usage store;
    };
    void state(const State& state);

private:
    class Registrar;
    explicit PartitionProbe(Registrar&& made);

    prometheus::Counter& commands_;
    prometheus::Counter& refused_;
    prometheus::Counter& journal_written_;
    prometheus::Histogram& batch_commands_;
    prometheus::Histogram& sync_seconds_;
    prometheus::Gauge& revision_;
    prometheus::Gauge& journal_bytes_;
    prometheus::Gauge& store_disk_bytes_;
    prometheus::Gauge& store_memory_bytes_;
    prometheus::Gauge& tickets_queued_;
    prometheus::Gauge& tickets_active_;
    prometheus::Gauge& tickets_ended_;
    prometheus::Gauge& lines_;
    prometheus::Gauge& sessions_;
    prometheus::Gauge& keys_;
    prometheus::Gauge& nodes_;
    prometheus::Gauge& services_;
    prometheus::Gauge& checks_;
    prometheus::Gauge& waiters_;
    prometheus::Gauge& subscribers_;
    prometheus::Gauge& feed_events_;
    prometheus::Gauge& tenants_;
    prometheus::Counter& created_;
    prometheus::Counter& granted_;
    prometheus::Counter& renewed_;
    prometheus::Counter& released_;
    prometheus::Counter& forced_;
    prometheus::Counter& expired_;
    prometheus::Counter& deleted_;
    prometheus::Counter& deadlocked_;
    prometheus::Gauge& queues_;
    prometheus::Gauge& queues_loaded_;
    prometheus::Gauge& messages_;
    prometheus::Gauge& message_bytes_;
    prometheus::Gauge& claims_;
    prometheus::Counter& messages_posted_;
    prometheus::Counter& messages_claimed_;
    prometheus::Counter& messages_deleted_;
    prometheus::Counter& messages_expired_;
    prometheus::Counter& messages_evicted_;
    prometheus::Counter& messages_dead_lettered_;
    prometheus::Counter& messages_unreadable_;
    prometheus::Counter& claims_expired_;
    prometheus::Gauge& subscriptions_;
    prometheus::Gauge& notifications_pending_;
    prometheus::Counter& notifications_delivered_;
    prometheus::Counter& notifications_failed_;
    prometheus::Counter& notifications_dropped_;
    prometheus::Counter& notifications_dead_lettered_;
    prometheus::Gauge& operations_;
    prometheus::Counter& operations_succeeded_;
    prometheus::Counter& operations_failed_;
    prometheus::Counter& operations_cancelled_;
    prometheus::Counter& operations_timed_out_;
    std::mutex mutex_;
    // What the counters already contain.
    Tickets::Statistics last_;
    Messages::Statistics last_messages_;
    Deliveries::Statistics last_deliveries_;
    Operations::Statistics last_operations_;
};

}  // namespace signalbox
