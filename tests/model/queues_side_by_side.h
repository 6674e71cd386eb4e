#pragma once

#include <map>
#include <string>
#include <vector>

#include "queues_model.h"
#include "sim/engine_driver.h"

namespace signalbox {

// The engine and the model, driven by the same script; they must agree after every step. A step
// is a number, from which everything about it is drawn.
//
// Everything of messages and claims happens at multiples of 10 ms, and waits end between them, so
// that it is never chance which of two came first.
class QueuesSideBySide {
public:
    QueuesSideBySide();

    void step(uint64_t code);

private:
    using Number = QueuesModel::Number;

    uint32_t take(uint32_t bound);
    Duration take_span(int64_t from_ms, uint32_t up_to_ms);
    [[nodiscard]] QueueName take_queue();
    [[nodiscard]] QueueSettings take_settings(const std::string& queue);
    // Any of those that there ever were; 0 when there was none.
    [[nodiscard]] Number take_message();
    // Most often one that lives in `queue`.
    [[nodiscard]] Number take_claim(const std::string& queue);
    [[nodiscard]] std::vector<Number> take_messages(const std::string& queue, Number claim);
    [[nodiscard]] int64_t now_ms() { return driver_.clock().now().wall.time_since_epoch().count(); }

    void pass_time();
    void restart();
    void create();
    void update();
    void remove_queue();
    void purge();
    void post();
    void claim();
    void renew();
    void release();
    void remove_messages();
    void pop();
    void cursors();
    void cancel();

    void learn(const std::vector<Number>& numbers, const std::vector<MessageId>& ids);
    void compare();
    void compare_given();
    void compare_queue(const QueueName& queue);
    void compare_stats(const QueueName& queue);
    void compare_list(const ListMessages& listing, size_t page);
    void compare_message(const MessageView& actual, const QueuesModel::Message& expected);
    void compare_messages(const std::vector<MessageView>& actual, const std::string& queue,
                          const std::vector<Number>& expected);
    void compare_claimed(const MessagesClaimed& actual, const std::string& queue,
                         const QueuesModel::Given& expected);
    void compare_claims(const QueueName& queue);
    [[nodiscard]] std::vector<MessageId> ids_of(const std::vector<Number>& numbers) const;

    EngineDriver driver_;
    QueuesModel model_;
    std::map<Number, MessageId> ids_;
    std::map<MessageId, Number> numbers_;
    struct Claimed {
        ClaimId id;
        std::string queue;
    };
    std::map<Number, Claimed> claims_;
    std::map<RequestId, Number> waiting_;
    std::vector<PostMessages> under_keys_;  // posted before, to be posted again
    uint64_t draw_ = 0;
    uint64_t bodies_ = 0;
};

}  // namespace signalbox
