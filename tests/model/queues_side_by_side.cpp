#include "queues_side_by_side.h"

#include <algorithm>

#include <rapidcheck.h>

namespace signalbox {
namespace {

const char* const names[] = {"a", "b", "dead"};
const char* const clients[] = {"client-1", "client-2"};
const char* const readers[] = {"r", "s"};
constexpr uint32_t tick_ms = 10;
// Little is kept here, and there are no groups: one who waits for his group may be kept longer.
const std::string retained_queue = "b";

}  // namespace

QueuesSideBySide::QueuesSideBySide() : model_(CoreLimits().idempotency.age_max.count()) {
    model_.pass_time(now_ms());
}

void QueuesSideBySide::step(uint64_t code) {
    draw_ = code;
    const auto choice = take(40);
    if (choice < 9) {
        post();
    } else if (choice < 17) {
        claim();
    } else if (choice < 20) {
        remove_messages();
    } else if (choice < 23) {
        release();
    } else if (choice < 25) {
        renew();
    } else if (choice < 27) {
        pop();
    } else if (choice < 29) {
        create();
    } else if (choice < 31) {
        update();
    } else if (choice == 31) {
        cursors();
    } else if (choice == 32) {
        purge();
    } else if (choice == 33) {
        if (take(3) == 0) remove_queue();
    } else if (choice == 34) {
        cancel();
    } else if (choice < 39) {
        pass_time();
    } else {
        restart();
    }
    compare();
}

uint32_t QueuesSideBySide::take(uint32_t bound) {
    const auto taken = static_cast<uint32_t>(draw_ % bound);
    draw_ /= bound;
    return taken;
}

Duration QueuesSideBySide::take_span(int64_t from_ms, uint32_t up_to_ms) {
    return Duration(from_ms + int64_t{take(up_to_ms / tick_ms)} * tick_ms);
}

QueueName QueuesSideBySide::take_queue() {
    static const uint32_t often[] = {0, 0, 0, 0, 1, 1, 2};
    return {QueueKind::queue, names[often[take(7)]]};
}

QueueSettings QueuesSideBySide::take_settings(const std::string& queue) {
    QueueSettings settings;
    if (take(4) == 0) settings.ttl = take_span(60'000, 60'000);
    if (take(4) == 0) settings.delay = take_span(0, 30'000);
    if (take(2) == 0) {
        settings.dead_letter_queue = "dead";
        settings.claims_max = 1 + take(3);
        if (take(2) == 0) settings.dead_letter_ttl = take_span(60'000, 30'000);
    }
    if (queue == retained_queue) {
        if (take(3) == 0) settings.messages_max = 1 + take(6);
        if (take(3) == 0) settings.bytes_max = 10 + take(30);
    }
    if (take(4) == 0) settings.dedup_window = take_span(1000, 60'000);
    if (take(8) == 0) settings.post_bytes_max = 100;
    if (take(2) == 0) settings.encrypt = true;
    return settings;
}

QueuesModel::Number QueuesSideBySide::take_message() {
    if (ids_.empty()) return 0;
    return 1 + take(static_cast<uint32_t>(ids_.size()));
}

QueuesModel::Number QueuesSideBySide::take_claim(const std::string& name) {
    if (claims_.empty()) return 0;
    const auto* queue = model_.find(name);
    if (queue != nullptr && !queue->claims.empty() && take(4) != 0) {
        auto claim = queue->claims.begin();
        std::advance(claim, take(static_cast<uint32_t>(queue->claims.size())));
        return claim->first;
    }
    auto claim = claims_.begin();
    std::advance(claim, take(static_cast<uint32_t>(claims_.size())));
    return claim->first;
}

// Some of those that the claim holds, and some others.
std::vector<QueuesModel::Number> QueuesSideBySide::take_messages(const std::string& queue,
                                                                 Number claim) {
    std::vector<Number> taken;
    for (const Number held : model_.held_by(queue, claim)) {
        if (take(2) == 0) taken.push_back(held);
    }
    for (auto others = take(3); others > 0; --others) {
        const Number other = take_message();
        const bool is_new = std::find(taken.begin(), taken.end(), other) == taken.end();
        if (other != 0 && is_new) taken.push_back(other);
    }
    return taken;
}

std::vector<MessageId> QueuesSideBySide::ids_of(const std::vector<Number>& numbers) const {
    std::vector<MessageId> ids;
    for (const Number number : numbers) ids.push_back(ids_.at(number));
    return ids;
}

void QueuesSideBySide::pass_time() {
    const Duration span = take_span(0, take(2) == 0 ? 2000 : 90'000);
    for (Duration passed{}; passed < span;) {
        driver_.fire_due();
        const auto until = driver_.engine().until_next_deadline(driver_.clock().now());
        const Duration piece = std::min(span - passed, std::max(until.value_or(span), Duration(1)));
        driver_.advance(piece);
        passed += piece;
        model_.pass_time(now_ms());
        compare_given();
    }
}

void QueuesSideBySide::restart() {
    // Whatever bodies are encrypted with, and whatever comes first now.
    const auto first = static_cast<unsigned char>(1 + take(2));
    const auto second = static_cast<unsigned char>(3 - first);
    driver_.set_cipher(BodyCipher({sim_key(first), sim_key(second)}));
    driver_.restart();
    model_.restart();
    waiting_.clear();
}

void QueuesSideBySide::create() {
    const QueueName queue = take_queue();
    CreateQueue command{queue, take_settings(queue.name), R"({"n":1})"};
    const auto answer = driver_.must(command);
    RC_ASSERT(answer.is_new == model_.create(command));
    const auto* expected = model_.find(command.queue.name);
    RC_ASSERT(answer.view.settings == expected->settings);
    RC_ASSERT(answer.view.metadata == expected->metadata);
}

void QueuesSideBySide::update() {
    const QueueName queue = take_queue();
    UpdateQueue command{queue, take_settings(queue.name), R"({"n":2})", std::nullopt};
    const auto answer = *driver_.ask(command);
    const auto refused = model_.update(command);
    RC_ASSERT(answer.has_value() == !refused.has_value());
    if (!answer) RC_ASSERT(answer.error().code == *refused);
}

void QueuesSideBySide::remove_queue() {
    const QueueName queue = take_queue();
    RC_ASSERT(driver_.must(DeleteQueue{queue, {}}).existed == model_.remove(queue.name));
}

void QueuesSideBySide::purge() {
    const QueueName queue = take_queue();
    const auto answer = *driver_.ask(PurgeQueue{queue});
    const auto expected = model_.purge(queue.name);
    RC_ASSERT(answer.has_value() == expected.has_value());
    if (answer) RC_ASSERT(answer->messages == *expected);
}

void QueuesSideBySide::post() {
    PostMessages command;
    if (!under_keys_.empty() && take(8) == 0) {
        command = under_keys_[take(static_cast<uint32_t>(under_keys_.size()))];
        if (take(4) == 0) ++command.idempotency_digest;
    } else {
        command.queue = take_queue();
        command.client = clients[take(2)];
        command.delays_as_zaqar = take(2) == 0;
        command.request_bytes = take(150);
        if (take(6) == 0) {
            command.idempotency_key = "key-" + std::to_string(under_keys_.size());
            command.idempotency_digest = 1;
        }
        for (auto more = 1 + take(3); more > 0; --more) {
            NewMessage message;
            message.body = std::to_string(++bodies_);
            if (take(3) == 0) message.ttl = take_span(60'000, 60'000);
            const auto delay = take(8);
            if (delay == 0) message.delay = take_span(0, 60'000);
            if (delay == 1) {
                message.deliver_at = Instant(Duration(now_ms())) + take_span(0, 60'000);
            }
            if (command.queue.name != retained_queue && take(3) == 0)
                message.group = std::string(1, static_cast<char>('x' + take(2)));
            if (take(4) == 0) message.priority = static_cast<uint8_t>(take(10));
            if (take(6) == 0) message.dedup = "dedup-" + std::to_string(take(5));
            command.messages.push_back(std::move(message));
        }
        if (!command.idempotency_key.empty()) under_keys_.push_back(command);
    }
    const auto answer = *driver_.ask(command);
    const auto expected = model_.post(command);
    RC_ASSERT(answer.has_value() == expected.has_value());
    if (!answer) {
        RC_ASSERT(answer.error().code == expected.error().code);
        return;
    }
    RC_ASSERT(answer->is_replay == expected->is_replay);
    learn(expected->messages, answer->ids);
}

// What was posted before has its old id, everything else a new one.
void QueuesSideBySide::learn(const std::vector<Number>& numbers,
                             const std::vector<MessageId>& ids) {
    RC_ASSERT(numbers.size() == ids.size());
    for (size_t i = 0; i < ids.size(); ++i) {
        RC_ASSERT(ids_.emplace(numbers[i], ids[i]).first->second == ids[i]);
        RC_ASSERT(numbers_.emplace(ids[i], numbers[i]).first->second == numbers[i]);
    }
}

void QueuesSideBySide::claim() {
    ClaimMessages command;
    command.queue = take_queue();
    command.limit = 1 + take(5);
    command.ttl = take_span(60'000, 60'000);
    command.grace = take_span(60'000, 10'000);
    // It ends between the multiples of 10 ms.
    if (take(4) == 0) command.wait = take_span(5, 20'000);
    const auto answer = driver_.ask(command);
    const auto expected = model_.claim(command);
    RC_ASSERT(answer.has_value() == expected.has_value());
    if (!answer) {
        waiting_[driver_.last_request()] = model_.last_waiter();
        return;
    }
    RC_ASSERT(answer->has_value());
    compare_claimed(**answer, command.queue.name, *expected);
}

void QueuesSideBySide::renew() {
    RenewClaim command;
    command.queue = take_queue();
    const Number number = take_claim(command.queue.name);
    if (number == 0) return;
    command.claim = claims_.at(number).id;
    command.ttl = take_span(60'000, 60'000);
    command.grace = take_span(60'000, 10'000);
    const auto answer = *driver_.ask(command);
    const bool renewed = model_.renew(command, number);
    RC_ASSERT(answer.has_value() == renewed);
    if (!answer) {
        RC_ASSERT(answer.error().code == ErrorCode::not_found);
        return;
    }
    RC_ASSERT(answer->ttl == command.ttl);
    RC_ASSERT(answer->expires_at == Instant(Duration(now_ms())) + command.ttl);
}

void QueuesSideBySide::release() {
    const QueueName queue = take_queue();
    const Number number = take_claim(queue.name);
    if (number == 0) return;
    QueuesModel::Release release{queue.name, number, 0, take(2) == 0, {}};
    if (take(2) == 0) release.delay_ms = take_span(0, 30'000).count();
    if (take(3) == 0) release.only = take_messages(queue.name, number);
    const auto answer =
        *driver_.ask(ReleaseClaim{queue, claims_.at(number).id, Duration(release.delay_ms),
                                  release.counts_as_failure, ids_of(release.only)});
    const auto expected = model_.release(release);
    RC_ASSERT(answer.has_value() == expected.has_value());
    if (answer) {
        RC_ASSERT(answer->messages == *expected);
    } else {
        RC_ASSERT(answer.error().code == ErrorCode::not_found);
    }
}

void QueuesSideBySide::remove_messages() {
    const QueueName queue = take_queue();
    const Number number = take_claim(queue.name);
    QueuesModel::Delete remove{queue.name, take_messages(queue.name, number), {}, DeleteRule::any};
    if (remove.messages.empty()) return;
    DeleteMessages command{queue, ids_of(remove.messages), {}, DeleteRule::any};
    if (take(4) != 0) {
        remove.rule = command.rule = DeleteRule::claim_of_each;
        if (number != 0 && take(4) != 0) {
            remove.claims = {number};
            command.claims = {claims_.at(number).id};
        }
    }
    const auto answer = *driver_.ask(command);
    const auto expected = model_.remove_messages(remove);
    RC_ASSERT(answer.has_value() == expected.has_value());
    if (answer) {
        RC_ASSERT(answer->count == *expected);
    } else {
        RC_ASSERT(answer.error().code == expected.error().code);
    }
}

void QueuesSideBySide::pop() {
    PopMessages command{take_queue(), 1 + take(3)};
    const auto answer = driver_.must(command);
    const auto expected = model_.pop(command.queue.name, command.limit);
    RC_ASSERT(answer.messages.size() == expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
        compare_message(answer.messages[i], expected[i]);
    }
}

void QueuesSideBySide::cursors() {
    SetQueueCursor command{take_queue(), readers[take(2)], take(8), std::nullopt};
    if (take(4) == 0) {
        const DeleteQueueCursor removal{command.queue, command.reader};
        RC_ASSERT(driver_.must(removal).existed == model_.remove_cursor(removal));
        return;
    }
    if (take(2) == 0) {
        const auto* queue = model_.find(command.queue.name);
        command.if_sequence = take(2);
        if (queue != nullptr && queue->cursors.contains(command.reader) && take(2) == 0) {
            command.if_sequence = queue->cursors.at(command.reader).sequence;
        }
    }
    const auto answer = *driver_.ask(command);
    const auto expected = model_.set_cursor(command);
    RC_ASSERT(answer.has_value() == expected.has_value());
    if (answer) {
        RC_ASSERT(answer->sequence == command.sequence);
    } else {
        RC_ASSERT(answer.error().code == expected.error().code);
    }
}

// One who waits goes away.
void QueuesSideBySide::cancel() {
    if (waiting_.empty()) return;
    auto gone = waiting_.begin();
    std::advance(gone, take(static_cast<uint32_t>(waiting_.size())));
    driver_.engine().cancel(gone->first, driver_.clock().now());
    model_.forget_waiter(gone->second);
    waiting_.erase(gone);
}

}  // namespace signalbox
