#include <array>

#include <gtest/gtest.h>

#include "sim/engine_driver.h"
#include "storage/keys.h"

// What takes several steps, or must not grow without end: deleting all of a server, retention,
// histories, and what is found again after a restart.

namespace signalbox {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

ServerId server(uint8_t number) {
    ServerId id;
    id.is_named = true;
    id.uuid.bytes.fill(number);
    return id;
}

CreateTicket ticket(uint8_t server_number, std::string id, Duration ttl = hours(1)) {
    CreateTicket command;
    command.resource = {server(server_number), "vm", std::move(id)};
    command.fields.ttl = ttl;
    return command;
}

Uuid create(EngineDriver& driver, CreateTicket command) {
    return driver.must(std::move(command)).ticket.record.uuid;
}

size_t rows_of_tickets(EngineDriver& driver) {
    size_t count = 0;
    for (const auto table :
         {Table::ticket_live, Table::ticket_ended, Table::ticket_elsewhere, Table::ticket_by_uuid,
          Table::ticket_ended_at, Table::ticket_history, Table::line_settings}) {
        for (const auto& [key, value] : driver.store().rows()) {
            if (key.front() == static_cast<char>(table)) ++count;
        }
    }
    return count;
}

TEST(Retention, leaves_no_row_behind) {
    CoreLimits limits;
    limits.ticket.ended_age_max = hours(1);
    EngineDriver driver(limits);
    for (int i = 0; i < 200; ++i) {
        auto command = ticket(1, std::to_string(i % 7));
        command.fields.more_resources = {{server(2), "vm", std::to_string(i % 3)},
                                         {server(3), "vm", "x"}};
        if (i % 7 == 0) command.fields.slots = 1;
        const auto uuid = create(driver, std::move(command));
        if (i % 2 == 0) driver.must(RenewTicket{uuid, never, {}, hours(1), {}});
        if (i % 5 == 0) driver.must(DeleteTicket{uuid, {}});
    }
    // Of the home of some, and of what others point to.
    for (const uint8_t number : std::array<uint8_t, 2>{2, 1}) {
        driver.must(ClearServer{server(number)});
        for (int i = 0; i < 10; ++i) {
            auto command = ticket(1, "again", seconds(10));
            command.fields.more_resources = {{server(2), "vm", "again"}};
            create(driver, std::move(command));
        }
        driver.advance(seconds(5));
    }
    EXPECT_GT(rows_of_tickets(driver), 200u);
    driver.advance(hours(3));
    EXPECT_EQ(rows_of_tickets(driver), 0u);
    EXPECT_EQ(driver.engine().statistics().tickets.ended_kept, 0u);
}

TEST(ClearServer, deletes_from_behind_and_is_answered_at_the_end) {
    EngineDriver driver;
    std::vector<RequestId> waits;
    for (int i = 0; i < 1000; ++i) {
        const auto uuid = create(driver, ticket(1, std::to_string(i % 3)));
        if (driver.ask(WaitTicket{uuid, {}})) continue;
        waits.push_back(driver.last_request());
    }
    create(driver, ticket(2, "other"));
    const auto granted = driver.engine().statistics().tickets.granted;

    const RequestId asked = driver.submit(ClearServer{server(1)});
    const auto late_request = driver.submit(ticket(1, "0"));
    Uuid late;
    driver.fire_due();
    driver.engine().check(driver.clock().now());

    auto answers = driver.taken();
    ASSERT_EQ(answers.size(), waits.size() + 2);
    EXPECT_EQ(answers.back().request, asked);
    std::erase_if(answers, [&](const Completion& each) {
        if (each.request != late_request) return false;
        late = std::get<Result<TicketCreated>>(each.reply)->ticket.record.uuid;
        return true;
    });
    EXPECT_TRUE(std::get<Result<ServerCleared>>(answers.back().reply));
    for (size_t i = 0; i + 1 < answers.size(); ++i) {
        const auto& outcome = std::get<Result<WaitOutcome>>(answers[i].reply);
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, ErrorCode::not_found);
    }
    const auto statistics = driver.engine().statistics().tickets;
    EXPECT_EQ(statistics.deleted, 1000u);
    EXPECT_EQ(statistics.active_now, 2u);
    EXPECT_EQ(statistics.granted, granted + 1) << "only the one that came late";
    EXPECT_EQ(driver.must(GetTicket{late}).record.status, TicketStatus::active);
}

TEST(ClearServer, is_refused_to_who_still_waits_when_the_server_stops) {
    EngineDriver driver;
    for (int i = 0; i < 200; ++i) create(driver, ticket(1, "a"));
    driver.submit(ClearServer{server(1)});
    driver.stop();
    const auto completions = driver.taken();
    ASSERT_EQ(completions.size(), 1u);
    EXPECT_EQ(std::get<Result<ServerCleared>>(completions[0].reply).error().code,
              ErrorCode::unavailable);
}

TEST(History, does_not_grow_with_renewals) {
    EngineDriver driver;
    const auto holder = create(driver, ticket(1, "a"));
    const auto next = create(driver, ticket(1, "a"));
    for (int i = 0; i < 1000; ++i) driver.must(RenewTicket{next, never, {}, hours(1), {}});
    driver.must(ReleaseTicket{holder, {}, false, {}});
    driver.restart();
    for (int i = 0; i < 1000; ++i) driver.must(RenewTicket{next, never, {}, hours(1), {}});
    std::vector<std::pair<std::string, uint64_t>> seen;
    for (const auto& entry : driver.must(GetTicketHistory{next}).transitions) {
        seen.emplace_back(entry.type, entry.count);
    }
    const decltype(seen) expected{
        {"created", 1}, {"renewed", 1000}, {"granted", 1}, {"renewed", 1000}};
    EXPECT_EQ(seen, expected);
}

TEST(Deadlocks, are_found_again_after_a_restart) {
    EngineDriver driver;
    const auto of = [](std::string owner, std::string id) {
        auto command = ticket(1, std::move(id));
        command.fields.owner = std::move(owner);
        return command;
    };
    create(driver, of("anna", "a"));
    create(driver, of("bert", "b"));
    const auto anna_waits = create(driver, of("anna", "b"));
    const auto created = driver.must(of("bert", "a"));
    EXPECT_EQ(created.deadlock.size(), 2u);
    driver.restart();
    const auto found = driver.must(ListDeadlocks{});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].tickets.size(), 2u);
    driver.must(DeleteTicket{anna_waits, {}});
    EXPECT_TRUE(driver.must(ListDeadlocks{}).empty());
}

}  // namespace
}  // namespace signalbox
