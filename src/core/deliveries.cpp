#include "core/deliveries.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "codec/json_text.h"
#include "codec/url.h"
#include "core/retry_policy.h"

namespace signalbox {
namespace {

constexpr size_t windows_per_step_max = 64;
// Of the store, for those that are behind; the core waits for it.
constexpr size_t rows_per_step_max = 512;
constexpr size_t row_bytes_per_step_max = 1u << 20;
constexpr size_t error_bytes_max = 256;
// After a store that could not be read.
constexpr Duration unreadable_pause = std::chrono::seconds(1);
// After a queue of dead letters that took nothing.
constexpr Duration no_room_pause = std::chrono::minutes(1);

// As it is written; nothing when there is none.
std::optional<std::string_view> option_of(std::string_view options, std::string_view name) {
    JsonTextReader reader(options);
    if (reader.kind() != JsonKind::object) return std::nullopt;
    reader.enter();
    while (const auto found = reader.next_member()) {
        const auto value = reader.take();
        if (is_json_name(*found, name)) return value;
    }
    return std::nullopt;
}

// Of a post that was refused: whether it may be taken later.
bool is_for_now(ErrorCode code) {
    return code == ErrorCode::overloaded || code == ErrorCode::unavailable ||
           code == ErrorCode::internal;
}

// As text, and not so long: it may be another server's.
std::string shown_error(std::string text) {
    if (!is_valid_utf8(text)) {
        for (char& c : text) {
            if (static_cast<unsigned char>(c) >= 0x80) c = '?';
        }
    }
    if (text.size() <= error_bytes_max) return text;
    // Not within a letter.
    size_t end = error_bytes_max;
    while ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    text.resize(end);
    return text;
}

}  // namespace

void Deliveries::want(Subscription& subscription) {
    const bool is_in_line = static_cast<const Subscription::Turn&>(subscription).is_linked();
    if (subscription.window != 0 || is_in_line || subscription.retry_timer.is_linked()) return;
    lines_[static_cast<size_t>(subscription.standing())].push_back(subscription);
}

void Deliveries::want_at_once(Subscription& subscription, Step& step) {
    TimerWheel::cancel(subscription.retry_timer);
    // It may be another one now, which has failed nobody, or has still to be tried.
    static_cast<Subscription::Turn&>(subscription).unlink();
    if (subscription.next_attempt_at != Instant::min()) {
        subscription.next_attempt_at = Instant::min();
        Outboxes::write_delivery(subscription, step);
    }
    want(subscription);
}

void Deliveries::forget(Subscription& subscription) {
    if (subscription.window != 0) end_window(subscription);
}

bool Deliveries::may_begin(Subscription::Standing standing) const {
    const auto under_way = [&](Subscription::Standing of) {
        return windows_[static_cast<size_t>(of)];
    };
    if (lines_[static_cast<size_t>(standing)].empty()) return false;
    if (statistics_.under_way_now >= limits_.windows_max) return false;
    if (standing == Subscription::Standing::proven) return true;
    const size_t failing = under_way(Subscription::Standing::failing);
    const size_t doubtful = failing + under_way(Subscription::Standing::untried);
    if (doubtful >= std::max<size_t>(limits_.windows_max / 2, 1)) return false;
    return standing == Subscription::Standing::untried ||
           failing < std::max<size_t>(limits_.windows_max / 4, 1);
}

bool Deliveries::is_unsettled() const {
    return outboxes_.has_news() || may_begin(Subscription::Standing::proven) ||
           may_begin(Subscription::Standing::untried) || may_begin(Subscription::Standing::failing);
}

bool Deliveries::has_read_enough() const {
    return reading_.rows >= rows_per_step_max || reading_.bytes >= row_bytes_per_step_max;
}

void Deliveries::settle(Step& step) {
    for (const auto number : outboxes_.take_news()) {
        Outbox* const outbox = outboxes_.find(number);
        if (outbox == nullptr) continue;
        statistics_.dropped += outboxes_.make_room(*outbox, step);
        for (const auto& [id, subscription] : outbox->subscriptions) {
            if (has_more(*subscription)) want(*subscription);
        }
    }
    reading_ = {};
    size_t begun = 0;
    while (begun < windows_per_step_max && !has_read_enough()) {
        Subscription* const subscription = next_in_line();
        if (subscription == nullptr) return;
        if (!begin(*subscription, step)) {
            step.timers.schedule(subscription->retry_timer, step.now.steady + unreadable_pause);
        }
        ++begun;
    }
}

Subscription* Deliveries::next_in_line() {
    for (size_t tried = 0; tried < lines_.size(); ++tried) {
        const size_t index = next_line_;
        next_line_ = (next_line_ + 1) % lines_.size();
        if (!may_begin(static_cast<Subscription::Standing>(index))) continue;
        Subscription& first = lines_[index].front();
        lines_[index].pop_front();
        return &first;
    }
    return nullptr;
}

Effect Deliveries::effect_of(const Subscription& subscription, Effect::Kind kind) const {
    Effect effect;
    const Outbox& outbox = subscription.outbox;
    effect.tenant = outbox.tenant;
    effect.outbox = outbox.number;
    effect.subscription = subscription.id;
    effect.window = subscription.window;
    effect.kind = kind;
    effect.queue = outbox.key.queue;
    effect.subscriber = subscription.subscriber;
    effect.ttl = subscription.ttl;
    effect.options = subscription.options;
    effect.attempt = subscription.failures + 1;
    return effect;
}

bool Deliveries::has_more(const Subscription& subscription) {
    return subscription.notice != Subscription::Notice::none ||
           (subscription.has_place && subscription.next < subscription.outbox.next);
}

Result<std::shared_ptr<const Notification>> Deliveries::open(
    const Outbox& outbox, const std::shared_ptr<const Notification>& notification) const {
    if (!notification->seal) return notification;
    MessageRow row;
    row.created_at = notification->posted_at;
    row.seal = notification->seal;
    row.body = notification->body;
    auto opened = std::make_shared<Notification>(*notification);
    TRY_AS(opened->body, bodies_.open(outbox.key.tenant, notification->message, row));
    opened->seal.reset();
    return opened;
}

Result<Deliveries::Notifications> Deliveries::next_notifications(Subscription& subscription,
                                                                 Step& step) {
    Outbox& outbox = subscription.outbox;
    const size_t limit = subscription.failures > 0 ? 1 : limits_.window_messages_max;
    TRY_AS(auto found,
           outboxes_.read(outbox, subscription.next, limit, limits_.window_bytes_max, step.rows));
    if (!Outboxes::is_recent(outbox, subscription.next)) {
        reading_.rows += found.size();
        for (const auto& each : found) reading_.bytes += each->body.size();
    }
    const auto is_too_old = [&](const auto& notification) {
        return saturating_add(notification->posted_at, notification->ttl) <= step.now.wall;
    };
    const auto first = std::find_if_not(found.begin(), found.end(), is_too_old);
    if (const auto skipped = static_cast<uint64_t>(first - found.begin()); skipped > 0) {
        subscription.dropped += skipped;
        statistics_.dropped += skipped;
        subscription.failures = 0;
        outboxes_.advance(subscription, subscription.next + skipped, step);
    }
    Notifications next;
    for (auto each = first; each != found.end() && !is_too_old(*each); ++each) {
        auto opened = open(outbox, *each);
        if (!opened && next.empty()) {
            take_failure(subscription, {opened.error().message, std::nullopt, false}, step);
        }
        if (!opened) break;
        next.push_back(std::move(*opened));
    }
    return next;
}

Result<void> Deliveries::begin(Subscription& subscription, Step& step) {
    ASSERT(subscription.window == 0 && !subscription.retry_timer.is_linked());
    Effect::Kind kind = Effect::Kind::messages;
    Notifications next;
    if (subscription.notice == Subscription::Notice::confirmation) {
        kind = Effect::Kind::confirmation;
    } else if (subscription.notice == Subscription::Notice::unsubscription) {
        kind = Effect::Kind::unsubscription;
    } else {
        if (!has_more(subscription)) return {};
        subscription.window_notice = Subscription::Notice::none;
        TRY_AS(next, next_notifications(subscription, step));
        if (next.empty()) {
            if (has_more(subscription)) want(subscription);
            return {};
        }
    }
    subscription.window = ++last_window_;
    subscription.window_generation = subscription.generation;
    subscription.window_notice = subscription.notice;
    subscription.window_from = subscription.next;
    subscription.window_standing = subscription.standing();
    subscription.window_begun_at = step.now.steady;
    subscription.window_size = next.size();
    ++statistics_.under_way_now;
    ++windows_[static_cast<size_t>(subscription.window_standing)];
    auto effect = effect_of(subscription, kind);
    effect.notifications = std::move(next);
    step.ready.effects.push_back(std::move(effect));
    return {};
}

void Deliveries::end_window(Subscription& subscription) {
    subscription.window = 0;
    --statistics_.under_way_now;
    --windows_[static_cast<size_t>(subscription.window_standing)];
}

Result<DeliveryReported> Deliveries::report(const ReportDelivery& command, Step& step) {
    Outbox* const outbox = outboxes_.find(command.outbox);
    if (outbox == nullptr) return DeliveryReported{};
    const auto found = outbox->subscriptions.find(command.subscription);
    if (found == outbox->subscriptions.end() || found->second->window != command.window) {
        return DeliveryReported{};
    }
    Subscription& subscription = *found->second;
    end_window(subscription);
    if (subscription.window_is_current()) take_outcome(subscription, command, step);
    statistics_.dropped += outboxes_.make_room(*outbox, step);
    if (has_more(subscription)) want(subscription);
    return DeliveryReported{};
}

void Deliveries::take_outcome(Subscription& subscription, const ReportDelivery& command,
                              Step& step) {
    // Whoever takes longer may as well hang.
    subscription.is_proven = !command.failure && step.now.steady - subscription.window_begun_at <=
                                                     2 * limits_.window_time_max;
    if (command.delivered > 0) take_success(subscription, command.delivered, step);
    if (command.failure) take_failure(subscription, *command.failure, step);
}

void Deliveries::take_success(Subscription& subscription, size_t delivered, Step& step) {
    subscription.failures = 0;
    subscription.next_attempt_at = Instant::min();
    subscription.last_error.clear();
    if (subscription.window_notice != Subscription::Notice::none) {
        subscription.notice = Subscription::Notice::none;
        return outboxes_.keep(subscription, step);
    }
    ASSERT(subscription.has_place && subscription.next == subscription.window_from);
    delivered = std::min(delivered, subscription.window_size);
    subscription.delivered += delivered;
    statistics_.delivered += delivered;
    outboxes_.advance(subscription, subscription.next + delivered, step);
}

void Deliveries::take_failure(Subscription& subscription, const ReportDelivery::Failure& failure,
                              Step& step) {
    ++statistics_.failed;
    subscription.last_error = shown_error(failure.why);
    if (failure.is_gone) {
        subscription.is_gone = true;
        subscription.notice = Subscription::Notice::none;
        subscription.failures = 0;
        return outboxes_.keep(subscription, step);
    }
    ++subscription.failures;
    const auto policy = policy_of(subscription, step);
    auto delay = policy.delay_after(subscription.failures);
    // What an applier is told ends with the deadline of its operation, and not before.
    const bool is_applier = subscription.outbox.key.queue.kind == QueueKind::applier;
    if (!delay && is_applier) delay = policy.maximum;
    if (!delay) return give_up(subscription, step);
    Duration wait = *delay;
    if (wait > Duration::zero()) {
        // Those that were to be made at the same time are not.
        const auto spread = static_cast<uint64_t>(RetryPolicy::jitter_of(wait).count());
        wait += Duration(static_cast<int64_t>(step.random.below(spread + 1)));
    }
    if (failure.retry_after) {
        wait = std::max(wait, std::min(*failure.retry_after, limits_.retry_after_max));
    }
    try_again_after(subscription, wait, step);
}

// By the clock that nobody sets; the time of day is for the row, and for those who ask.
void Deliveries::try_again_after(Subscription& subscription, Duration pause, Step& step) {
    subscription.next_attempt_at = saturating_add(step.now.wall, pause);
    if (pause > Duration::zero()) {
        step.timers.schedule(subscription.retry_timer, step.now.steady + pause);
    }
    outboxes_.write_delivery(subscription, step);
}

void Deliveries::give_up(Subscription& subscription, Step& step) {
    const bool was_notice = subscription.window_notice != Subscription::Notice::none;
    if (!was_notice && !move_to_dead_letters(subscription, step)) {
        return try_again_after(subscription, no_room_pause, step);
    }
    subscription.failures = 0;
    subscription.next_attempt_at = Instant::min();
    if (was_notice) {
        // It may be asked again by who made it.
        subscription.notice = Subscription::Notice::none;
        return outboxes_.keep(subscription, step);
    }
    ++subscription.dropped;
    ++statistics_.dropped;
    outboxes_.advance(subscription, subscription.next + 1, step);
}

bool Deliveries::move_to_dead_letters(Subscription& subscription, Step& step) {
    const Outbox& outbox = subscription.outbox;
    const auto written = option_of(subscription.options, "_dead_letter_queue");
    const auto name = written ? json_string(*written) : std::nullopt;
    if (!name) return true;
    PostMessages post;
    post.queue = {QueueKind::queue, *name};
    // To the queue itself: it would come back for ever.
    if (post.queue == outbox.key.queue) return true;
    const auto found = outboxes_.read(outbox, subscription.next, 1, 1, step.rows);
    if (!found || found->empty()) return false;
    const auto opened = open(outbox, found->front());
    if (!opened) return true;  // nobody can read it there either
    NewMessage message;
    message.body = (*opened)->body;
    post.messages.push_back(std::move(message));
    post.encrypts = found->front()->seal.has_value();
    const auto posted = messages_.post(outbox.key.tenant, post, step);
    if (posted) ++statistics_.dead_lettered;
    // What that queue never takes is of no use here either.
    return posted || !is_for_now(posted.error().code);
}

RetryPolicy Deliveries::policy_of(const Subscription& subscription, Step& step) {
    const auto own = option_of(subscription.options, "_retry_policy");
    std::optional<RetryPolicy> of_queue;
    const auto& key = subscription.outbox.key;
    const auto queue = catalog_.find(key.tenant, key.queue, step);
    if (queue && *queue != nullptr && (*queue)->settings.retry_policy) {
        of_queue = RetryPolicy::parse(*(*queue)->settings.retry_policy);
    }
    const auto of_subscription = own ? std::optional(RetryPolicy::parse(*own)) : std::nullopt;
    const bool queue_wins = (of_queue && of_queue->overrides_subscription) ||
                            (of_subscription && of_subscription->overrides_subscription);
    if (queue_wins || !of_subscription) return of_queue.value_or(RetryPolicy());
    return *of_subscription;
}

DeliveryStatus Deliveries::status_of(const Subscription& subscription) {
    DeliveryStatus status;
    if (subscription.has_place) status.pending = subscription.outbox.next - subscription.next;
    status.delivered = subscription.delivered;
    status.dropped = subscription.dropped;
    status.failures = subscription.failures;
    if (subscription.retry_timer.is_linked()) {
        status.next_attempt_at = subscription.next_attempt_at;
    }
    status.last_error = subscription.last_error;
    status.is_under_way = subscription.window != 0;
    status.is_gone = subscription.is_gone;
    return status;
}

}  // namespace signalbox
