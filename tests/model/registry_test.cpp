#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "core/index_rows.h"
#include "core/registry_rows.h"
#include "core/tenants.h"
#include "sim/engine_driver.h"

// What nodes, services and checks promise.

namespace signalbox {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

CheckInput ttl_check(const std::string& id, const std::string& service, Duration ttl) {
    CheckInput input;
    input.record.id = id;
    input.record.name = id;
    input.record.service_id = service;
    input.record.definition.kind = CheckDefinition::Kind::ttl;
    input.record.definition.ttl = ttl;
    return input;
}

CheckInput http_check(const std::string& id, Duration interval) {
    CheckInput input;
    input.record.id = id;
    input.record.name = id;
    input.record.definition.kind = CheckDefinition::Kind::http;
    input.record.definition.url = "http://there/";
    input.record.definition.interval = interval;
    input.record.definition.timeout = seconds(1);
    return input;
}

Register service(const std::string& node, const std::string& id, const std::string& name) {
    Register command;
    command.node = node;
    if (!node.empty()) command.node_record.emplace().address = "10.0.0.1";
    ServiceRecord record;
    record.id = id;
    record.name = name;
    command.service = std::move(record);
    return command;
}

class RegistryTest : public testing::Test {
protected:
    TenantId tenant() { return *find_tenant(driver_.store(), "tenant"); }
    uint64_t index(IndexScope scope, const std::string& name = {}) {
        return *read_index(driver_.store(), tenant(), scope, name);
    }
    std::optional<CheckRecord> check(const std::string& id) {
        const auto checks = read_checks(driver_.store(), tenant());
        for (const auto& check : *checks) {
            if (check.id == id) return check;
        }
        return std::nullopt;
    }
    void verify() { driver_.engine().check(driver_.clock().now(), driver_.store()); }

    EngineDriver driver_;
};

TEST_F(RegistryTest, a_check_that_is_late_is_critical) {
    auto command = service("", "web", "web");
    command.checks.push_back(ttl_check("c", "web", seconds(10)));
    driver_.must(command);
    EXPECT_EQ(check("c")->status, CheckStatus::critical);
    driver_.must(UpdateCheck{"", "c", CheckStatus::passing, "", std::nullopt});
    driver_.advance(seconds(9));
    driver_.must(UpdateCheck{"", "c", CheckStatus::passing, "", std::nullopt});
    driver_.advance(seconds(9));
    EXPECT_EQ(check("c")->status, CheckStatus::passing);
    driver_.advance(seconds(2));
    EXPECT_EQ(check("c")->status, CheckStatus::critical);
    EXPECT_EQ(check("c")->output, "TTL expired");
    verify();
}

TEST_F(RegistryTest, heartbeats_write_nothing) {
    auto command = service("", "web", "web");
    command.checks.push_back(ttl_check("c", "web", seconds(10)));
    driver_.must(command);
    driver_.must(UpdateCheck{"", "c", CheckStatus::passing, "fine", std::nullopt});
    const auto before = driver_.committed();
    for (int i = 0; i < 10; ++i) {
        driver_.advance(seconds(5));
        driver_.must(UpdateCheck{"", "c", CheckStatus::passing, "fine", std::nullopt});
        driver_.must(command);
    }
    EXPECT_EQ(driver_.committed(), before);
}

TEST_F(RegistryTest, everybody_has_all_of_their_time_behind_a_restart) {
    auto command = service("", "web", "web");
    command.checks.push_back(ttl_check("c", "web", seconds(10)));
    driver_.must(command);
    driver_.must(UpdateCheck{"", "c", CheckStatus::passing, "", std::nullopt});
    driver_.advance(seconds(9));
    driver_.restart();
    driver_.advance(seconds(9));
    EXPECT_EQ(check("c")->status, CheckStatus::passing);
    driver_.advance(seconds(1));
    EXPECT_EQ(check("c")->status, CheckStatus::critical);
    verify();
}

TEST_F(RegistryTest, an_address_is_asked_at_its_interval_and_not_while_it_is_being_asked) {
    Register command;
    command.checks.push_back(http_check("h", seconds(10)));
    driver_.must(command);
    EXPECT_TRUE(driver_.probes().empty());
    driver_.advance(seconds(10));
    auto asked = driver_.probes();
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked[0].tenant, "tenant");
    // Its second of time, and ten more for the answer to come.
    driver_.advance(seconds(10));
    EXPECT_TRUE(driver_.probes().empty());
    driver_.advance(seconds(10));
    const auto again = driver_.probes();
    ASSERT_EQ(again.size(), 1u);
    // What comes so late is not wanted any more.
    EXPECT_FALSE(*driver_.ask(UpdateCheck{"", "h", CheckStatus::passing, "", asked[0].number}));
    driver_.must(UpdateCheck{"", "h", CheckStatus::passing, "ok", again[0].number});
    EXPECT_EQ(check("h")->status, CheckStatus::passing);
    driver_.advance(seconds(10));
    EXPECT_EQ(driver_.probes().size(), 1u);
    verify();
}

TEST_F(RegistryTest, what_an_address_says_moves_the_index_only_now_and_then) {
    Register command;
    command.checks.push_back(http_check("h", seconds(10)));
    driver_.must(command);
    uint64_t last = 0;
    int moved = 0;
    for (int i = 0; i < 60; ++i) {
        driver_.advance(seconds(10));
        for (const auto& order : driver_.probes()) {
            driver_.must(
                UpdateCheck{"", "h", CheckStatus::passing, std::to_string(i), order.number});
        }
        const uint64_t now = index(IndexScope::checks);
        if (now != last) ++moved;
        last = now;
    }
    // Ten minutes: its registration and turning to passing, and what it said twice.
    EXPECT_LE(moved, 4);
    EXPECT_GE(moved, 2);
    verify();
}

TEST_F(RegistryTest, why_an_address_failed_is_shown_at_once_and_what_it_says_now_before_long) {
    Register command;
    command.checks.push_back(http_check("h", seconds(10)));
    driver_.must(command);
    const auto fail_with = [&](const std::string& output) {
        driver_.advance(seconds(10));
        for (const auto& order : driver_.probes()) {
            driver_.must(UpdateCheck{"", "h", CheckStatus::critical, output, order.number});
        }
    };
    fail_with("connection refused");
    EXPECT_EQ(check("h")->output, "connection refused");
    const uint64_t before = index(IndexScope::checks);
    for (int i = 0; i < 20; ++i) fail_with("503");
    EXPECT_EQ(check("h")->output, "connection refused");
    EXPECT_EQ(index(IndexScope::checks), before);
    for (int i = 0; i < 12; ++i) fail_with("503");
    EXPECT_EQ(check("h")->output, "503");
    EXPECT_GT(index(IndexScope::checks), before);
    verify();
}

TEST_F(RegistryTest, an_address_is_doubted_until_it_has_answered_promptly) {
    Register command;
    command.checks.push_back(http_check("h", seconds(10)));
    command.checks[0].record.definition.timeout = minutes(60);
    driver_.must(command);
    const auto asked_doubtfully = [&](std::optional<bool> is_prompt) {
        driver_.advance(seconds(10));
        const auto orders = driver_.probes();
        EXPECT_EQ(orders.size(), 1u);
        EXPECT_EQ(orders[0].definition.timeout, minutes(1));
        if (is_prompt) {
            UpdateCheck update{"", "h", CheckStatus::passing, "", orders[0].number};
            update.is_prompt = *is_prompt;
            driver_.must(update);
        }
        return orders[0].is_doubtful;
    };
    const auto earns_trust = [&] {
        for (int answers = 0; answers < 3; ++answers) EXPECT_TRUE(asked_doubtfully(true));
        EXPECT_FALSE(asked_doubtfully(true));
    };
    earns_trust();
    EXPECT_FALSE(asked_doubtfully(false));
    earns_trust();
    // No answer at all.
    EXPECT_FALSE(asked_doubtfully(std::nullopt));
    driver_.advance(seconds(60));
    EXPECT_TRUE(driver_.probes().empty());
    EXPECT_TRUE(asked_doubtfully(true));
    verify();
}

TEST_F(RegistryTest, readers_are_told_of_every_part_of_what_they_are_shown) {
    using Target = std::pair<IndexScope, std::string>;
    const auto told_by = [&](const Register& command, const Target& target) {
        const uint64_t before = index(target.first, target.second);
        driver_.must(command);
        verify();
        return index(target.first, target.second) > before;
    };
    Register maintenance;
    maintenance.checks.push_back(ttl_check("m", "", minutes(1)));
    EXPECT_TRUE(told_by(maintenance, {IndexScope::service, "consul"}));

    auto on_node = service("n", "web", "web");
    on_node.checks.push_back(ttl_check("c", "web", minutes(1)));
    driver_.must(on_node);
    // Services and checks can be asked for by what is said of their nodes.
    on_node.node_record->meta = {{"rack", "1"}};
    EXPECT_TRUE(told_by(on_node, {IndexScope::services, ""}));
    on_node.node_record->meta = {{"rack", "2"}};
    EXPECT_TRUE(told_by(on_node, {IndexScope::checks, ""}));
    // Checks show what their service is called.
    on_node.service->tags = {"a"};
    EXPECT_TRUE(told_by(on_node, {IndexScope::checks, ""}));
    on_node.service->name = "site";
    EXPECT_TRUE(told_by(on_node, {IndexScope::checks, ""}));
    on_node.service->port = 1;
    EXPECT_FALSE(told_by(on_node, {IndexScope::checks, ""}));
    EXPECT_FALSE(told_by(on_node, {IndexScope::checks, ""}));
}

TEST_F(RegistryTest, a_check_of_a_node_is_told_once_to_each_name_of_its_services) {
    Register many = service("n", "web", "web");
    driver_.must(many);
    for (int i = 0; i < 100; ++i) driver_.must(service("n", "web" + std::to_string(i), "web"));
    Register command;
    command.node = "n";
    command.checks.push_back(ttl_check("c", "", minutes(1)));
    const auto before = driver_.bytes_committed();
    driver_.must(command);
    EXPECT_LT(driver_.bytes_committed() - before, 500u);
    verify();
}

TEST_F(RegistryTest, what_is_critical_for_too_long_goes) {
    auto command = service("", "web", "web");
    command.checks.push_back(ttl_check("c", "web", seconds(1)));
    command.checks[0].record.definition.reap_after = seconds(1);
    driver_.must(command);
    driver_.must(UpdateCheck{"", "c", CheckStatus::passing, "", std::nullopt});
    driver_.advance(seconds(60));
    EXPECT_TRUE(check("c"));
    // A minute at least, however little was asked for.
    driver_.advance(seconds(2));
    EXPECT_FALSE(check("c"));
    EXPECT_TRUE(read_services(driver_.store(), tenant())->empty());
    verify();
}

TEST_F(RegistryTest, a_check_that_moves_takes_off_only_where_it_is_and_has_all_of_its_time_there) {
    driver_.must(service("", "web", "web"));
    driver_.must(service("", "db", "db"));
    const auto put = [&](const std::string& on) {
        Register command;
        command.checks.push_back(ttl_check("c", on, seconds(10)));
        command.checks[0].record.definition.reap_after = minutes(1);
        driver_.must(command);
    };
    put("web");
    driver_.advance(seconds(40));
    put("db");
    driver_.advance(seconds(40));
    EXPECT_EQ(read_services(driver_.store(), tenant())->size(), 2u);
    verify();
    put("");
    driver_.advance(minutes(10));
    EXPECT_EQ(read_services(driver_.store(), tenant())->size(), 2u);
    EXPECT_TRUE(check("c"));
    verify();
    put("web");
    driver_.advance(seconds(61));
    EXPECT_EQ(read_services(driver_.store(), tenant())->size(), 1u);
    EXPECT_FALSE(check("c"));
    verify();
}

TEST_F(RegistryTest, the_index_of_a_name_outlives_its_last_instance) {
    driver_.must(service("n", "web", "web"));
    const uint64_t with = index(IndexScope::service, "web");
    EXPECT_GT(with, 0u);
    driver_.must(Deregister{"n", std::string("web"), std::nullopt});
    EXPECT_EQ(index(IndexScope::service, "web"), 0u);
    EXPECT_GT(index(IndexScope::service_floor), with);
    driver_.restart();
    driver_.must(service("n", "web", "web"));
    EXPECT_GT(index(IndexScope::service, "web"), index(IndexScope::service_floor));
    verify();
}

TEST_F(RegistryTest, sessions_end_with_the_checks_that_they_depend_on) {
    auto command = service("n", "web", "web");
    command.checks.push_back(ttl_check("c", "web", seconds(10)));
    command.checks.push_back(ttl_check("d", "web", seconds(10)));
    for (auto& each : command.checks) {
        each.has_status = true;
        each.record.status = CheckStatus::passing;
    }
    driver_.must(command);
    const auto session_on = [&](const std::string& id) {
        CreateSession create;
        create.may_be_endless = true;
        create.terms.node = "n";
        create.terms.node_checks = {id};
        return driver_.must(create).id;
    };
    const Uuid on_c = session_on("c");
    const Uuid on_d = session_on("d");
    PutKey lock;
    lock.key = "leader";
    lock.acquire = on_c;
    EXPECT_TRUE(driver_.must(lock).done);
    driver_.must(UpdateCheck{"n", "c", CheckStatus::critical, "", std::nullopt});
    EXPECT_FALSE(*driver_.ask(GetSession{on_c}));
    EXPECT_TRUE(*driver_.ask(GetSession{on_d}));
    verify();
    driver_.must(Deregister{"n", std::nullopt, std::nullopt});
    EXPECT_FALSE(*driver_.ask(GetSession{on_d}));
    verify();
}

// Random scripts: whatever is registered and forgotten, memory and rows say the same, no index goes
// back, and a reader who waits is told of what concerns it.
TEST_F(RegistryTest, random_scripts_keep_every_invariant) {
    for (uint64_t seed = 1; seed <= 40; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        EngineDriver driver({}, seed);
        std::map<std::string, uint64_t> seen;
        std::map<RequestId, std::string> parked;  // by the name of the service
        const std::vector<std::string> nodes{"", "n", "m"};
        const std::vector<std::string> names{"web", "db"};
        const auto pick = [&](const auto& from) { return from[random.below(from.size())]; };
        for (int step = 0; step < 150; ++step) {
            const auto before = driver.committed();
            const auto node = pick(nodes);
            const auto name = pick(names);
            const auto id = name + std::to_string(random.below(2));
            const uint64_t what = random.below(10);
            if (what < 4) {
                auto command = service(node, id, name);
                command.service->port = static_cast<uint32_t>(random.below(2));
                if (random.chance(1, 2)) {
                    // Checks move between the services, and to the node.
                    const auto check = pick(names) + std::to_string(random.below(2));
                    command.checks.push_back(
                        ttl_check(check, random.chance(1, 4) ? "" : id, seconds(5)));
                    command.checks[0].record.definition.reap_after =
                        random.chance(2, 3) ? seconds(60) : Duration::zero();
                }
                command.replaces_checks = random.chance(1, 3);
                driver.must(std::move(command));
            } else if (what == 4) {
                (void)driver.ask(Deregister{node, id, std::nullopt});
            } else if (what == 5) {
                (void)driver.ask(Deregister{
                    node, std::nullopt, random.chance(1, 2) ? std::optional(id) : std::nullopt});
            } else if (what == 6) {
                const auto status = static_cast<CheckStatus>(random.below(3));
                (void)driver.ask(UpdateCheck{node, id, status, "", std::nullopt});
            } else if (what == 7) {
                driver.advance(seconds(1 + static_cast<int64_t>(random.below(40))));
            } else if (what == 8) {
                driver.restart();
                parked.clear();
            } else {
                const auto request = driver.submit(WaitForChange{
                    {WatchKind::service, name}, driver.committed(), std::chrono::hours(10)});
                parked.emplace(request, name);
            }
            const auto tenant = *find_tenant(driver.store(), "tenant");
            std::map<std::string, uint64_t> now;
            for (const auto& each : names) {
                const auto own = *read_index(driver.store(), tenant, IndexScope::service, each);
                now[each] =
                    own > 0 ? own : *read_index(driver.store(), tenant, IndexScope::service_floor);
                ASSERT_GE(now[each], seen[each]) << each << " went back";
            }
            std::map<RequestId, bool> woken;
            for (const auto& completion : driver.taken()) woken[completion.request] = true;
            for (auto at = parked.begin(); at != parked.end();) {
                const bool has_own =
                    *read_index(driver.store(), tenant, IndexScope::service, at->second) > 0;
                const bool has_changed = has_own && now[at->second] > before.value + 1;
                ASSERT_TRUE(!has_changed || woken.contains(at->first)) << "was not told";
                at = woken.contains(at->first) ? parked.erase(at) : std::next(at);
            }
            seen = now;
            driver.engine().check(driver.clock().now(), driver.store());
        }
    }
}

}  // namespace
}  // namespace signalbox
