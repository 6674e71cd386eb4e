#include "core/registry_rows.h"

#include <gtest/gtest.h>

#include "core/index_rows.h"
#include "core/kv_rows.h"
#include "core/session.h"
#include "core/tenants.h"
#include "tests/golden/golden_rows.h"

// The rows of keys and their values, of the sessions that hold them, and of nodes, services and
// checks.

namespace signalbox {
namespace {

using std::chrono::seconds;

constexpr std::pair<Table, const char*> files[] = {
    {Table::kv_entry, "rows-kv_entry.txt"},
    {Table::kv_lock, "rows-kv_lock.txt"},
    {Table::kv_lock_delay, "rows-kv_lock_delay.txt"},
    {Table::kv_grave, "rows-kv_grave.txt"},
    {Table::kv_grave_age, "rows-kv_grave_age.txt"},
    {Table::kv_tenant, "rows-kv_tenant.txt"},
    {Table::node, "rows-node.txt"},
    {Table::service, "rows-service.txt"},
    {Table::service_by_name, "rows-service_by_name.txt"},
    {Table::check, "rows-check.txt"},
    {Table::registry_index, "rows-registry_index.txt"},
    {Table::session, "rows-kv_session.txt"},
    {Table::tenant, "rows-registry_tenant.txt"},
};

std::vector<std::string> file_names() {
    std::vector<std::string> names;
    for (const auto& [table, file] : files) names.emplace_back(file);
    return names;
}

PutKey put(const std::string& key, const std::string& value) {
    PutKey command;
    command.key = key;
    command.value = value;
    return command;
}

Uuid make_session(EngineDriver& driver, Duration ttl, Duration delay) {
    CreateSession session;
    session.name = "é";
    session.ttl = ttl;
    session.may_be_endless = true;
    session.terms.ttl_text = "10s";
    session.terms.patience = ttl;
    session.terms.behavior = SessionBehavior::erase;
    session.terms.lock_delay = delay;
    session.terms.node_checks = {"serfHealth"};
    return driver.must(std::move(session)).id;
}

void fill_keys(EngineDriver& driver) {
    const Uuid ended = make_session(driver, Duration::zero(), seconds(15));
    const Uuid holder = make_session(driver, seconds(10), Duration::zero());
    auto first = put("a/b", std::string("\0\xff", 2));
    first.flags = UINT64_MAX;
    first.acquire = holder;
    driver.must(std::move(first));
    driver.must(put("empty", ""));
    auto lost = put("lost", "x");
    lost.acquire = ended;
    driver.must(std::move(lost));
    driver.must(EndSession{ended, "test"});
    driver.must(put("dir/1", "x"));
    driver.must(DeleteKey{"dir/", true, std::nullopt});
}

void fill_registry(EngineDriver& driver) {
    Register web;
    web.service.emplace();
    web.service->id = "web/1";
    web.service->name = "web";
    web.service->tags = {"a", "é"};
    web.service->address = "10.0.0.1";
    web.service->port = 65'535;
    web.service->meta = {{"k", "v"}};
    web.service->tagged_addresses = {{"wan", {"1.2.3.4", 80}}};
    web.service->weight_passing = 10;
    web.service->enable_tag_override = true;
    CheckInput ttl;
    ttl.record.id = "service:web/1";
    ttl.record.name = "ttl";
    ttl.record.service_id = "web/1";
    ttl.record.notes = "notes";
    ttl.record.definition.kind = CheckDefinition::Kind::ttl;
    ttl.record.definition.ttl = seconds(10);
    ttl.record.definition.reap_after = seconds(90);
    CheckInput http;
    http.has_status = true;
    http.record.id = "http";
    http.record.name = "http";
    http.record.status = CheckStatus::warning;
    http.record.output = "output";
    http.record.definition.kind = CheckDefinition::Kind::http;
    http.record.definition.url = "https://there/";
    http.record.definition.method = "POST";
    http.record.definition.fields = {{"A", "b"}, {"A", "c"}};
    http.record.definition.body = "body";
    http.record.definition.tls_skip_verify = true;
    http.record.definition.interval = seconds(5);
    http.record.definition.timeout = seconds(1);
    web.checks = {ttl, http};
    driver.must(std::move(web));
    Register elsewhere;
    elsewhere.node = std::string("n\0é", 4);
    elsewhere.node_record.emplace();
    elsewhere.node_record->id = "40e4a748-2192-161a-0510-9bf59fe950b5";
    elsewhere.node_record->address = "10.0.0.2";
    elsewhere.node_record->tagged_addresses = {{"lan", "10.0.0.2"}};
    elsewhere.node_record->meta = {{"rack", "a"}};
    elsewhere.service.emplace();
    elsewhere.service->id = "db";
    elsewhere.service->name = "db";
    driver.must(std::move(elsewhere));
    Register gone;
    gone.node = "gone";
    gone.node_record.emplace().address = "10.0.0.3";
    gone.service.emplace();
    gone.service->id = "old";
    gone.service->name = "old";
    driver.must(std::move(gone));
    driver.must(Deregister{"gone", std::nullopt, std::nullopt});
}

void load(EngineDriver& driver, std::initializer_list<const char*> names) {
    put_golden_rows(driver, {names.begin(), names.end()});
    driver.restart();
}

TEST(GoldenRegistry, is_written_as_ever) {
    EngineDriver driver;
    fill_keys(driver);
    fill_registry(driver);
    for (const auto& [table, file] : files) {
        const auto rows = rows_of(driver, table);
        EXPECT_FALSE(rows.empty()) << file;
        expect_golden(file, dump_rows(rows));
    }
}

// An engine that finds the checked-in rows in its store, whoever wrote them.
TEST(GoldenRegistry, is_read_as_ever) {
    if (is_rewriting()) GTEST_SKIP() << "reads what the next run finds";
    EngineDriver driver;
    put_golden_rows(driver, file_names());
    driver.restart();
    driver.engine().check(driver.clock().now(), driver.store());
    const auto& rows = driver.store();
    const auto tenant = *find_tenant(rows, "tenant");
    const auto held = *read_kv_entry(rows, tenant, "a/b");
    ASSERT_TRUE(held && held->session);
    EXPECT_EQ(held->value, std::string("\0\xff", 2));
    EXPECT_EQ(held->flags, UINT64_MAX);
    EXPECT_EQ(held->lock_index, 1u);
    EXPECT_FALSE(*read_kv_entry(rows, tenant, "lost"));
    // Its delay is in force still, and all of it once more.
    auto again = put("lost", "x");
    again.acquire = held->session;
    EXPECT_FALSE(driver.must(again).done);
    driver.must(RenewSession{*held->session});
    driver.advance(seconds(15));
    EXPECT_TRUE(driver.must(again).done);
    const auto session = *read_session(rows, tenant, *held->session);
    ASSERT_TRUE(session);
    EXPECT_EQ(session->terms.ttl_text, "10s");
    EXPECT_EQ(session->terms.behavior, SessionBehavior::erase);
    const auto web = *read_service(rows, tenant, "", "web/1");
    ASSERT_TRUE(web);
    EXPECT_EQ(web->port, 65'535u);
    EXPECT_EQ(web->tagged_addresses.at("wan").port, 80u);
    const auto checks = *read_checks_of(rows, tenant, "");
    ASSERT_EQ(checks.size(), 2u);
    EXPECT_EQ(checks[0].definition.fields.size(), 2u);
    EXPECT_EQ(read_services_named(rows, tenant, "db")->size(), 1u);
    EXPECT_GT(*read_index(rows, tenant, IndexScope::service_floor), 0u);
}

// Sessions that were made before anything was said of keys.
TEST(GoldenRegistry, sessions_of_the_first_version_are_read) {
    EngineDriver driver;
    load(driver, {"rows-tenant.txt", "rows-session-1.txt"});
    const auto sessions = driver.must(ListSessions{std::nullopt, 10}).sessions;
    ASSERT_FALSE(sessions.empty());
    EXPECT_EQ(sessions[0].name, "worker-1");
    EXPECT_EQ(sessions[0].ttl, seconds(30));
    EXPECT_EQ(sessions[0].terms.patience, Duration::zero());
    EXPECT_EQ(sessions[0].terms.lock_delay, seconds(15));
}

}  // namespace
}  // namespace signalbox
