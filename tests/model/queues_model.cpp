#include "queues_model.h"

#include <algorithm>
#include <set>

namespace signalbox {
namespace {

constexpr int64_t forever_ms = INT64_MAX;
constexpr int64_t default_ttl_ms = 3'600'000;

template <class List, class Value>
bool contains(const List& list, const Value& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

int64_t in_ms(const std::optional<Duration>& duration, int64_t otherwise) {
    return duration ? duration->count() : otherwise;
}

size_t bytes_of(const QueuesModel::Queue& queue) {
    size_t bytes = 0;
    for (const auto& message : queue.messages) bytes += message.content.body.size();
    return bytes;
}

}  // namespace

const QueuesModel::Queue* QueuesModel::find(const std::string& queue) const {
    const auto found = queues_.find(queue);
    return found == queues_.end() ? nullptr : &found->second;
}

const QueuesModel::Message* QueuesModel::find(const std::string& name, Number number) const {
    const Queue* queue = find(name);
    if (queue == nullptr) return nullptr;
    for (const auto& message : queue->messages) {
        if (message.number == number) return &message;
    }
    return nullptr;
}

QueuesModel::Queue& QueuesModel::lazy_queue(const std::string& name) {
    const auto [queue, is_new] = queues_.try_emplace(name);
    if (is_new) queue->second.created_ms = now_ms_;
    return queue->second;
}

bool QueuesModel::create(const CreateQueue& command) {
    if (find(command.queue.name) != nullptr) return false;
    Queue& queue = lazy_queue(command.queue.name);
    queue.settings = command.settings;
    queue.metadata = command.metadata;
    return true;
}

std::optional<ErrorCode> QueuesModel::update(const UpdateQueue& command) {
    const auto found = queues_.find(command.queue.name);
    if (found == queues_.end()) return ErrorCode::not_found;
    Queue& queue = found->second;
    queue.settings = command.settings;
    queue.metadata = command.metadata;
    ++queue.updates;
    return std::nullopt;
}

bool QueuesModel::remove(const std::string& queue) {
    return queues_.erase(queue) > 0;
}

std::optional<uint64_t> QueuesModel::purge(const std::string& name) {
    const auto queue = queues_.find(name);
    if (queue == queues_.end()) return std::nullopt;
    const auto count = queue->second.messages.size();
    queue->second.messages.clear();
    queue->second.claims.clear();
    return count;
}

bool QueuesModel::is_known(const Queue& queue, const Queue::Posted& posted) const {
    return posted.at_ms + in_ms(queue.settings.dedup_window, known_for_ms_) > now_ms_;
}

Result<QueuesModel::Posted> QueuesModel::post(const PostMessages& command) {
    const Queue* before = find(command.queue.name);
    if (before != nullptr && before->settings.post_bytes_max &&
        command.request_bytes > *before->settings.post_bytes_max) {
        return fail(ErrorCode::too_large, "");
    }
    if (!command.idempotency_key.empty() && before != nullptr) {
        const auto known = before->keys.find(command.idempotency_key);
        if (known != before->keys.end() && is_known(*before, known->second)) {
            if (known->second.digest != command.idempotency_digest) {
                return fail(ErrorCode::key_reused, "");
            }
            return Posted{known->second.messages, true};
        }
    }
    Queue& queue = lazy_queue(command.queue.name);
    Posted posted;
    const Number first_posted = last_message_ + 1;
    for (const auto& content : command.messages) {
        if (!content.dedup.empty()) {
            const auto known = queue.dedups.find(content.dedup);
            if (known != queue.dedups.end() && is_known(queue, known->second)) {
                posted.messages.push_back(known->second.messages.front());
                continue;
            }
        }
        Message message;
        message.number = ++last_message_;
        message.content = content;
        message.client = command.client;
        message.posted_ms = now_ms_;
        message.ttl_ms = in_ms(content.ttl, in_ms(queue.settings.ttl, default_ttl_ms));
        message.ends_ms = now_ms_ + message.ttl_ms;
        const int64_t queue_delay_ms = in_ms(queue.settings.delay, 0);
        int64_t delay_ms = in_ms(content.delay, queue_delay_ms);
        if (command.delays_as_zaqar && queue_delay_ms == 0) delay_ms = 0;
        message.free_ms = now_ms_ + delay_ms;
        if (!command.delays_as_zaqar) message.ends_ms += delay_ms;
        if (content.deliver_at) {
            message.free_ms = content.deliver_at->time_since_epoch().count();
            // Its life begins when it can be had.
            message.ends_ms = std::max(now_ms_, message.free_ms) + message.ttl_ms;
        }
        posted.messages.push_back(message.number);
        if (!content.dedup.empty()) {
            queue.dedups[content.dedup] = {{message.number}, 0, now_ms_};
        }
        queue.messages.push_back(std::move(message));
        ++queue.posted;
    }
    if (!command.idempotency_key.empty()) {
        queue.keys[command.idempotency_key] = {posted.messages, command.idempotency_digest,
                                               now_ms_};
    }
    keep_limits(queue, first_posted);
    serve();
    return posted;
}

void QueuesModel::keep_limits(Queue& queue, Number first_posted) {
    const auto& settings = queue.settings;
    const auto is_over = [&] {
        return (settings.messages_max &&
                queue.messages.size() > static_cast<size_t>(*settings.messages_max)) ||
               (settings.bytes_max && bytes_of(queue) > static_cast<size_t>(*settings.bytes_max));
    };
    while (is_over()) {
        const auto oldest = std::find_if(
            queue.messages.begin(), queue.messages.end(),
            [&](const auto& message) { return !message.claim && !is_delayed(message); });
        // What was just accepted stays.
        if (oldest == queue.messages.end() || oldest->number >= first_posted) return;
        queue.messages.erase(oldest);
    }
}

QueuesModel::Message* QueuesModel::next_free(Queue& queue, std::optional<Number> by) {
    std::set<std::string> held_groups;
    for (const auto& message : queue.messages) {
        if (message.claim && message.claim != by) held_groups.insert(message.content.group);
    }
    held_groups.erase("");
    // What was given back for later keeps its place, before those of its group that follow.
    const auto waits = [&](const Message& message) {
        if (message.content.group.empty()) return false;
        bool is_behind = false;
        for (const auto& other : queue.messages) {
            if (&other == &message) is_behind = true;
            if (!other.was_given_back || !is_delayed(other) ||
                other.content.group != message.content.group) {
                continue;
            }
            if (other.content.priority > message.content.priority ||
                (other.content.priority == message.content.priority && !is_behind)) {
                return true;
            }
        }
        return false;
    };
    Message* best = nullptr;
    for (auto& message : queue.messages) {
        if (message.claim || is_delayed(message)) continue;
        if (held_groups.contains(message.content.group) || waits(message)) continue;
        // The first one of its priority was posted before the others.
        if (best == nullptr || message.content.priority > best->content.priority) best = &message;
    }
    return best;
}

void QueuesModel::bury(Queue& queue, Number number) {
    const auto found =
        std::find_if(queue.messages.begin(), queue.messages.end(),
                     [&](const Message& message) { return message.number == number; });
    Message message = std::move(*found);
    queue.messages.erase(found);
    Queue& grave = lazy_queue(*queue.settings.dead_letter_queue);
    if (queue.settings.dead_letter_ttl) {
        message.ttl_ms = queue.settings.dead_letter_ttl->count();
        message.ends_ms = now_ms_ + message.ttl_ms;
    }
    message.failures = 0;
    grave.messages.push_back(std::move(message));
    ++grave.posted;
    ++buried_;
}

QueuesModel::Given QueuesModel::make_claim(const ClaimMessages& command) {
    Given given;
    const auto found = queues_.find(command.queue.name);
    if (found == queues_.end()) return given;
    Queue& queue = found->second;
    const Number number = last_claim_ + 1;
    while (given.messages.size() < command.limit) {
        Message* message = next_free(queue, number);
        if (message == nullptr) break;
        const auto& settings = queue.settings;
        if (settings.claims_max && settings.dead_letter_queue &&
            message->failures >= *settings.claims_max &&
            *settings.dead_letter_queue != command.queue.name) {
            bury(queue, message->number);
            continue;
        }
        message->claim = number;
        given.messages.push_back(message->number);
    }
    if (given.messages.empty()) return given;
    last_claim_ = number;
    given.claim = number;
    queue.claims[number] = {};
    RenewClaim renewal{command.queue, {}, command.ttl, command.grace};
    renew(renewal, number);
    return given;
}

bool QueuesModel::renew(const RenewClaim& command, Number number) {
    const auto queue = queues_.find(command.queue.name);
    if (queue == queues_.end()) return false;
    const auto claim = queue->second.claims.find(number);
    if (claim == queue->second.claims.end()) return false;
    claim->second = {now_ms_, command.ttl.count(), now_ms_ + command.ttl.count()};
    const int64_t life_ms = (command.ttl + command.grace).count();
    for (auto& message : queue->second.messages) {
        if (message.claim != number || message.ends_ms >= now_ms_ + life_ms) continue;
        message.ttl_ms = life_ms;
        message.ends_ms = now_ms_ + life_ms;
    }
    return true;
}

std::optional<QueuesModel::Given> QueuesModel::claim(const ClaimMessages& command) {
    Given given = make_claim(command);
    serve();  // those who wait at a dead letter queue
    if (given.claim || command.wait.count() == 0) return given;
    waiters_.push_back(
        {++last_waiter_, command.queue.name, command, now_ms_ + command.wait.count()});
    return std::nullopt;
}

void QueuesModel::forget_waiter(Number number) {
    std::erase_if(waiters_, [&](const Waiter& waiter) { return waiter.number == number; });
}

void QueuesModel::serve() {
    for (size_t i = 0; i < waiters_.size();) {
        const auto buried_before = buried_;
        Given given = make_claim(waiters_[i].command);
        const bool has_served = given.claim.has_value();
        if (has_served) {
            given.waiter = waiters_[i].number;
            given_.push_back(std::move(given));
            waiters_.erase(waiters_.begin() + static_cast<std::ptrdiff_t>(i));
        }
        // Somebody who came earlier may wait for dead letters.
        const bool begins_again = has_served || buried_ > buried_before;
        i = begins_again ? 0 : i + 1;
    }
}

std::vector<QueuesModel::Message> QueuesModel::pop(const std::string& name, size_t limit) {
    std::vector<Message> popped;
    const auto queue = queues_.find(name);
    if (queue == queues_.end()) return popped;
    while (popped.size() < limit) {
        const Message* message = next_free(queue->second, std::nullopt);
        if (message == nullptr) break;
        const Number number = message->number;
        popped.push_back(*message);
        std::erase_if(queue->second.messages,
                      [&](const Message& other) { return other.number == number; });
    }
    return popped;
}

void QueuesModel::expire_claim(Queue& queue, Number number) {
    queue.claims.erase(number);
    for (auto& message : queue.messages) {
        if (message.claim != number) continue;
        give_back(message, true, 0);
    }
}

void QueuesModel::give_back(Message& message, bool counts_as_failure, int64_t delay_ms) const {
    message.claim.reset();
    if (counts_as_failure) ++message.failures;
    if (delay_ms == 0) return;
    message.free_ms = now_ms_ + delay_ms;
    message.was_given_back = true;
    // It must be there to be had once more.
    message.ends_ms = std::max(message.ends_ms, message.free_ms + message.ttl_ms);
}

void QueuesModel::end_empty_claims(Queue& queue) {
    std::erase_if(queue.claims, [&](const auto& entry) {
        return std::none_of(queue.messages.begin(), queue.messages.end(),
                            [&](const Message& message) { return message.claim == entry.first; });
    });
}

std::optional<uint64_t> QueuesModel::release(const Release& command) {
    const auto queue = queues_.find(command.queue);
    if (queue == queues_.end() || !queue->second.claims.contains(command.claim))
        return std::nullopt;
    for (const Number number : command.only) {
        const Message* message = find(command.queue, number);
        if (message == nullptr || message->claim != command.claim) return std::nullopt;
    }
    uint64_t released = 0;
    for (auto& message : queue->second.messages) {
        if (message.claim != command.claim) continue;
        if (!command.only.empty() && !contains(command.only, message.number)) continue;
        give_back(message, command.counts_as_failure, command.delay_ms);
        ++released;
    }
    end_empty_claims(queue->second);
    serve();
    return released;
}

Result<uint64_t> QueuesModel::remove_messages(const Delete& command) {
    const auto found = queues_.find(command.queue);
    if (found == queues_.end()) return 0;
    Queue& queue = found->second;
    const bool any_left =
        std::any_of(command.messages.begin(), command.messages.end(),
                    [&](const Number number) { return find(command.queue, number) != nullptr; });
    if (!any_left) return 0;
    if (command.rule == DeleteRule::claim_of_each) {
        for (const Number claim : command.claims) {
            if (!queue.claims.contains(claim)) return fail(ErrorCode::not_found, "", "claim");
        }
        for (const Number number : command.messages) {
            const Message* message = find(command.queue, number);
            if (message == nullptr) continue;
            if (message->claim && !contains(command.claims, *message->claim)) {
                return fail(ErrorCode::forbidden, "");
            }
            if (!message->claim && !command.claims.empty()) return fail(ErrorCode::conflict, "");
        }
    }
    const auto count = std::erase_if(queue.messages, [&](const Message& message) {
        return contains(command.messages, message.number);
    });
    end_empty_claims(queue);
    serve();  // the rest of a group
    return count;
}

Result<QueuesModel::Cursor> QueuesModel::set_cursor(const SetQueueCursor& command) {
    const auto queue = queues_.find(command.queue.name);
    if (queue == queues_.end()) return fail(ErrorCode::not_found, "");
    if (command.sequence > queue->second.posted) return fail(ErrorCode::invalid_argument, "");
    auto& cursors = queue->second.cursors;
    const auto known = cursors.find(command.reader);
    const uint64_t sequence = known == cursors.end() ? 0 : known->second.sequence;
    if (command.if_sequence && *command.if_sequence != sequence) {
        return fail(ErrorCode::precondition_failed, "");
    }
    return cursors[command.reader] = {command.sequence, now_ms_};
}

bool QueuesModel::remove_cursor(const DeleteQueueCursor& command) {
    const auto queue = queues_.find(command.queue.name);
    return queue != queues_.end() && queue->second.cursors.erase(command.reader) > 0;
}

std::optional<int64_t> QueuesModel::next_deadline() const {
    int64_t next = forever_ms;
    const auto consider = [&](int64_t at) {
        if (at > now_ms_) next = std::min(next, at);
    };
    for (const auto& [name, queue] : queues_) {
        for (const auto& [number, claim] : queue.claims) consider(claim.ends_ms);
        for (const auto& message : queue.messages) {
            consider(message.ends_ms);
            consider(message.free_ms);
        }
    }
    for (const auto& waiter : waiters_) consider(waiter.until_ms);
    return next == forever_ms ? std::nullopt : std::optional(next);
}

void QueuesModel::pass_time(int64_t now_ms) {
    for (auto next = next_deadline(); next && *next <= now_ms; next = next_deadline()) fire(*next);
    fire(now_ms);
}

void QueuesModel::fire(int64_t now_ms) {
    now_ms_ = now_ms;
    for (auto& [name, queue] : queues_) {
        std::vector<Number> ended;
        for (const auto& [number, claim] : queue.claims) {
            if (claim.ends_ms <= now_ms_) ended.push_back(number);
        }
        for (const Number number : ended) expire_claim(queue, number);
        std::erase_if(queue.messages,
                      [&](const Message& message) { return message.ends_ms <= now_ms_; });
        end_empty_claims(queue);
    }
    serve();
    for (const auto& waiter : waiters_) {
        if (waiter.until_ms <= now_ms_) given_.push_back({waiter.number, std::nullopt, {}});
    }
    std::erase_if(waiters_, [&](const Waiter& waiter) { return waiter.until_ms <= now_ms_; });
}

QueueStats QueuesModel::stats(const std::string& name) const {
    QueueStats stats;
    for (const auto& waiter : waiters_) stats.waiters += waiter.queue == name ? 1u : 0u;
    const Queue* queue = find(name);
    if (queue == nullptr) return stats;
    for (const auto& message : queue->messages) {
        ++(message.claim ? stats.claimed : is_delayed(message) ? stats.delayed : stats.free);
    }
    stats.total = queue->messages.size();
    stats.bytes = bytes_of(*queue);
    stats.claims = queue->claims.size();
    stats.posted = queue->posted;
    return stats;
}

std::vector<QueuesModel::Number> QueuesModel::held_by(const std::string& name, Number claim) const {
    std::vector<Number> held;
    if (const Queue* queue = find(name)) {
        for (const auto& message : queue->messages) {
            if (message.claim == claim) held.push_back(message.number);
        }
    }
    return held;
}

}  // namespace signalbox
