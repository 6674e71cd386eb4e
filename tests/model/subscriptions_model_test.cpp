#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "sim/engine_driver.h"

// Many subscribers under everything that can go wrong with them, beside what each of them must have
// been told.

namespace signalbox {
namespace {

using std::chrono::seconds;

class Subscribers {
public:
    explicit Subscribers(uint64_t seed) : random_(seed), driver_(limits(), seed) {}

    void run(int steps) {
        for (int i = 0; i < steps; ++i) {
            step();
            driver_.engine().check(driver_.clock().now(), driver_.store());
        }
        finish();
    }

private:
    struct Told {
        QueueName queue;
        std::vector<std::string> due;    // in this order
        std::vector<std::string> told;   // as it came, with repetitions
        std::set<std::string> reported;  // must not be told again
        std::string subscriber;
        bool needs_confirmation = false;
        bool is_active = true;
    };

    static CoreLimits limits() {
        CoreLimits limits;
        limits.subscription.windows_max = 4;
        limits.subscription.window_messages_max = 3;
        limits.subscription.recent_bytes_max = 2000;
        limits.subscription.notifications_max = 40;
        limits.subscription.notification_bytes_max = 1500;
        return limits;
    }

    static QueueName queue(uint64_t number) {
        return {QueueKind::queue, "q" + std::to_string(number)};
    }

    void step() {
        switch (random_.below(13)) {
            case 0: return subscribe();
            case 1: return unsubscribe();
            case 2:
            case 3:
            case 4: return post();
            case 5: driver_.advance(seconds(random_.below(20))); return take_effects();
            case 6:
                if (random_.chance(1, 5)) {
                    driver_.restart();
                    under_way_.clear();
                    outdated_.clear();
                    take_effects();
                }
                return;
            case 7: return change();
            case 8: return confirm();
            default: return carry_out();
        }
    }

    void subscribe() {
        if (told_.size() > 12) return;
        CreateSubscription command;
        command.queue = queue(random_.below(3));
        command.subscriber = "http://s" + std::to_string(++last_name_);
        command.ttl = std::chrono::hours(1000);
        command.needs_confirmation = random_.chance(1, 3);
        Told& told = told_[driver_.must(command).id];
        told.queue = command.queue;
        told.subscriber = command.subscriber;
        told.needs_confirmation = command.needs_confirmation;
        told.is_active = !command.needs_confirmation;
        take_effects();
    }

    std::map<SubscriptionId, Told>::iterator any() {
        auto one = told_.begin();
        std::advance(one, static_cast<std::ptrdiff_t>(random_.below(told_.size())));
        return one;
    }

    // It is told nothing any more, and nothing of what it was not told.
    void deactivate(const SubscriptionId& id, Told& told) {
        told.is_active = false;
        const auto status = driver_.must(GetSubscription{told.queue, id}).delivery;
        told.due.resize(status.delivered + status.dropped);
        std::erase_if(told.told, [&](const auto& body) {
            return std::find(told.due.begin(), told.due.end(), body) == told.due.end();
        });
    }

    // What is under way to it was begun for what it was before.
    void outdate(const SubscriptionId& id) {
        for (const auto& effect : under_way_) {
            if (effect.subscription == id) outdated_.insert(effect.window);
        }
    }

    // Another address, or only another ttl.
    void change() {
        if (told_.empty()) return;
        const auto one = any();
        auto& [id, told] = *one;
        UpdateSubscription command{told.queue, id, {}, std::chrono::hours(2000), {}};
        const bool moves = random_.chance(1, 2);
        if (moves) {
            command.subscriber = told.subscriber = "http://s" + std::to_string(++last_name_);
            outdate(id);
        }
        driver_.must(command);
        if (moves && told.needs_confirmation) {
            deactivate(id, told);
        } else if (moves) {
            told.is_active = true;
        }
        take_effects();
    }

    // By the subscriber, whatever it is told meanwhile; or it is subscribed again.
    void confirm() {
        if (told_.empty()) return;
        const auto one = any();
        auto& [id, told] = *one;
        if (!told.needs_confirmation) return subscribe_again(id, told);
        const bool is_confirmed = random_.chance(2, 3);
        if (is_confirmed != told.is_active) outdate(id);
        driver_.must(ConfirmSubscription{told.queue, id, is_confirmed});
        if (is_confirmed) {
            told.is_active = true;
        } else {
            deactivate(id, told);
        }
        take_effects();
    }

    void subscribe_again(const SubscriptionId& id, Told& told) {
        CreateSubscription command;
        command.queue = told.queue;
        command.subscriber = told.subscriber;
        command.ttl = std::chrono::hours(1000);
        ASSERT_EQ(driver_.must(command).id, id);
        told.is_active = true;
        take_effects();
    }

    void unsubscribe() {
        if (told_.empty() || !random_.chance(1, 4)) return;
        const auto one = any();
        driver_.must(DeleteSubscription{one->second.queue, one->first});
        compare(one->first, one->second, false);
        std::erase_if(under_way_,
                      [&](const auto& effect) { return effect.subscription == one->first; });
        told_.erase(one);
        take_effects();
    }

    void post() {
        PostMessages command;
        command.queue = queue(random_.below(3));
        for (uint64_t i = 0; i <= random_.below(6); ++i) {
            NewMessage message;
            message.body = std::to_string(++last_body_) + std::string(random_.below(100), ' ');
            message.ttl = std::chrono::hours(1000);
            for (auto& [id, told] : told_) {
                if (told.queue == command.queue && told.is_active) told.due.push_back(message.body);
            }
            command.messages.push_back(std::move(message));
        }
        driver_.must(command);
        // What becomes of the messages themselves is nothing to those who subscribed.
        if (random_.chance(1, 3)) driver_.must(PopMessages{command.queue, 3});
        if (random_.chance(1, 10)) driver_.must(DeleteQueue{command.queue, {}});
        take_effects();
    }

    void take_effects() {
        for (auto& effect : driver_.effects()) {
            for (const auto& other : under_way_) {
                ASSERT_NE(other.subscription, effect.subscription) << "two at a time";
            }
            under_way_.push_back(std::move(effect));
        }
        ASSERT_LE(under_way_.size(), limits().subscription.windows_max);
    }

    void carry_out() {
        if (under_way_.empty()) return;
        const auto index = static_cast<std::ptrdiff_t>(random_.below(under_way_.size()));
        const Effect effect = under_way_[static_cast<size_t>(index)];
        under_way_.erase(under_way_.begin() + index);
        if (outdated_.erase(effect.window) > 0 || effect.notifications.empty()) {
            return carry_out_unseen(effect);
        }
        Told& told = told_.at(effect.subscription);
        ASSERT_TRUE(told.is_active);
        const size_t count = effect.notifications.size();
        const bool fails = random_.chance(1, 4);
        const size_t delivered = fails ? random_.below(count) : count;
        ReportDelivery report{effect.outbox, effect.subscription, effect.window, delivered, {}};
        for (size_t i = 0; i < delivered; ++i) tell(told, effect.notifications[i]->body);
        if (fails) {
            // It may have come all the same, and only its answer was lost.
            if (random_.chance(1, 2)) tell(told, effect.notifications[delivered]->body);
            report.failure = ReportDelivery::Failure{"no", {}, random_.chance(1, 6)};
        }
        driver_.must(report);
        if (fails && report.failure->is_gone) deactivate(effect.subscription, told);
        for (size_t i = 0; i < delivered; ++i) {
            told.reported.insert(effect.notifications[i]->body);
        }
        take_effects();
    }

    // To an address that is not the subscriber's any more, or a question: no message of it counts.
    void carry_out_unseen(const Effect& effect) {
        ReportDelivery report{effect.outbox, effect.subscription, effect.window, 0, {}};
        if (random_.chance(1, 2)) {
            report.delivered = std::max<size_t>(effect.notifications.size(), 1);
        } else {
            const bool is_gone = !effect.notifications.empty() && random_.chance(1, 3);
            report.failure = ReportDelivery::Failure{"no", {}, is_gone};
        }
        driver_.must(report);
        take_effects();
    }

    static void tell(Told& told, const std::string& body) {
        ASSERT_FALSE(told.reported.contains(body)) << body << " was reported already";
        told.told.push_back(body);
    }

    // In order, each once but for repetitions, and none missing but for those that were dropped.
    void compare(const SubscriptionId& id, const Told& told, bool is_whole) {
        size_t next = 0;
        std::vector<std::string> first_times;
        std::set<std::string> seen;
        for (const auto& body : told.told) {
            if (seen.insert(body).second) first_times.push_back(body);
        }
        uint64_t skipped = 0;
        for (const auto& body : first_times) {
            while (next < told.due.size() && told.due[next] != body) {
                ++next;
                ++skipped;
            }
            ASSERT_LT(next, told.due.size()) << id.text() << ": out of order, or never posted";
            ++next;
        }
        if (!is_whole) return;
        skipped += told.due.size() - next;
        const auto status = driver_.must(GetSubscription{told.queue, id}).delivery;
        EXPECT_LE(skipped, status.dropped) << id.text();
        EXPECT_EQ(status.pending, 0u);
        EXPECT_EQ(status.delivered + status.dropped, told.due.size()) << id.text();
    }

    // Now everything goes well.
    void finish() {
        for (int quiet = 0; quiet < 3;) {
            take_effects();
            if (under_way_.empty()) {
                ++quiet;
                driver_.advance(seconds(60));
                continue;
            }
            quiet = 0;
            const Effect effect = under_way_.back();
            under_way_.pop_back();
            if (outdated_.erase(effect.window) > 0 || effect.notifications.empty()) {
                carry_out_unseen(effect);
                continue;
            }
            for (const auto& one : effect.notifications) {
                tell(told_.at(effect.subscription), one->body);
            }
            driver_.must(ReportDelivery{effect.outbox,
                                        effect.subscription,
                                        effect.window,
                                        effect.notifications.size(),
                                        {}});
        }
        for (const auto& [id, told] : told_) compare(id, told, true);
        driver_.engine().check(driver_.clock().now(), driver_.store());
    }

    Random random_;
    EngineDriver driver_;
    std::map<SubscriptionId, Told> told_;
    std::vector<Effect> under_way_;
    std::set<uint64_t> outdated_;  // windows
    uint64_t last_name_ = 0;
    uint64_t last_body_ = 0;
};

class SubscriptionsModel : public testing::TestWithParam<uint64_t> {};

TEST_P(SubscriptionsModel, tells_everybody_everything_in_order) {
    Subscribers(GetParam()).run(600);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SubscriptionsModel, testing::Range<uint64_t>(1, 41));

}  // namespace
}  // namespace signalbox
