#include "crash_loop.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "core/cursor.h"

namespace signalbox {
namespace {

// Small segments and many checkpoints, so that kills fall into rollovers and flushes, too.
std::vector<std::string> server_arguments(std::vector<std::string> more) {
    more.insert(more.end(), {"--segment-bytes", "1MiB", "--checkpoint-bytes", "1MiB", "--log-level",
                             "warning"});
    return more;
}

SeenEvent seen(const client::Event& event) {
    const auto cursor = Cursor::parse(event.cursor);
    ASSERT(cursor);
    SeenEvent seen;
    seen.cursor = event.cursor;
    seen.revision = cursor->position.revision.value;
    seen.index = cursor->position.index;
    seen.type = event.type;
    seen.subject = event.subject;
    seen.data = event.data;
    seen.time = event.time;
    return seen;
}

}  // namespace

CrashLoop::CrashLoop(Plan plan)
    : plan_(std::move(plan)), server_(server_arguments(plan_.arguments)) {
    options_.url = server_.url();
    // A call that is under way when the server is killed goes on with the next one.
    options_.retry_for = std::chrono::seconds(60);
}

CrashLoop::~CrashLoop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    follower_stop_.request_stop();
    for (auto& worker : workers_) {
        if (worker.joinable()) worker.join();
    }
    if (follower_.joinable()) follower_.join();
}

std::vector<std::string> CrashLoop::run() {
    follower_ = std::thread([this] { follow(); });
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !beginning_.empty() || !complaints_.empty(); });
    }
    for (unsigned i = 0; i < plan_.workers; ++i) {
        workers_.emplace_back([this, i] { work(i); });
    }
    std::mt19937 random(plan_.seed);
    for (unsigned kill = 0; kill < plan_.kills; ++kill) {
        wait_for_cycles(1 + random() % 200);
        server_.kill9();
        server_.start();
    }
    wait_for_cycles(100);
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    for (auto& worker : workers_) worker.join();

    const client::Client client(options_);
    const auto last = client.create_ticket(
        {.resource = {.scope = "end", .id = "end"}, .ttl = std::chrono::hours(1)});
    ASSERT(last);
    wait_until_follower_saw(last->ticket.uuid);
    follower_stop_.request_stop();
    follower_.join();
    compare_with_listing();
    compare_with_feed();
    for (auto& complaint : oracle_.verify()) complain(std::move(complaint));
    if (server_.terminate() != 0) complain("the server did not end well");
    return complaints_;
}

void CrashLoop::complain(std::string text) {
    const std::lock_guard lock(mutex_);
    complaints_.push_back(std::move(text));
    changed_.notify_all();
}

void CrashLoop::work(unsigned number) {
    const client::Client client(options_);
    std::mt19937 random(plan_.seed * 1000 + number);
    for (;;) {
        {
            const std::lock_guard lock(mutex_);
            if (stopping_ || !complaints_.empty()) return;
        }
        if (!cycle(client, random)) return;
    }
}

bool CrashLoop::cycle(const client::Client& client, std::mt19937& random) {
    client::TicketRequest request;
    request.resource = {.scope = "vm", .id = std::to_string(random() % plan_.lines)};
    request.ttl = std::chrono::minutes(10);
    const auto created = client.create_ticket(request);
    if (!created) {
        complain("create: " + created.error().detail);
        return false;
    }
    const std::string& uuid = created->ticket.uuid;
    {
        const std::lock_guard lock(mutex_);
        oracle_.created(uuid, {});
    }
    const auto granted = client.wait_ticket(uuid);
    if (!granted || granted->status != client::TicketStatus::active) {
        complain("wait: " + (granted ? granted->json : granted.error().detail));
        return false;
    }
    {
        const std::lock_guard lock(mutex_);
        oracle_.told_active(uuid, granted->token);
    }
    const auto released = client.release_ticket(uuid);
    if (!released) {
        complain("release: " + released.error().detail);
        return false;
    }
    const std::lock_guard lock(mutex_);
    oracle_.released(uuid);
    ++cycles_;
    changed_.notify_all();
    return true;
}

void CrashLoop::follow() {
    const client::Client client(options_);
    client::FollowOptions options;
    options.call.stop = follower_stop_.get_token();
    const auto followed = client.follow(
        {},
        [this](const client::Event& event) {
            const std::lock_guard lock(mutex_);
            if (event.kind == client::Event::Kind::happened) oracle_.saw(seen(event));
            if (event.kind == client::Event::Kind::bookmark && beginning_.empty()) {
                beginning_ = event.cursor;
            }
            if (event.kind == client::Event::Kind::resync) complaints_.emplace_back("resync");
            changed_.notify_all();
            return true;
        },
        options);
    if (!followed && !follower_stop_.stop_requested()) {
        complain("follow: " + followed.error().detail);
    }
}

void CrashLoop::wait_for_cycles(uint64_t more) {
    std::unique_lock lock(mutex_);
    const uint64_t goal = cycles_ + more;
    changed_.wait(lock, [&] { return cycles_ >= goal || !complaints_.empty(); });
}

void CrashLoop::wait_until_follower_saw(const std::string& uuid) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
        if (!complaints_.empty()) return true;
        const auto& events = oracle_.seen();
        return !events.empty() && events.back().subject == uuid &&
               events.back().type == "ticket.granted";
    });
}

void CrashLoop::compare_with_listing() {
    const client::Client client(options_);
    const auto tickets = client.list_tickets({.page_items = 1000}).rest();
    if (!tickets) return complain("list: " + tickets.error().detail);
    std::map<std::string, std::string> statuses;
    for (const auto& ticket : *tickets) statuses[ticket.uuid] = name_of(ticket.status);
    oracle_.compare_with_listing(statuses);
}

// The feed once more from its beginning: what the follower put together over all its lost
// connections must be the same.
void CrashLoop::compare_with_feed() {
    const client::Client client(options_);
    const size_t count = oracle_.seen().size();
    std::vector<SeenEvent> feed;
    client::FollowOptions options;
    options.cursor = beginning_;
    const auto followed = client.follow(
        {},
        [&](const client::Event& event) {
            if (event.kind == client::Event::Kind::happened) feed.push_back(seen(event));
            return feed.size() < count;
        },
        options);
    if (!followed) return complain("follow again: " + followed.error().detail);
    const auto& seen_at_first = oracle_.seen();
    const auto [again, first] =
        std::mismatch(feed.begin(), feed.end(), seen_at_first.begin(), seen_at_first.end());
    if (again == feed.end() && first == seen_at_first.end()) return;
    complain(fmt::format("the follower saw {}, but the feed has {}",
                         first == seen_at_first.end() ? "nothing more" : first->cursor,
                         again == feed.end() ? "nothing more" : again->cursor));
}

}  // namespace signalbox
