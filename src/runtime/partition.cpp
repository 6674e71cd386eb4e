#include "runtime/partition.h"

#include <span>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/log.h"

namespace signalbox {
namespace {

// A batch may write more than it was allowed to, by what its last command writes. Seldom more than
// this; and then it is held.
constexpr size_t batch_slack = 4;
constexpr size_t pending_kept_max = 4096;
constexpr Duration retry_interval = std::chrono::milliseconds(100);
constexpr Duration report_interval = std::chrono::milliseconds(200);
// While something is due at a time of the calendar, look at the clock this often: it may be set.
constexpr Duration idle_max = std::chrono::seconds(1);

// What is wrong exactly is for the operator: it names files.
constexpr const char* cannot_write = "the server cannot write at the moment; /readyz says why";

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
      engine_(options_.core, options_.cipher, options_.seed, clock.now()),
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
    TRY(replay());
    const uint64_t replayed_bytes = bytes_since_checkpoint_;
    const auto replayed = clock_.stopwatch();
    TRY(engine_.load(store_, clock_.now()));
    // What came due while nobody ran is seen to before anyone is answered.
    bool more = true;
    while (more) {
        TRY(make_room());
        rows_.reset();
        engine_.begin_batch(clock_.now(), journal_.last_revision().next(), rows_);
        more = engine_.fire_due();
        engine_.end_batch();
        stage_ = Stage::applied_by_engine;
        TRY(release());
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
    const bool has_taken = pending_.empty();
    if (has_taken) inbox_.take(pending_);
    if (!ended_ && try_to_release()) {
        if (const auto room = make_room()) {
            set_trouble(std::nullopt);
        } else {
            set_trouble(room.error().message);
        }
    }
    if (trouble()) {
        refuse_pending(ended_ ? *ended_ : unavailable(cannot_write));
        return !has_taken;
    }

    const Now now = clock_.now();
    rows_.reset();
    engine_.begin_batch(now, journal_.last_revision().next(), rows_);
    const bool more_due = engine_.fire_due();
    batch_commands_ = 0;
    while (next_pending_ < pending_.size() && batch_commands_ < options_.inbox.batch_commands_max &&
           engine_.ready().writes.view().bytes.size() < options_.inbox.batch_bytes_max) {
        engine_.apply(std::move(pending_[next_pending_]));
        ++next_pending_;
        ++batch_commands_;
    }
    engine_.end_batch();
    if (next_pending_ == pending_.size()) forget_pending();
    inbox_.done(batch_commands_);
    stage_ = Stage::applied_by_engine;
    if (try_to_release()) {
        checkpoint_if_due();
        report_state(now);
    }
    // Whoever came while the inbox was not looked at has woken nobody.
    return more_due || !pending_.empty() || !has_taken;
}

// Its memory is for the next ones, unless it was a crowd.
void Partition::forget_pending() {
    pending_.clear();
    next_pending_ = 0;
    if (pending_.capacity() > pending_kept_max) pending_.shrink_to_fit();
}

Result<void> Partition::make_room() {
    return journal_.reserve(options_.inbox.batch_bytes_max * batch_slack);
}

Result<void> Partition::release() {
    const auto batch = engine_.ready().writes.view();
    if (stage_ == Stage::applied_by_engine) {
        const auto started = clock_.stopwatch();
        if (batch.count > 0) TRY(journal_.append(journal_.owner(), batch));
        stage_ = Stage::in_journal;
        bytes_since_checkpoint_ += batch.bytes.size();
        probe_.batch_committed({batch_commands_, batch.bytes.size(), clock_.stopwatch() - started});
    }
    if (stage_ == Stage::in_journal) {
        // Answers wait for the store too: whoever has an answer may look at a snapshot.
        if (batch.count > 0) TRY(apply_to_store(batch));
        stage_ = Stage::released;
        deliver();
    }
    return {};
}

Result<void> Partition::apply_to_store(const BatchView& batch) {
    if (store_failed_) TRY(store_.revive());
    auto applied = store_.applied().next() == batch.first ? store_.apply(batch) : replay();
    store_failed_ = !applied;
    return applied;
}

Result<void> Partition::replay() {
    return journal_.read(store_.applied(), [this](const BatchView& batch) {
        // It is in no checkpoint; a server that crashes time and again must make one too.
        bytes_since_checkpoint_ += batch.bytes.size();
        return store_.apply(batch);
    });
}

bool Partition::is_final(const Error& error) const {
    return stage_ == Stage::applied_by_engine && error.code != ErrorCode::unavailable;
}

bool Partition::try_to_release() {
    const auto released = release();
    if (released) return true;
    if (is_final(released.error())) {
        fail_for_good(released.error());
    } else {
        set_trouble(released.error().message);
    }
    return false;
}

void Partition::deliver() {
    auto& ready = engine_.ready();
    if (ready.tokens_gone) tokens_epoch_.fetch_add(1, std::memory_order_release);
    if (ready.unreadable.bodies > 0) {
        LOG(error, "messages.unreadable", {"bodies", ready.unreadable.bodies},
            {"last", ready.unreadable.last});
    }
    if (!ready.completions.empty() || !ready.deliveries.empty()) {
        sink_.deliver(std::move(ready.completions), std::move(ready.deliveries));
        ready.completions.clear();
        ready.deliveries.clear();
    }
    if (!ready.effects.empty()) {
        sink_.carry_out(std::move(ready.effects));
        ready.effects.clear();
    }
    if (!ready.probes.empty()) sink_.probe(std::exchange(ready.probes, {}));
}

void Partition::refuse_pending(const Error& error) {
    std::vector<Completion> completions;
    for (auto& command : std::span(pending_).subspan(next_pending_)) {
        if (auto reply = refusal(command.body, error)) {
            completions.push_back({command.request, std::move(*reply)});
        } else {
            engine_.cancel(std::get<CancelRequest>(command.body).parked, clock_.now());
        }
    }
    inbox_.done(pending_.size() - next_pending_);
    forget_pending();
    probe_.commands_refused(completions.size());
    if (!completions.empty()) sink_.deliver(std::move(completions), {});
}

void Partition::fail_for_good(const Error& error) {
    LOG(error, "partition.failed", {"error", error.message});
    set_trouble(error.message);
    ended_ = unavailable("the journal failed; restart the server");
    // Nobody parked will ever be granted anything.
    stop();
}

// Nothing of the batch may be told.
void Partition::refuse_ready(const Error& error) {
    auto& ready = engine_.ready();
    for (auto& completion : ready.completions) refuse(completion.reply, error);
    ready.deliveries.clear();
    ready.effects.clear();
    ready.probes.clear();
}

void Partition::stop() {
    if (stage_ != Stage::released) {
        if (!ended_) ended_ = unavailable(trouble() ? cannot_write : "the server is stopping");
        // What is in the journal is true, and the next start brings the store up to date. What is
        // not will never have happened, or nobody knows.
        if (stage_ == Stage::applied_by_engine) refuse_ready(*ended_);
        deliver();
    }
    rows_.reset();
    engine_.begin_batch(clock_.now(), journal_.last_revision().next(), rows_);
    engine_.stop();
    ASSERT(engine_.ready().writes.empty());
    deliver();
}

std::optional<Duration> Partition::until_next_deadline() {
    if (ended_) return std::nullopt;
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
