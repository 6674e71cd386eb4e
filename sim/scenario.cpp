#include "sim/scenario.h"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/checksum.h"

namespace signalbox {
namespace {

using nlohmann::json;

constexpr unsigned line_count = 4;
constexpr uint64_t disk_bytes_when_full = 0;
constexpr unsigned clock_step_ms_max = 40;
constexpr int64_t clock_jump_ms_max = 3'600'000;
constexpr int rest_rounds_min = 2500;  // of 20 ms: longer than any lease
// After a restart what is left of a lease is told by the calendar, which may have been set back;
// so there may be hours to wait, in longer rounds.
constexpr Duration long_rest_round = std::chrono::seconds(1);
// The follower, the traveller, and the two of the collection.
constexpr uint64_t streams_at_rest = 4;
constexpr int rest_rounds_max = 50'000;

}  // namespace

World::Options Scenario::world_options(uint64_t seed) {
    World::Options options;
    options.seed = seed;
    options.scatter_bytes = true;
    // Small, so that segments roll over and rows are dropped within a short run.
    options.inbox.batch_bytes_max = 16u << 10;
    options.segment_bytes = 128u << 10;
    options.checkpoint_bytes = 192u << 10;
    // Small too, so that every limit is met.
    Random random(seed);
    options.core.feed.buffered_events_max = 1 + random.below(8);
    options.core.feed.backlog_bytes_max = 1 + random.below(4096);
    options.core.feed.page_rows_max = 1 + random.below(4);
    options.core.timers_per_batch_max = 1 + random.below(8);
    options.core.ticket.grants_per_step_max = 1 + random.below(4);
    options.core.ticket.ended_per_step_max = 1 + random.below(2);
    // In some runs little is kept of the past.
    if (random.chance(1, 3)) options.core.feed.events_max = 192 + random.below(200);
    if (random.chance(1, 5)) options.core.feed.age_max = Duration(2000 + random.below(10'000));
    if (random.chance(1, 3)) options.core.ticket.ended_max = 8 + random.below(100);
    // Deletions of keys are forgotten soon, and little is remembered for those who come late.
    if (random.chance(1, 2)) options.core.kv.graves_max = 1 + random.below(4);
    options.core.recent_changes_max = 1 + random.below(8);
    options.core.kv.locks_per_step_max = 1;
    // Streams fall silent often, so that what they say of that is heard.
    options.quiet_max = Duration(random.below(3000));
    return options;
}

Scenario::Scenario(uint64_t seed, uint64_t rounds)
    : rounds_(rounds), world_(world_options(seed)), feed_oracle_(world_.options().core.feed) {
    const auto& ticket = world_.options().core.ticket;
    if (ticket.ended_max < TicketLimits().ended_max) oracle_.ended_are_kept(ticket.ended_max);
}

bool Scenario::happens(unsigned of_ten_thousand) {
    return world_.random().chance(of_ten_thousand, 10'000);
}

Scenario::Plan Scenario::draw_plan() {
    Random& random = world_.random();
    const auto maybe = [&](unsigned at_most) {
        const bool in_this_run = random.chance(1, 2);
        return in_this_run ? static_cast<unsigned>(random.below(at_most + 1)) : 0u;
    };
    Plan plan;
    plan.crash = maybe(100);
    plan.graceful_stop = maybe(30);
    plan.cut_worker = maybe(300);
    plan.cut_follower = maybe(200);
    plan.hang_up = maybe(300);
    plan.follower_goes = maybe(100);
    plan.clock_step = maybe(20);
    plan.clock_jump = maybe(10);
    plan.sync_failure = maybe(20);
    plan.store_failure = maybe(50);
    plan.disk_full = maybe(20);
    plan.administration = maybe(100);
    plan.steps_per_round = 1 + static_cast<unsigned>(random.below(12));
    plan.milliseconds_per_round = 1 + static_cast<unsigned>(random.below(40));
    return plan;
}

Scenario::Report Scenario::run() {
    plan_ = draw_plan();
    const auto started = world_.start();
    ASSERT(started);
    for (const auto& line : TicketWorker::odd_lines(line_count)) oracle_.line_is_unordered(line);
    TicketWorker::Habits habits;
    habits.lines = line_count;
    habits.odd_percent = static_cast<unsigned>(world_.random().below(60));
    habits.expiring_percent = static_cast<unsigned>(world_.random().below(80));
    const auto worker_count = 2 + world_.random().below(14);
    for (unsigned i = 0; i < worker_count; ++i) {
        workers_.push_back(std::make_unique<TicketWorker>(world_, oracle_, i, habits));
    }
    const auto keeper_count = world_.random().below(4);
    for (unsigned i = 0; i < keeper_count; ++i) {
        keepers_.push_back(std::make_unique<SessionKeeper>(world_, oracle_, i));
    }
    queues_.begin();
    notifications_.begin();
    registry_.begin();
    administrator_ = std::make_unique<SimHttp>(world_);
    follower_ = std::make_unique<EventFollower>(world_, feed_oracle_, "the follower");
    traveller_ = std::make_unique<EventFollower>(world_, feed_oracle_, "the traveller");

    for (uint64_t i = 0; i < rounds_; ++i) round();
    come_to_rest();
    world_.check();
    read_feed();
    oracle_.compare_with_listing(read_listing());
    queues_.finish();
    registry_.finish();
    world_.check();

    for (auto& complaint : oracle_.verify()) report_.complaints.push_back(std::move(complaint));
    for (auto& complaint : queues_.verify()) report_.complaints.push_back(std::move(complaint));
    for (const auto& complaint : items_.complaints()) report_.complaints.push_back(complaint);
    for (auto& complaint : notifications_.verify()) {
        report_.complaints.push_back(std::move(complaint));
    }
    for (const auto& complaint : registry_.oracle().complaints()) {
        report_.complaints.push_back(complaint);
    }
    for (const auto& complaint : feed_oracle_.complaints()) {
        report_.complaints.push_back(complaint);
    }
    report_.resyncs = feed_oracle_.resyncs();
    report_.events = oracle_.seen().size();
    report_.worst_lateness = oracle_.worst_lateness();
    // The world moves in rounds, and its calendar jumps; nothing else may make an expiry late.
    const Duration round(plan_.milliseconds_per_round + clock_step_ms_max);
    // An hour of the calendar at once makes more due than a few batches can see to.
    if (!had_trouble_ && plan_.clock_jump == 0 &&
        report_.worst_lateness > round + std::chrono::milliseconds(50)) {
        report_.complaints.push_back(
            fmt::format("an expiry came {} ms late", report_.worst_lateness.count()));
    }
    for (const auto& event : oracle_.seen()) {
        report_.digest = checksum(event.cursor + event.type + event.data, report_.digest);
    }
    report_.digest ^= queues_.digest() ^ notifications_.digest() ^ registry_.oracle().digest() ^
                      items_.digest();
    return report_;
}

void Scenario::round() {
    misfortune();
    for (const auto& worker : workers_) worker->act();
    for (const auto& keeper : keepers_) keeper->act();
    queues_.act();
    items_.act();
    notifications_.act();
    registry_.act();
    administrate();
    follower_->act();
    if (traveller_is_here_) traveller_->act();
    if (happens(plan_.hang_up)) hang_up();
    for (unsigned i = 0; i < plan_.steps_per_round; ++i) {
        world_.step();
        observe();
    }
    world_.pass(Duration(world_.random().below(plan_.milliseconds_per_round + 1)));
    if (!world_.is_up() || !world_.partition(0).trouble()) return;
    had_trouble_ = true;
    if (happens(500)) {
        // An operator has looked after the disk. Not every trouble needs a restart.
        world_.disk().heal();
        if (happens(5000)) restart();
    }
}

void Scenario::observe() {
    latest_ = std::max(latest_, world_.clock().now().wall);
    queues_.observe();
    if (!world_.is_up()) return;
    items_.observe();
    for (const auto& event : feed_oracle_.observe(world_)) oracle_.saw(event);
}

// As the world does by itself, but nothing is trimmed before it was seen.
void Scenario::settle() {
    do {
        observe();
    } while (world_.step());
}

void Scenario::set_calendar(Duration step) {
    world_.clock().step_wall(step);
    queues_.observe();
    oracle_.calendar_was_set_to(world_.clock().now().wall);
}

// Somebody closes a connection, perhaps right behind what he has sent on it.
void Scenario::hang_up() {
    Random& random = world_.random();
    const auto choice = random.below(16);
    if (choice >= 13) return registry_.hang_up_one();
    if (choice >= 10) return queues_.hang_up_one();
    if (choice == 0) return follower_->hang_up();
    if (choice == 1) return traveller_->hang_up();
    if (choice == 2) return administrator_->hang_up();
    if (choice < 5 && !keepers_.empty()) return keepers_[random.below(keepers_.size())]->hang_up();
    if (choice < 8) return workers_[random.below(workers_.size())]->hang_up();
    SimHttp passer_by(world_);
    if (choice == 8) passer_by.send({"GET", "/api/v1/tickets/events", {}, {}});
    if (choice == 9) {
        passer_by.send(
            {"POST",
             "/api/v1/tickets?wait=1h",
             {},
             fmt::format(R"({{"scope":"vm","id":"{}","ttl":"10s"}})", random.below(line_count))});
    }
    passer_by.hang_up();
}

void Scenario::misfortune() {
    Random& random = world_.random();
    if (happens(plan_.crash)) restart();
    if (happens(plan_.graceful_stop) && world_.is_up()) {
        world_.stop();
        restart();
    }
    if (happens(plan_.cut_worker)) workers_[random.below(workers_.size())]->cut();
    if (happens(plan_.cut_worker)) queues_.cut_one();
    if (happens(plan_.cut_worker)) items_.cut_one();
    if (happens(plan_.cut_worker)) notifications_.cut_one();
    if (happens(plan_.cut_worker)) registry_.cut_one();
    if (happens(plan_.cut_follower)) follower_->cut();
    if (happens(plan_.follower_goes)) {
        if (traveller_is_here_) traveller_->cut();
        traveller_is_here_ = !traveller_is_here_;
    }
    if (happens(plan_.clock_step)) {
        const auto step = static_cast<int64_t>(random.below(2UL * clock_step_ms_max));
        set_calendar(Duration(step) - Duration(clock_step_ms_max));
    }
    if (happens(plan_.clock_jump)) {
        const auto step = static_cast<int64_t>(random.below(2 * clock_jump_ms_max));
        set_calendar(Duration(step) - Duration(clock_jump_ms_max));
    }
    if (happens(plan_.sync_failure)) world_.disk().fail_next_sync();
    if (happens(plan_.store_failure)) {
        world_.store(0).fail_next_applies(static_cast<int>(random.below(3)));
    }
    if (happens(plan_.disk_full)) {
        world_.disk().set_free_bytes(disk_bytes_when_full);
        // Then a batch may find no room although it was asked for.
        world_.disk().set_full(random.chance(1, 2));
    }
}

// An operator at work: whatever becomes of his requests, they must not break anything.
void Scenario::administrate() {
    if (administrator_->is_waiting()) {
        SimResponse response;
        if (administrator_->poll(response) == SimHttp::Progress::answered) {
            ASSERT(response.status < 500 || response.status == 503);
        }
        return;
    }
    if (!happens(plan_.administration)) return;
    Random& random = world_.random();
    const auto line = random.below(line_count);
    const auto choice = random.below(10);
    if (choice == 0) {
        administrator_->send({"DELETE", "/servers/default/tickets?force=true", {}, {}});
        return;
    }
    // Lines with order promised may be paused, but have one slot.
    const bool odd = choice < 5;
    std::string body = fmt::format(R"({{"paused":{}}})", choice % 2 == 0);
    if (odd && choice % 2 == 0) body = fmt::format(R"({{"slots":{}}})", random.below(4));
    administrator_->send(
        {"PATCH", fmt::format("/api/v1/lines/default/{}/{}", odd ? "odd" : "vm", line), {}, body});
}

// The power fails, and comes back after a while.
void Scenario::restart() {
    if (world_.is_up()) {
        ++report_.crashes;
        world_.crash();
    }
    world_.disk().heal();
    world_.store(0).fail_next_applies(0);
    queues_.observe();
    world_.clock().advance(Duration(world_.random().below(2000)));
    queues_.observe();
    const auto started = world_.start();
    if (!started) report_.complaints.push_back("no start: " + started.error().message);
    ASSERT(started);
    oracle_.server_was_down_until(world_.clock().now().wall);
    world_.check();
    // What was told while it stopped.
    observe();
}

// No misfortune any more; everyone finishes what they do, and the feed is read to its end.
void Scenario::come_to_rest() {
    world_.disk().heal();
    world_.store(0).fail_next_applies(0);
    if (world_.partition(0).trouble()) restart();
    // Nobody waits for a date that was near before the calendar was set back.
    set_calendar(std::max(latest_ - world_.clock().now().wall, Duration::zero()));
    for (const auto* scope : {"vm", "odd"}) {
        for (unsigned line = 0; line < line_count; ++line) resume(scope, line);
    }
    for (const auto& keeper : keepers_) keeper->die();
    bool idle = false;
    for (int i = 0; i < rest_rounds_max && !idle; ++i) {
        // Leases that nobody looks after run out meanwhile, and sessions without a keeper end.
        idle = i > rest_rounds_min;
        for (const auto& worker : workers_) {
            idle = worker->retire() && idle;
            worker->act();
        }
        follower_->act();
        traveller_->act();
        idle = queues_.retire() && idle;
        idle = items_.retire() && idle;
        idle = notifications_.retire() && idle;
        idle = registry_.retire() && idle;
        registry_.act();
        settle();
        world_.pass(i < rest_rounds_min ? Duration(20) : long_rest_round);
    }
    if (!idle) report_.complaints.emplace_back("somebody waits for ever");
    for (int i = 0; i < 1000; ++i) {
        // Tickets that ended just now are forgotten a little later.
        const auto ended = world_.partition(0).engine().statistics().tickets.ended_kept;
        if (ended > world_.options().core.ticket.ended_max) world_.pass(long_rest_round);
        follower_->act();
        traveller_->act();
        settle();
    }
    feed_oracle_.check_at_rest();
    items_.check_at_rest();
    // Whoever hung up was noticed: nothing is held for him.
    const auto held = world_.partition(0).engine().statistics();
    if (world_.abandoned_count() > 0 || held.waiters > 0 || held.subscribers > streams_at_rest) {
        report_.complaints.push_back(fmt::format(
            "{} connections, {} requests and {} streams have outlived their clients",
            world_.abandoned_count(), held.waiters, held.subscribers - streams_at_rest));
    }
}

SimResponse Scenario::ask(const SimHttp::Request& request) {
    SimHttp http(world_);
    http.send(request);
    SimResponse response;
    do {
        settle();
    } while (http.poll(response) != SimHttp::Progress::answered);
    return response;
}

void Scenario::resume(const std::string& scope, unsigned line) {
    const auto answer = ask({"PATCH",
                             fmt::format("/api/v1/lines/default/{}/{}", scope, line),
                             {},
                             R"({"paused":false})"});
    ASSERT(answer.status == 200);
}

// Everything that is kept, from the beginning.
void Scenario::read_feed() {
    EventFollower fresh(world_, feed_oracle_, "a fresh reader");
    for (int i = 0; i < 1000; ++i) {
        fresh.act();
        settle();
    }
    feed_oracle_.check_at_rest();
}

// uuid -> status of everything; on the way, that no session and none of its tickets is left.
std::map<std::string, std::string> Scenario::read_listing() {
    const auto alive = json::parse(ask({"GET", "/api/v1/sessions", {}, {}}).body);
    if (!alive.at("sessions").empty()) {
        report_.complaints.emplace_back("a session has outlived its client");
    }
    std::map<std::string, std::string> statuses;
    std::string target = "/api/v1/tickets?limit=1000";
    while (!target.empty()) {
        const auto response = ask({"GET", target, {}, {}});
        ASSERT(response.status == 200);
        const auto page = json::parse(response.body);
        for (const auto& ticket : page.at("tickets")) {
            const std::string status = ticket.at("status");
            statuses[ticket.at("uuid")] = status;
            const bool live = status == "queued" || status == "active";
            if (live && ticket.contains("session")) {
                report_.complaints.push_back(ticket.at("uuid").get<std::string>() +
                                             " has outlived its session");
            }
        }
        target = page.value("next", "");
    }
    return statuses;
}

}  // namespace signalbox
