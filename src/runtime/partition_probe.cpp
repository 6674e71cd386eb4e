#include "runtime/partition_probe.h"

#include <string>

namespace signalbox {

// Registers what belongs to one partition; the families are shared by all of them.
class PartitionProbe::Registrar {
public:
    Registrar(Metrics& metrics, size_t partition)
        : registry_(metrics.registry()), partition_(std::to_string(partition)) {}

    prometheus::Counter& counter(const char* name, const char* help,
                                 prometheus::Labels labels = {}) {
        labels.emplace("partition", partition_);
        return prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add(labels);
    }
    prometheus::Gauge& gauge(const char* name, const char* help, prometheus::Labels labels = {}) {
        labels.emplace("partition", partition_);
        return prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels);
    }
    prometheus::Histogram& histogram(const char* name, const char* help,
                                     const prometheus::Histogram::BucketBoundaries& buckets) {
        return prometheus::BuildHistogram().Name(name).Help(help).Register(registry_).Add(
            {{"partition", partition_}}, buckets);
    }
    prometheus::Gauge& tickets(const char* status) {
        return gauge("signalbox_tickets", "Tickets by status", {{"status", status}});
    }
    prometheus::Counter& transition(const char* name) {
        return counter("signalbox_ticket_transitions_total", "What happened to tickets",
                       {{"transition", name}});
    }
    prometheus::Counter& message(const char* name) {
        return counter("signalbox_message_transitions_total", "What happened to messages",
                       {{"transition", name}});
    }
    prometheus::Counter& notification(const char* name) {
        return counter("signalbox_notification_transitions_total",
                       "What happened to messages that subscribers were to be told",
                       {{"transition", name}});
    }
    prometheus::Counter& operation_end(const char* state) {
        return counter("signalbox_operations_ended_total", "Operations that have ended",
                       {{"state", state}});
    }

private:
    prometheus::Registry& registry_;
    const std::string partition_;
};

PartitionProbe::PartitionProbe(Metrics& metrics, size_t partition)
    : PartitionProbe(Registrar(metrics, partition)) {}

PartitionProbe::PartitionProbe(Registrar&& made)
    : commands_(made.counter("signalbox_commands_total", "Commands applied by the core")),
      refused_(made.counter("signalbox_commands_refused_total",
                            "Commands refused because the storage was not ready")),
      journal_written_(made.counter("signalbox_journal_written_bytes_total",
                                    "Bytes of change sets appended to the journal")),
      batch_commands_(made.histogram("signalbox_batch_commands", "Commands that shared one sync",
                                     {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024})),
      sync_seconds_(made.histogram("signalbox_journal_sync_seconds",
                                   "Time to append a batch and sync it", latency_buckets())),
      revision_(made.gauge("signalbox_revision", "Number of the last committed change set")),
      journal_bytes_(made.gauge("signalbox_journal_bytes", "Bytes kept by the journal")),
      store_disk_bytes_(made.gauge("signalbox_store_disk_bytes", "Bytes of the store on disk")),
      store_memory_bytes_(
          made.gauge("signalbox_store_memory_bytes", "Bytes of the store in memory")),
      tickets_queued_(made.tickets("queued")),
      tickets_active_(made.tickets("active")),
      tickets_ended_(made.tickets("ended")),
      lines_(made.gauge("signalbox_lines", "Lines that are occupied or have settings")),
      sessions_(made.gauge("signalbox_sessions", "Sessions alive")),
      keys_(made.gauge("signalbox_registry_keys", "Keys of the registry")),
      nodes_(made.gauge("signalbox_registry_nodes", "Nodes of the registry")),
      services_(made.gauge("signalbox_registry_services", "Instances of services")),
      checks_(made.gauge("signalbox_registry_checks", "Checks of nodes and services")),
      waiters_(made.gauge("signalbox_waiters", "Requests parked")),
      subscribers_(made.gauge("signalbox_subscribers", "Event streams open")),
      feed_events_(made.gauge("signalbox_feed_events", "Events kept in the feed")),
      tenants_(made.gauge("signalbox_tenants", "Tenants known")),
      created_(made.transition("created")),
      granted_(made.transition("granted")),
      renewed_(made.transition("renewed")),
      released_(made.transition("released")),
      forced_(made.transition("force_released")),
      expired_(made.transition("expired")),
      deleted_(made.transition("deleted")),
      deadlocked_(made.transition("deadlock")),
      queues_(made.gauge("signalbox_queues", "Queues and topics")),
      queues_loaded_(made.gauge("signalbox_queues_loaded", "Queues that are in memory")),
      messages_(made.gauge("signalbox_messages", "Messages in all queues")),
      message_bytes_(made.gauge("signalbox_message_bytes", "Bytes of their bodies")),
      claims_(made.gauge("signalbox_claims", "Claims open")),
      messages_posted_(made.message("posted")),
      messages_claimed_(made.message("claimed")),
      messages_deleted_(made.message("deleted")),
      messages_expired_(made.message("expired")),
      messages_evicted_(made.message("evicted")),
      messages_dead_lettered_(made.message("dead_lettered")),
      messages_unreadable_(made.counter("signalbox_messages_unreadable_total",
                                        "Bodies asked for that could not be decrypted")),
      claims_expired_(
          made.counter("signalbox_claims_expired_total", "Claims that nobody ended in time")),
      subscriptions_(made.gauge("signalbox_subscriptions", "Subscriptions and called appliers")),
      notifications_pending_(
          made.gauge("signalbox_notifications_pending",
                     "Messages that wait, once for each subscriber that is to be told")),
      notifications_delivered_(made.notification("delivered")),
      notifications_failed_(made.notification("failed")),
      notifications_dropped_(made.notification("dropped")),
      notifications_dead_lettered_(made.notification("dead_lettered")),
      operations_(made.gauge("signalbox_operations", "Operations that have not ended")),
      operations_succeeded_(made.operation_end("succeeded")),
      operations_failed_(made.operation_end("failed")),
      operations_cancelled_(made.operation_end("cancelled")),
      operations_timed_out_(made.counter("signalbox_operations_timed_out_total",
                                         "Operations that failed by their deadline")) {}

void PartitionProbe::batch_committed(const Batch& batch) {
    commands_.Increment(static_cast<double>(batch.commands));
    if (batch.commands > 0) batch_commands_.Observe(static_cast<double>(batch.commands));
    if (batch.bytes == 0) return;
    journal_written_.Increment(static_cast<double>(batch.bytes));
    sync_seconds_.Observe(std::chrono::duration<double>(batch.sync_time).count());
}

void PartitionProbe::commands_refused(size_t commands) {
    refused_.Increment(static_cast<double>(commands));
}

void PartitionProbe::state(const State& state) {
    const std::lock_guard lock(mutex_);
    const auto set = [](prometheus::Gauge& gauge, uint64_t value) {
        gauge.Set(static_cast<double>(value));
    };
    set(revision_, state.revision.value);
    set(journal_bytes_, state.journal_bytes);
    set(store_disk_bytes_, state.store.disk_bytes);
    set(store_memory_bytes_, state.store.memory_bytes);
    set(sessions_, state.engine.sessions);
    set(keys_, state.engine.keys);
    set(nodes_, state.engine.registry.nodes);
    set(services_, state.engine.registry.services);
    set(checks_, state.engine.registry.checks);
    set(waiters_, state.engine.waiters);
    set(subscribers_, state.engine.subscribers);
    set(feed_events_, state.engine.feed_events);
    set(tenants_, state.engine.tenants);
    const auto& tickets = state.engine.tickets;
    set(tickets_queued_, tickets.queued_now);
    set(tickets_active_, tickets.active_now);
    set(tickets_ended_, tickets.ended_kept);
    set(lines_, tickets.lines_now);
    const auto add = [](prometheus::Counter& counter, uint64_t now, uint64_t before) {
        counter.Increment(static_cast<double>(now - before));
    };
    add(created_, tickets.created, last_.created);
    add(granted_, tickets.granted, last_.granted);
    add(renewed_, tickets.renewed, last_.renewed);
    add(released_, tickets.released, last_.released);
    add(forced_, tickets.forced, last_.forced);
    add(expired_, tickets.expired, last_.expired);
    add(deleted_, tickets.deleted, last_.deleted);
    add(deadlocked_, tickets.deadlocks, last_.deadlocks);
    last_ = tickets;
    const auto& queues = state.engine.queues;
    set(queues_, queues.queues_now);
    set(queues_loaded_, queues.queues_loaded);
    set(messages_, queues.messages_now);
    set(message_bytes_, queues.bytes_now);
    set(claims_, queues.claims_now);
    const auto& messages = queues.messages;
    add(messages_posted_, messages.posted, last_messages_.posted);
    add(messages_claimed_, messages.claimed, last_messages_.claimed);
    add(messages_deleted_, messages.deleted, last_messages_.deleted);
    add(messages_expired_, messages.expired, last_messages_.expired);
    add(messages_evicted_, messages.evicted, last_messages_.evicted);
    add(messages_dead_lettered_, messages.dead_lettered, last_messages_.dead_lettered);
    add(messages_unreadable_, messages.unreadable, last_messages_.unreadable);
    add(claims_expired_, messages.claims_expired, last_messages_.claims_expired);
    last_messages_ = messages;
    set(subscriptions_, queues.subscriptions_now);
    set(notifications_pending_, queues.notifications_pending);
    const auto& deliveries = queues.deliveries;
    add(notifications_delivered_, deliveries.delivered, last_deliveries_.delivered);
    add(notifications_failed_, deliveries.failed, last_deliveries_.failed);
    add(notifications_dropped_, deliveries.dropped, last_deliveries_.dropped);
    add(notifications_dead_lettered_, deliveries.dead_lettered, last_deliveries_.dead_lettered);
    last_deliveries_ = deliveries;
    const auto& operations = state.engine.operations;
    set(operations_, operations.live);
    add(operations_succeeded_, operations.succeeded, last_operations_.succeeded);
    add(operations_failed_, operations.failed, last_operations_.failed);
    add(operations_cancelled_, operations.cancelled, last_operations_.cancelled);
    add(operations_timed_out_, operations.timed_out, last_operations_.timed_out);
    last_operations_ = operations;
}

}  // namespace signalbox
