#pragma once

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/engine_driver.h"

namespace signalbox {

// An engine with one queue that has subscribers. Whoever is told is played by the test.
class SubscriptionSteps : public testing::Test {
protected:
    using Bodies = std::vector<std::string>;

    explicit SubscriptionSteps(CoreLimits limits = {}) : driver_(limits) {}

    const QueueName queue{QueueKind::queue, "q"};

    SubscriptionId subscribe(const std::string& subscriber, std::string options = "{}",
                             bool needs_confirmation = false) {
        CreateSubscription command;
        command.queue = queue;
        command.subscriber = subscriber;
        command.ttl = std::chrono::hours(24);
        command.options = std::move(options);
        command.needs_confirmation = needs_confirmation;
        return driver_.must(command).id;
    }

    void post(std::vector<std::string> bodies, Duration ttl = std::chrono::hours(1)) {
        PostMessages command;
        command.queue = queue;
        for (auto& body : bodies) {
            NewMessage message;
            message.body = std::move(body);
            message.ttl = ttl;
            command.messages.push_back(std::move(message));
        }
        driver_.must(command);
    }

    // The one effect there is.
    Effect effect() {
        auto effects = driver_.effects();
        EXPECT_EQ(effects.size(), 1u);
        return effects.empty() ? Effect() : effects.front();
    }

    void report(const Effect& effect, size_t delivered,
                std::optional<ReportDelivery::Failure> failure = std::nullopt) {
        driver_.must(ReportDelivery{effect.outbox, effect.subscription, effect.window, delivered,
                                    std::move(failure)});
        driver_.engine().check(driver_.clock().now(), driver_.store());
    }
    void fails(const Effect& effect, std::optional<Duration> retry_after = std::nullopt) {
        report(effect, 0, ReportDelivery::Failure{"it said 500", retry_after, false});
    }

    DeliveryStatus status(const SubscriptionId& id) {
        return driver_.must(GetSubscription{queue, id}).delivery;
    }

    static std::vector<std::string> bodies_of(const Effect& effect) {
        std::vector<std::string> bodies;
        for (const auto& one : effect.notifications) bodies.push_back(one->body);
        return bodies;
    }

    EngineDriver driver_;
};

}  // namespace signalbox
