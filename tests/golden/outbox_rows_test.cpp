#include "core/outbox_rows.h"

#include <gtest/gtest.h>

#include "tests/golden/golden_rows.h"

// The rows of those who subscribed, and of what they are told.

namespace signalbox {
namespace {

constexpr std::pair<Table, const char*> files[] = {
    {Table::outbox, "rows-outbox.txt"},
    {Table::subscription, "rows-subscription.txt"},
    {Table::delivery, "rows-delivery.txt"},
    {Table::notification, "rows-notification.txt"},
};

const QueueName plain{QueueKind::queue, "plain"};
const QueueName sealed{QueueKind::topic, "sealed"};

std::vector<std::string> file_names() {
    std::vector<std::string> names;
    for (const auto& [table, file] : files) names.emplace_back(file);
    return names;
}

SubscriptionId subscribe(EngineDriver& driver, const QueueName& queue, std::string subscriber,
                         bool needs_confirmation = false) {
    CreateSubscription command;
    command.queue = queue;
    command.subscriber = std::move(subscriber);
    command.ttl = std::chrono::hours(24);
    command.options = R"({"post_headers":{"é":"1"}})";
    command.needs_confirmation = needs_confirmation;
    return driver.must(std::move(command)).id;
}

void post(EngineDriver& driver, const QueueName& queue, std::string body) {
    PostMessages command;
    command.queue = queue;
    NewMessage message;
    message.body = std::move(body);
    message.ttl = std::chrono::hours(1);
    command.messages.push_back(std::move(message));
    driver.must(std::move(command));
}

// One that was told something and then failed, one that was never told, one that has not
// confirmed, one that is gone.
void fill(EngineDriver& driver) {
    QueueSettings settings;
    settings.encrypt = true;
    driver.must(CreateQueue{sealed, settings, "{}"});
    subscribe(driver, plain, "http://fails.example/");
    subscribe(driver, sealed, "mailto:a@example.org");
    subscribe(driver, sealed, "https://asked.example/", true);
    driver.effects();
    post(driver, plain, "1");
    auto told = driver.effects();
    ASSERT_EQ(told.size(), 1u);
    driver.must(ReportDelivery{told[0].outbox, told[0].subscription, told[0].window, 1, {}});
    post(driver, plain, R"({"a":"é"})");
    told = driver.effects();
    ASSERT_EQ(told.size(), 1u);
    for (int i = 0; i < 4; ++i) {
        driver.must(ReportDelivery{told[0].outbox, told[0].subscription, told[0].window, 0,
                                   ReportDelivery::Failure{"it said 500", {}, false}});
        const auto again = driver.effects();
        if (!again.empty()) told = again;
    }
    post(driver, sealed, "2");
    const auto gone = subscribe(driver, sealed, "http://gone.example/");
    post(driver, sealed, "3");
    for (const auto& effect : driver.effects()) {
        if (effect.subscription != gone) continue;
        driver.must(ReportDelivery{effect.outbox, gone, effect.window, 0,
                                   ReportDelivery::Failure{"it said 410", {}, true}});
    }
}

TEST(GoldenOutboxes, are_written_as_ever) {
    EngineDriver driver;
    fill(driver);
    for (const auto& [table, file] : files) expect_golden(file, dump_rows(rows_of(driver, table)));
}

// What a row says, and that an engine which finds it in its store goes on with it.
TEST(GoldenOutboxes, are_read_as_ever) {
    if (is_rewriting()) GTEST_SKIP() << "reads what the next run finds";
    EngineDriver driver;
    put_golden_rows(
        driver, file_names(),
        {{KeyBuilder(Table::tenant).tail("tenant").take(), std::string("\x01\0\0\0", 4)}});
    driver.restart();

    const auto failing = driver.must(ListSubscriptions{plain, {}, 10}).subscriptions;
    ASSERT_EQ(failing.size(), 1u);
    EXPECT_EQ(failing[0].subscriber, "http://fails.example/");
    EXPECT_EQ(failing[0].options, R"({"post_headers":{"é":"1"}})");
    EXPECT_EQ(failing[0].ttl, std::chrono::hours(24));
    EXPECT_EQ(failing[0].delivery.delivered, 1u);
    EXPECT_EQ(failing[0].delivery.pending, 1u);
    EXPECT_EQ(failing[0].delivery.failures, 4u);
    EXPECT_EQ(failing[0].delivery.last_error, "it said 500");

    size_t asked = 0;
    size_t gone = 0;
    for (const auto& one : driver.must(ListSubscriptions{sealed, {}, 10}).subscriptions) {
        if (one.delivery.is_gone) ++gone;
        if (one.delivery.is_under_way && one.delivery.pending == 0) ++asked;
    }
    EXPECT_EQ(gone, 1u);
    EXPECT_EQ(asked, 1u);
    std::vector<std::string> told;
    for (const auto& effect : driver.effects()) {
        for (const auto& one : effect.notifications) told.push_back(one->body);
    }
    EXPECT_EQ(told, (std::vector<std::string>{"2", "3"}));
}

}  // namespace
}  // namespace signalbox
