#include <algorithm>

#include <rapidcheck.h>

#include "queues_side_by_side.h"

namespace signalbox {
namespace {

const char* const names[] = {"a", "b", "dead"};

}  // namespace

void QueuesSideBySide::compare() {
    driver_.engine().check(driver_.clock().now());
    compare_given();
    for (const auto* name : names) compare_queue({QueueKind::queue, name});
}

// Each wait is answered once, when the model says so, and with what it says.
void QueuesSideBySide::compare_given() {
    const auto given = model_.take_given();
    const auto taken = driver_.taken();
    RC_ASSERT(given.size() == taken.size());
    for (const auto& expected : given) {
        const auto request = std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& entry) {
            return entry.second == expected.waiter;
        });
        RC_ASSERT(request != waiting_.end());
        const auto completion =
            std::find_if(taken.begin(), taken.end(),
                         [&](const Completion& other) { return other.request == request->first; });
        RC_ASSERT(completion != taken.end());
        const auto& answer = std::get<Result<MessagesClaimed>>(completion->reply);
        RC_ASSERT(answer.has_value());
        RC_ASSERT(answer->claim.has_value() == expected.claim.has_value());
        if (expected.claim) {
            std::string queue;
            for (const auto* name : names) {
                const auto* known = model_.find(name);
                if (known != nullptr && known->claims.contains(*expected.claim)) queue = name;
            }
            compare_claimed(*answer, queue, expected);
        }
        waiting_.erase(request);
    }
}

void QueuesSideBySide::compare_claimed(const MessagesClaimed& actual, const std::string& queue,
                                       const QueuesModel::Given& expected) {
    RC_ASSERT(actual.claim.has_value() == expected.claim.has_value());
    RC_ASSERT(actual.messages.size() == expected.messages.size());
    if (!expected.claim) return;
    for (const auto& [number, claimed] : claims_) RC_ASSERT(claimed.id != *actual.claim);
    claims_[*expected.claim] = {*actual.claim, queue};
    const auto& claim = model_.find(queue)->claims.at(*expected.claim);
    RC_ASSERT(actual.ttl.count() == claim.ttl_ms);
    compare_messages(actual.messages, queue, expected.messages);
}

void QueuesSideBySide::compare_messages(const std::vector<MessageView>& actual,
                                        const std::string& queue,
                                        const std::vector<Number>& expected) {
    RC_ASSERT(actual.size() == expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
        const auto* message = model_.find(queue, expected[i]);
        RC_ASSERT(message != nullptr);
        compare_message(actual[i], *message);
    }
}

void QueuesSideBySide::compare_message(const MessageView& actual,
                                       const QueuesModel::Message& expected) {
    RC_ASSERT(numbers_.contains(actual.id));
    RC_ASSERT(numbers_.at(actual.id) == expected.number);
    RC_ASSERT(actual.body == expected.content.body);
    RC_ASSERT(actual.group == expected.content.group);
    RC_ASSERT(actual.priority == expected.content.priority);
    RC_ASSERT(actual.ttl.count() == expected.ttl_ms);
    RC_ASSERT(actual.age.count() == now_ms() - expected.posted_ms);
    RC_ASSERT(actual.created_at.time_since_epoch().count() == expected.posted_ms);
    RC_ASSERT(actual.claim_count == expected.failures + (expected.claim ? 1 : 0));
    RC_ASSERT(actual.delayed_until.has_value() == model_.is_delayed(expected));
    if (actual.delayed_until) {
        RC_ASSERT(actual.delayed_until->time_since_epoch().count() == expected.free_ms);
    }
    RC_ASSERT(actual.claim.has_value() == expected.claim.has_value());
    if (actual.claim && claims_.contains(*expected.claim)) {
        RC_ASSERT(*actual.claim == claims_.at(*expected.claim).id);
    }
}

void QueuesSideBySide::compare_queue(const QueueName& queue) {
    const auto* known = model_.find(queue.name);
    const auto view = *driver_.ask(GetQueue{queue});
    RC_ASSERT(view.has_value() == (known != nullptr));
    compare_list({queue, 0, 0, std::nullopt, true, true}, 3);
    compare_list({queue, 0, 0, "client-1", false, true}, 2);
    compare_list({queue, 0, 0, "client-2", true, false}, 1);
    compare_list({queue, 0, 0, std::nullopt, false, false}, 1000);
    compare_claims(queue);
    if (known == nullptr) return;
    RC_ASSERT(view->settings == known->settings);
    RC_ASSERT(view->metadata == known->metadata);
    RC_ASSERT(view->created_at.time_since_epoch().count() == known->created_ms);
    for (const auto* reader : {"r", "s"}) {
        const auto cursor = driver_.must(GetQueueCursor{queue, reader});
        const auto at = known->cursors.find(reader);
        RC_ASSERT(cursor.sequence == (at == known->cursors.end() ? 0 : at->second.sequence));
    }
    compare_stats(queue);
}

void QueuesSideBySide::compare_stats(const QueueName& queue) {
    const auto expected = model_.stats(queue.name);
    const auto actual = driver_.must(GetQueueStats{queue});
    RC_ASSERT(actual.claimed == expected.claimed);
    RC_ASSERT(actual.delayed == expected.delayed);
    RC_ASSERT(actual.free == expected.free);
    RC_ASSERT(actual.total == expected.total);
    RC_ASSERT(actual.bytes == expected.bytes);
    RC_ASSERT(actual.claims == expected.claims);
    RC_ASSERT(actual.posted == expected.posted);
    RC_ASSERT(actual.waiters == expected.waiters);
    const auto& messages = model_.find(queue.name)->messages;
    RC_ASSERT(actual.oldest.has_value() == !messages.empty());
    RC_ASSERT(actual.newest.has_value() == !messages.empty());
    if (!actual.oldest) return;
    RC_ASSERT(actual.oldest->id == ids_.at(messages.front().number));
    RC_ASSERT(actual.newest->id == ids_.at(messages.back().number));
}

void QueuesSideBySide::compare_list(const ListMessages& listing, size_t page) {
    std::vector<Number> expected;
    if (const auto* queue = model_.find(listing.queue.name)) {
        for (const auto& message : queue->messages) {
            if (listing.hide_client == message.client) continue;
            if (!listing.include_claimed && message.claim) continue;
            if (!listing.include_delayed && model_.is_delayed(message)) continue;
            expected.push_back(message.number);
        }
    }
    std::vector<MessageView> actual;
    ListMessages next = listing;
    next.limit = page;
    for (;;) {
        const auto list = driver_.must(next);
        RC_ASSERT(list.messages.size() <= page);
        for (const auto& message : list.messages) {
            if (!actual.empty()) RC_ASSERT(message.sequence > actual.back().sequence);
            actual.push_back(message);
        }
        if (list.messages.empty()) break;
        next.after = list.next_after;
    }
    compare_messages(actual, listing.queue.name, expected);
    if (expected.empty()) return;
    const auto got = driver_.must(GetMessages{listing.queue, ids_of(expected)});
    compare_messages(got.messages, listing.queue.name, expected);
}

void QueuesSideBySide::compare_claims(const QueueName& queue) {
    const auto* known = model_.find(queue.name);
    for (const auto& [number, claimed] : claims_) {
        if (claimed.queue != queue.name) continue;
        const auto view = *driver_.ask(GetClaim{queue, claimed.id});
        const bool lives = known != nullptr && known->claims.contains(number);
        RC_ASSERT(view.has_value() == lives);
        if (!lives) continue;
        const auto& claim = known->claims.at(number);
        RC_ASSERT(view->id == claimed.id);
        RC_ASSERT(view->age.count() == now_ms() - claim.since_ms);
        RC_ASSERT(view->ttl.count() == claim.ttl_ms);
        RC_ASSERT(view->expires_at.time_since_epoch().count() == claim.ends_ms);
        auto held = view->messages;
        std::sort(held.begin(), held.end(),
                  [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
        compare_messages(held, queue.name, model_.held_by(queue.name, number));
    }
}

}  // namespace signalbox
