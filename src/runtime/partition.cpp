#include "runtime/partition.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/log.h"

namespace signalbox {
namespace {

// A batch may write more than it was allowed to, by what its last command writes.
constexpr size_t batch_slack = 4;
constexpr Duration retry_interval = std::chrono::milliseconds(100);
constexpr Duration report_interval = std::chrono::milliseconds(200);
// While something is due at a time of the calendar, look at the clock this often: it may be set.
constexpr Duration idle_max = std::chrono::seconds(1);

Error unavailable(std::string message) {
    return {ErrorCode::unavailable, std::move(message), {}};
}

}  // namespace

Partition::Partition(Journal& journal, Store& store, const Clock& clock, Executor& executor,
                     PartitionOptions options, PartitionProbe& probe, ReadySink& sink,
                     std::function<void()> wake)
    : journal_(journal),
      store_(store),
      clock_(clock),
      executor_(executor),
      options_(std::move(options)),
      probe_(probe),
      sink_(sink),
      inbox_(options_.inbox, std::move(wake)),
      engine_(options_.core, options_.seed, clock.now()),
      rows_(store, engine_.ready().writes) {}

Result<std::unique_ptr<Partition>> Partition::open(Journal& journal, Store& store,
                                                   const Clock& clock, Executor& executor,
                                                   PartitionOptions options, PartitionProbe& probe,
                                                   ReadySink& sink, std::function<void()> wake) {
    std::unique_ptr<Partition> partition(new Partition(
        journal, store, clock, executor, std::move(options), probe, sink, std::move(wake)));
    TRY(partition->recover());
    return partition;
}

Result<void> Partition::recover() {
    const auto started = clock_.stopwatch();
    const Revision stored = store_.applied();
    if (stored > journal_.last_revision()) {
        return fail(ErrorCode::internal,
                    fmt::format("the store has reached revision {}, but the journal ends at {}: "
                                "a part of the data directory is missing",
                                stored.value, journal_.last_revision().value));
    }
    uint64_t replayed_bytes = 0;
    TRY(journal_.read(stored, [&](const BatchView& batch) {
        replayed_bytes += batch.bytes.size();
        return store_.apply(batch);
    }));
    const auto replayed = clock_.stopwatch();
    TRY(engine_.load(store_, clock_.now()));
    // What came due while nobody ran is seen to before anyone is answered.
    bool more = true;
    while (more) {
        TRY(make_room());
        rows_.reset();
        engine_.begin_batch(clock_.now(), journal_.last_revision().next(), rows_);
        more = engine_.fire_due();
        TRY(commit());
        if (store_is_behind_) return fail(ErrorCode::internal, "the store takes no writes");
        deliver();
    }
    const auto statistics = engine_.statistics();
    LOG(info, "partition.recovered", {"revision", journal_.last_revision().value},
        {"replayed_bytes", replayed_bytes},
        {"replay_ms", std::chrono::duration_cast<Duration>(replayed - started).count()},
        {"load_ms", std::chrono::duration_cast<Duration>(clock_.stopwatch() - replayed).count()},
        {"tickets", statistics.tickets.active_now + statistics.tickets.queued_now});
    return {};
}

bool Partition::run_batch() {
    inbox_.take(pending_);
    if (failed_) {
        refuse_pending(unavailable("the journal failed; restart the server"));
        return false;
    }
    if (store_is_behind_) apply_to_store();
    if (store_is_behind_) {
        refuse_pending(unavailable("the store takes no writes"));
        return false;
    }
    if (const auto room = make_room(); !room) {
        set_trouble(room.error().message);
        refuse_pending(room.error());
        return false;
    }
    set_trouble(std::nullopt);

    const Now now = clock_.now();
    rows_.reset();
    engine_.begin_batch(now, journal_.last_revision().next(), rows_);
    const bool more_due = engine_.fire_due();
    size_t commands = 0;
    while (!pending_.empty() && commands < options_.inbox.batch_commands_max &&
           engine_.ready().writes.view().bytes.size() < options_.inbox.batch_bytes_max) {
        engine_.apply(std::move(pending_.front()));
        pending_.pop_front();
        ++commands;
    }
    const auto started = clock_.stopwatch();
    const size_t bytes = engine_.ready().writes.view().bytes.size();
    if (const auto committed = commit(); !committed) {
        fail_for_good(committed.error());
        return false;
    }
    probe_.batch_committed({commands, bytes, clock_.stopwatch() - started});
    deliver();
    checkpoint_if_due();
    report_state(now);
    return more_due || !pending_.empty();
}

Result<void> Partition::make_room() {
    return journal_.reserve(options_.inbox.batch_bytes_max * batch_slack);
}

// Makes the batch durable. It is true from then on, even if the store cannot take it yet.
Result<void> Partition::commit() {
    if (engine_.ready().writes.empty()) return {};
    const auto batch = engine_.ready().writes.view();
    TRY(journal_.append(journal_.owner(), batch));
    bytes_since_checkpoint_ += batch.bytes.size();
    apply_to_store();
    return {};
}

void Partition::apply_to_store() {
    const auto applied = store_.apply(engine_.ready().writes.view());
    if (applied && store_is_behind_) {
        store_is_behind_ = false;
        set_trouble(std::nullopt);
        deliver();
    } else if (!applied) {
        store_is_behind_ = true;
        set_trouble(applied.error().message);
    }
}

// Answers wait for the store too: whoever has an answer may look at a snapshot.
void Partition::deliver() {
    if (store_is_behind_) return;
    auto& ready = engine_.ready();
    if (ready.completions.empty() && ready.deliveries.empty()) return;
    sink_.deliver(std::move(ready.completions), std::move(ready.deliveries));
    ready.completions.clear();
    ready.deliveries.clear();
}

void Partition::refuse_pending(const Error& error) {
    std::vector<Completion> completions;
    for (auto& command : pending_) {
        if (auto reply = refusal(command.body, error)) {
            completions.push_back({command.request, std::move(*reply)});
        } else {
            engine_.cancel(std::get<CancelRequest>(command.body).parked, clock_.now());
        }
    }
    pending_.clear();
    probe_.commands_refused(completions.size());
    if (!completions.empty()) sink_.deliver(std::move(completions), {});
}

void Partition::fail_for_good(const Error& error) {
    failed_ = true;
    LOG(error, "partition.failed", {"error", error.message});
    set_trouble(error.message);
    const auto refused = unavailable("the journal failed; restart the server");
    // Nothing of the batch may be told, and nobody parked will ever be granted anything.
    auto& ready = engine_.ready();
    for (auto& completion : ready.completions) refuse(completion.reply, refused);
    ready.deliveries.clear();
    deliver();
    stop();
    refuse_pending(refused);
}

void Partition::stop() {
    if (store_is_behind_) return;
    rows_.reset();
    engine_.begin_batch(clock_.now(), journal_.last_revision().next(), rows_);
    engine_.stop();
    ASSERT(engine_.ready().writes.empty());
    deliver();
}

std::optional<Duration> Partition::until_next_deadline() {
    if (failed_) return std::nullopt;
    if (trouble()) return retry_interval;
    auto until = engine_.until_next_deadline(clock_.now());
    if (until) until = std::min(*until, idle_max);
    if (report_is_due_) until = std::min(until.value_or(report_interval), report_interval);
    return until;
}

Result<void> Partition::flush() {
    TRY_AS(const auto reached, store_.flush());
    journal_.trim(reached);
    return {};
}

void Partition::checkpoint_if_due() {
    if (bytes_since_checkpoint_ < options_.checkpoint_bytes || checkpointing_.exchange(true))
        return;
    bytes_since_checkpoint_ = 0;
    executor_.post([this] {
        if (const auto flushed = flush(); !flushed) {
            LOG(warning, "checkpoint.failed", {"error", flushed.error().message});
        }
        checkpointing_ = false;
    });
}

void Partition::report_state(Now now) {
    report_is_due_ = now.steady - reported_at_ < report_interval;
    if (report_is_due_) return;
    reported_at_ = now.steady;
    probe_.state(
        {engine_.statistics(), journal_.last_revision(), journal_.kept_bytes(), store_.usage()});
}

std::optional<std::string> Partition::trouble() const {
    const std::lock_guard lock(trouble_mutex_);
    return trouble_;
}

void Partition::set_trouble(std::optional<std::string> trouble) {
    const std::lock_guard lock(trouble_mutex_);
    if (trouble_ == trouble) return;
    if (trouble) {
        LOG(error, "partition.refusing", {"reason", *trouble});
    } else {
        LOG(info, "partition.serving_again");
    }
    trouble_ = std::move(trouble);
}

}  // namespace signalbox
