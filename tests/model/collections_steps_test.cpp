#include <set>

#include <gtest/gtest.h>

#include "core/collection_events.h"
#include "core/collection_rows.h"
#include "core/tenants.h"
#include "sim/engine_driver.h"
#include "storage/keys.h"

// Of collections and operations, what one case shows better than many: waiting, limits, and what
// the feed makes of several topics.

namespace signalbox {
namespace {

using std::chrono::seconds;

ItemType vm_type() {
    ItemType type;
    type.name = "vm";
    type.appliers = {{"a", {}}};
    type.deadline = seconds(10);
    return type;
}

WriteItem new_vm() {
    WriteItem command;
    command.type = "vm";
    command.document = "{}";
    return command;
}

size_t rows_of(EngineDriver& driver, Table table) {
    size_t count = 0;
    for (const auto& [key, value] : driver.store().rows()) {
        if (key.front() == static_cast<char>(table)) ++count;
    }
    return count;
}

// Where everybody hears what becomes of an item, it is deleted for nobody who gave it away.
TEST(Collections, an_item_that_is_given_away_has_left_only_those_who_see_no_more_of_it) {
    const Uuid alice = *Uuid::parse("28732736-22ea-4e3f-8333-8e137184676a");
    const Uuid bob = *Uuid::parse("38732736-22ea-4e3f-8333-8e137184676a");
    CollectionItem before;
    before.owners = {alice};
    CollectionItem after;
    after.owners = {bob};
    auto type = vm_type();
    type.deleted = EventRule{"vm_deleted", EventReach::owners, ""};
    const auto left = [&] { return item_left_event({}, {type, &before, &after, {}, {}, {}}); };
    ASSERT_TRUE(left());
    EXPECT_TRUE(left()->is_about(heard_by_user_topic(alice)));
    EXPECT_FALSE(left()->is_about(heard_by_user_topic(bob)));
    EXPECT_FALSE(left()->is_about(heard_topic()));
    type.updated = EventRule{"vm_updated", EventReach::tenant, ""};
    EXPECT_FALSE(left());
    type.updated.reset();
    type.deleted->reach = EventReach::tenant;
    EXPECT_FALSE(left());
}

TEST(Operations, answer_those_who_wait) {
    EngineDriver driver;
    driver.must(DeclareType{vm_type()});
    const auto id = driver.must(new_vm()).operation->id;
    EXPECT_FALSE(driver.ask(WaitOperation{id, seconds(2)}));
    EXPECT_FALSE(driver.ask(WaitOperation{id, seconds(60)}));
    EXPECT_FALSE(driver.ask(WaitOperation{id, seconds(60)}));
    driver.engine().cancel(driver.last_request(), driver.clock().now());
    driver.advance(seconds(3));
    auto taken = driver.taken();
    ASSERT_EQ(taken.size(), 1u);
    EXPECT_EQ(std::get<Result<OperationRecord>>(taken[0].reply)->state, OperationState::pending);
    driver.advance(seconds(8));
    taken = driver.taken();
    ASSERT_EQ(taken.size(), 1u);
    EXPECT_EQ(std::get<Result<OperationRecord>>(taken[0].reply)->state, OperationState::failed);
    EXPECT_EQ(driver.engine().statistics().waiters, 0u);
    EXPECT_EQ(driver.engine().statistics().operations.timed_out, 1u);
    // Nobody is parked behind an end.
    EXPECT_EQ(driver.must(WaitOperation{id, seconds(60)}).state, OperationState::failed);
}

TEST(Operations, count_the_steps_of_a_report_before_they_look_at_them) {
    CoreLimits limits;
    limits.operation.steps_max = 3;
    EngineDriver driver(limits);
    driver.must(DeclareType{vm_type()});
    ReportOperation report;
    report.id = driver.must(new_vm()).operation->id;
    report.state = OperationState::running;
    const auto refused_field = [&](const std::vector<std::string>& names) {
        report.steps.clear();
        for (const auto& name : names) {
            OperationStep part;
            part.name = name;
            part.state = OperationState::running;
            report.steps.push_back(std::move(part));
        }
        const auto reply = driver.ask(report);
        return reply->has_value() ? std::string() : reply->error().field;
    };
    EXPECT_EQ(refused_field({""}), "steps[0].name");
    EXPECT_EQ(refused_field({"", "b", "c", "d"}), "steps");
    // With that of the applier itself they would be four.
    EXPECT_EQ(refused_field({"b", "c", "d"}), "steps");
    EXPECT_EQ(refused_field({"b", "c"}), "");
    EXPECT_EQ(refused_field({"b", "c", "b"}), "");
    EXPECT_EQ(refused_field({"d"}), "steps");
}

TEST(Operations, let_those_who_wait_go_when_the_server_stops) {
    EngineDriver driver;
    driver.must(DeclareType{vm_type()});
    const auto id = driver.must(new_vm()).operation->id;
    EXPECT_FALSE(driver.ask(WaitOperation{id, seconds(60)}));
    driver.stop();
    const auto taken = driver.taken();
    ASSERT_EQ(taken.size(), 1u);
    EXPECT_EQ(std::get<Result<OperationRecord>>(taken[0].reply).error().code,
              ErrorCode::unavailable);
}

TEST(Operations, outlive_their_type_and_leave_no_row_behind) {
    CoreLimits limits;
    limits.operation.retention = seconds(5);
    EngineDriver driver(limits);
    driver.must(DeclareType{vm_type()});
    for (int i = 0; i < 300; ++i) {
        const auto written = driver.must(new_vm());
        RemoveItem removal;
        removal.type = "vm";
        removal.id = written.item.id;
        driver.must(removal);
    }
    driver.must(RemoveType{"vm"});
    EXPECT_EQ(driver.engine().statistics().operations.live, 600u);
    driver.restart();
    driver.advance(seconds(10));
    EXPECT_EQ(driver.engine().statistics().operations.live, 0u);
    EXPECT_EQ(rows_of(driver, Table::operation), 600u);
    driver.advance(seconds(30));
    for (const auto table : {Table::operation, Table::operation_index, Table::item,
                             Table::item_count, Table::item_type}) {
        EXPECT_EQ(rows_of(driver, table), 0u) << static_cast<char>(table);
    }
}

WriteItem patch_of(std::string document) {
    WriteItem command;
    command.type = "vm";
    command.id = "x";
    command.is_patch = true;
    command.document = std::move(document);
    return command;
}

ErrorCode refusal_of(EngineDriver& driver, WriteItem command) {
    const auto reply = driver.ask(std::move(command));
    if (!reply || reply->has_value()) return ErrorCode::internal;
    return reply->error().code;
}

TEST(Items, are_changed_by_good_patches_only) {
    EngineDriver driver;
    auto type = vm_type();
    type.appliers.clear();
    driver.must(DeclareType{type});
    WriteItem command = new_vm();
    command.id = "x";
    driver.must(command);
    const size_t depth = 500'000;
    EXPECT_EQ(refusal_of(driver, patch_of(R"({"a":)" + std::string(depth, '[') +
                                          std::string(depth, ']') + "}")),
              ErrorCode::invalid_argument);
    std::string deep;
    for (size_t i = 0; i < depth / 5; ++i) deep += R"({"a":)";
    EXPECT_EQ(refusal_of(driver, patch_of(deep + "1" + std::string(depth / 5, '}'))),
              ErrorCode::invalid_argument);
    EXPECT_EQ(refusal_of(driver, patch_of(R"({"a":1,"b":{"c":1,"c":2}})")),
              ErrorCode::invalid_argument);
    EXPECT_EQ(driver.must(patch_of(R"({"a":1})")).item.document, R"({"id":"x","a":1})");
}

// A check of what is refused anyway would be for nothing, and it is what takes time.
TEST(Items, are_measured_before_they_are_checked) {
    CoreLimits limits;
    limits.collection.document_bytes_max = 100;
    EngineDriver driver(limits);
    auto type = vm_type();
    type.appliers.clear();
    type.schema = R"({"properties":{"a":false}})";
    driver.must(DeclareType{type});
    WriteItem command = new_vm();
    command.id = "x";
    driver.must(command);
    command.document = R"({"a":1})";
    EXPECT_EQ(refusal_of(driver, command), ErrorCode::invalid_argument);
    command.document = R"({"a":")" + std::string(100, 'x') + "\"}";
    EXPECT_EQ(refusal_of(driver, command), ErrorCode::too_large);
    EXPECT_EQ(refusal_of(driver, patch_of(command.document)), ErrorCode::too_large);
}

TEST(Appliers, are_told_with_the_commit_and_forgotten_with_the_type) {
    EngineDriver driver;
    auto type = vm_type();
    type.appliers = {{"called", "http://applier.example/"}, {"comes", {}}};
    driver.must(DeclareType{type});
    const auto written = driver.must(new_vm());
    auto effects = driver.effects();
    ASSERT_EQ(effects.size(), 1u);
    EXPECT_EQ(effects[0].subscriber, "http://applier.example/");
    ASSERT_EQ(effects[0].notifications.size(), 1u);
    EXPECT_NE(effects[0].notifications[0]->body.find(written.operation->id.text()),
              std::string::npos);
    // Nobody has said how it went: it is told again.
    driver.restart();
    driver.fire_due();
    effects = driver.effects();
    ASSERT_EQ(effects.size(), 1u);
    driver.must(ReportDelivery{effects[0].outbox, effects[0].subscription, effects[0].window, 1,
                               std::nullopt});
    type.appliers[0].url = "http://other.example/";
    driver.must(DeclareType{type});
    driver.must(new_vm());
    effects = driver.effects();
    ASSERT_EQ(effects.size(), 1u);
    EXPECT_EQ(effects[0].subscriber, "http://other.example/");
    type.appliers[0].url.clear();
    driver.must(DeclareType{type});
    driver.must(new_vm());
    EXPECT_TRUE(driver.effects().empty());
    for (const auto table :
         {Table::outbox, Table::subscription, Table::delivery, Table::notification}) {
        EXPECT_EQ(rows_of(driver, table), 0u) << static_cast<char>(table);
    }
    driver.engine().check(driver.clock().now());
}

TEST(Appliers, are_told_until_the_deadline_however_often_that_fails) {
    EngineDriver driver;
    auto type = vm_type();
    type.appliers = {{"called", "http://applier.example/"}};
    type.deadline = std::chrono::hours(24 * 5);
    driver.must(DeclareType{type});
    driver.must(new_vm());
    // More attempts than any other subscriber gets.
    size_t attempts = 0;
    for (; attempts < 10'100; ++attempts) {
        const auto effects = driver.effects();
        ASSERT_EQ(effects.size(), 1u) << "after " << attempts << " attempts";
        driver.must(ReportDelivery{effects[0].outbox, effects[0].subscription, effects[0].window, 0,
                                   ReportDelivery::Failure{"it is away", {}, false}});
        driver.advance(seconds(40));
    }
    // Its operation has failed then, and nobody works on it any more.
    driver.effects();
    driver.advance(std::chrono::hours(24));
    EXPECT_TRUE(driver.effects().empty());
    EXPECT_EQ(driver.engine().statistics().operations.timed_out, 1u);
}

// What the old address says while the type is declared anew is nothing to the new one.
TEST(Appliers, are_called_at_their_new_address_whatever_the_old_one_said) {
    EngineDriver driver;
    auto type = vm_type();
    type.appliers = {{"called", "http://applier.example/"}};
    driver.must(DeclareType{type});
    driver.must(new_vm());
    const auto before = driver.effects();
    ASSERT_EQ(before.size(), 1u);
    type.appliers[0].url = "http://other.example/";
    driver.must(DeclareType{type});
    driver.must(ReportDelivery{before[0].outbox, before[0].subscription, before[0].window, 0,
                               ReportDelivery::Failure{"410", {}, true}});
    const auto after = driver.effects();
    ASSERT_EQ(after.size(), 1u);
    EXPECT_EQ(after[0].subscriber, "http://other.example/");
    EXPECT_EQ(after[0].notifications[0]->body, before[0].notifications[0]->body);
}

TEST(Feed, tells_a_stream_of_several_topics_once_and_of_new_ones_from_now_on) {
    EngineDriver driver;
    auto type = vm_type();
    type.appliers.clear();
    driver.must(DeclareType{type});
    WriteItem command = new_vm();
    command.id = "x";
    driver.must(SubscribeFeed{{collection_topic("vm"), item_topic("vm", "x")}});
    const RequestId both = driver.last_request();
    driver.must(SubscribeFeed{{make_topic("nothing")}});
    const RequestId later = driver.last_request();
    const auto served = [&] {
        driver.must(command);
        std::multiset<uint64_t> streams;
        for (const auto& delivery : driver.delivered()) streams.insert(delivery.subscriber.value);
        return streams;
    };
    EXPECT_EQ(served(), (std::multiset<uint64_t>{both.value}));
    driver.must(ExtendFeed{later, {item_topic("vm", "x")}});
    driver.must(ExtendFeed{later, {item_topic("vm", "x"), collection_topic("vm")}});
    EXPECT_EQ(served(), (std::multiset<uint64_t>{both.value, later.value}));
    driver.engine().check(driver.clock().now());
    driver.engine().cancel(both, driver.clock().now());
    driver.engine().check(driver.clock().now());
    EXPECT_EQ(served(), (std::multiset<uint64_t>{later.value}));
    const auto gone = driver.ask(ExtendFeed{both, {Topic(1)}});
    ASSERT_TRUE(gone);
    EXPECT_EQ(gone->error().code, ErrorCode::not_found);
}

TEST(Feed, has_an_end_of_topics) {
    CoreLimits limits;
    limits.feed.topics_max = 3;
    EngineDriver driver(limits);
    driver.must(SubscribeFeed{{Topic(1)}});
    const RequestId stream = driver.last_request();
    driver.must(ExtendFeed{stream, {Topic(2), Topic(3)}});
    const auto full = driver.ask(ExtendFeed{stream, {Topic(4)}});
    ASSERT_TRUE(full);
    EXPECT_EQ(full->error().code, ErrorCode::overloaded);
}

}  // namespace
}  // namespace signalbox
