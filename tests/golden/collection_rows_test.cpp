#include "core/collection_rows.h"

#include <gtest/gtest.h>

#include "core/feed.h"
#include "core/operation_rows.h"
#include "core/tenants.h"
#include "tests/golden/golden_rows.h"

// The rows of types, items and operations, and those of events that have an audience.

namespace signalbox {
namespace {

using std::chrono::seconds;

constexpr std::pair<Table, const char*> files[] = {
    {Table::tenant, "rows-collections_tenant.txt"},
    {Table::item_type, "rows-item_type.txt"},
    {Table::item, "rows-item.txt"},
    {Table::item_count, "rows-item_count.txt"},
    {Table::operation, "rows-operation.txt"},
    {Table::operation_index, "rows-operation_index.txt"},
    {Table::event, "rows-collections_event.txt"},
    {Table::event_mark, "rows-collections_event_mark.txt"},
};

const Uuid ann = *Uuid::parse("28732736-22ea-4e3f-8333-8e137184676a");
const Uuid bob = *Uuid::parse("7eb32c9d-8e63-402c-b0db-155e37a52707");
const Uuid first_operation = *Uuid::parse("11111111-1111-4111-8111-111111111111");
const Uuid second_operation = *Uuid::parse("22222222-2222-4222-8222-222222222222");

std::vector<std::string> file_names() {
    std::vector<std::string> names;
    for (const auto& [table, file] : files) names.emplace_back(file);
    return names;
}

ItemType full_type() {
    ItemType type;
    type.name = "meeting";
    type.schema = R"({"required":["name"]})";
    type.path = "/users/me/meetings";
    type.id_field = "uuid";
    type.owner_field = "owner_uuids";
    type.owner_list = true;
    type.created = EventRule{"meeting_created", EventReach::tenant, "events.meetings.created"};
    type.progress = EventRule{"meeting_progress", EventReach::requester,
                              "events.users.{user}.meetings.progress"};
    type.appliers = {{"asterisk", {}}, {"provd", {}}};
    type.deadline = seconds(60);
    type.retention = seconds(3600);
    return type;
}

void fill(EngineDriver& driver) {
    ItemType plain;
    plain.name = "plain";
    driver.must(DeclareType{plain});
    driver.must(DeclareType{full_type()});
    WriteItem note;
    note.type = "plain";
    note.id = "n";
    note.document = R"({"text":"é"})";
    driver.must(note);
    WriteItem meeting;
    meeting.type = "meeting";
    meeting.id = "m";
    meeting.document = R"({"name":"é","owner_uuids":[")" + bob.text() + "\"]}";
    meeting.requester = {ann, "ann", false};
    meeting.operation_id = first_operation;
    driver.must(meeting);
    ReportOperation report;
    report.id = first_operation;
    report.applier = "provd";
    report.detail = "é";
    report.current = 1;
    report.end = 300;
    report.steps = {{"reload", OperationState::succeeded, 0, 0, {}}};
    driver.must(report);
    driver.must(CancelOperation{first_operation});
    meeting.id = "k";
    meeting.operation_id = second_operation;
    driver.must(meeting);
    report = {};
    report.id = second_operation;
    report.applier = "asterisk";
    report.state = OperationState::failed;
    report.error = R"({"title":"é"})";
    driver.must(report);
}

TEST(GoldenCollections, are_written_as_ever) {
    EngineDriver driver;
    fill(driver);
    for (const auto& [table, file] : files) expect_golden(file, dump_rows(rows_of(driver, table)));
}

// An engine that finds the checked-in rows in its store, whoever wrote them.
TEST(GoldenCollections, are_read_as_ever) {
    if (is_rewriting()) GTEST_SKIP() << "reads what the next run finds";
    EngineDriver driver;
    put_golden_rows(driver, file_names());
    driver.restart();
    const auto snapshot = driver.store().snapshot();
    const auto tenant = *find_tenant(*snapshot, "tenant");
    auto type = full_type();
    type.revision = Revision(2);
    EXPECT_EQ(**find_item_type(*snapshot, tenant, "meeting"), type);
    EXPECT_EQ(**find_item_type_by_path(*snapshot, tenant, "/users/me/meetings"), type);
    const auto item = **find_item(*snapshot, tenant, "meeting", "m");
    EXPECT_EQ(item.owners, std::vector<Uuid>{bob});
    EXPECT_EQ(item.document, R"({"uuid":"m","owner_uuids":[")" + bob.text() + R"("],"name":"é"})");
    const auto live = **find_operation(*snapshot, tenant, first_operation);
    EXPECT_EQ(live.state, OperationState::running);
    EXPECT_TRUE(live.cancel_requested);
    EXPECT_EQ(live.requester, ann);
    ASSERT_EQ(live.steps.size(), 3u);
    EXPECT_EQ(live.steps[1].end, 300u);
    EXPECT_EQ(live.steps[2].name, "provd/reload");
    const auto ended = **find_operation(*snapshot, tenant, second_operation);
    EXPECT_EQ(ended.state, OperationState::failed);
    EXPECT_EQ(ended.error, R"({"title":"é"})");
    FeedReader reader(snapshot, tenant, {make_topic("operations")}, {});
    const auto page = reader.next(100);
    ASSERT_EQ(page->events.size(), 5u);
    EXPECT_EQ(page->events[0].audience->name, "meeting_progress");
    EXPECT_EQ(page->events[0].audience->users, std::vector<Uuid>{ann});
    // And it goes on from there.
    EXPECT_EQ(driver.engine().statistics().operations.live, 1u);
    driver.advance(seconds(61));
    EXPECT_EQ(driver.engine().statistics().operations.live, 0u);
    driver.engine().check(driver.clock().now());
}

}  // namespace
}  // namespace signalbox
