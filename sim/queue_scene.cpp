#include "sim/queue_scene.h"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/checksum.h"

namespace signalbox {
namespace {

using nlohmann::json;
using Kind = QueueCall::Kind;

constexpr unsigned claims_max = 2;
constexpr size_t page = 1000;
constexpr size_t drained_at_once = 7;
// A request of somebody who has gone is done, or never will be. The world moves in small steps,
// and trouble is told apart.
constexpr Duration under_way_max = std::chrono::seconds(3);
// Timers fire a few in a batch, and the world moves in rounds.
constexpr int64_t lateness_ms = 2000;

const char* const plain_queue = "plain";
const char* const busy_queue = "busy";
const char* const failing_queue = "failing";  // its failures become dead letters
const char* const dead_queue = "dead";

}  // namespace

std::vector<std::string> QueueScene::all_queues() const {
    return {plain_queue, busy_queue, failing_queue, dead_queue};
}

void QueueScene::begin() {
    observe();
    for (const auto& queue : all_queues()) {
        json settings = json::object();
        if (queue == failing_queue) {
            settings = {{"claims_max", claims_max}, {"dead_letter_queue", dead_queue}};
        }
        if (world_.random().chance(1, 2)) settings["encrypt"] = true;
        const auto answer =
            ask({"PUT", "/api/v1/queues/" + queue, {}, json{{"settings", settings}}.dump()});
        ASSERT(answer.status == 201);
    }
    Random& random = world_.random();
    QueueWorker::Habits habits;
    habits.queues = {plain_queue, busy_queue, busy_queue, failing_queue};
    habits.special_percent = static_cast<unsigned>(random.below(60));
    habits.brief_percent = static_cast<unsigned>(random.below(30));
    habits.rude_percent = random.chance(1, 2) ? 2 : 0;
    const auto count = random.below(8);
    for (unsigned i = 0; i < count; ++i) {
        workers_.push_back(std::make_unique<QueueWorker>(world_, history_, i, habits));
    }
}

void QueueScene::act() {
    for (const auto& worker : workers_) worker->act();
}

void QueueScene::observe() {
    history_.tick(world_.clock().now());
    if (!world_.is_up()) {
        history_.settled(Duration::zero());
    } else if (!world_.partition(0).trouble() && world_.abandoned_count() == 0) {
        history_.settled(under_way_max);
    }
}

void QueueScene::cut_one() {
    if (!workers_.empty()) workers_[world_.random().below(workers_.size())]->cut();
}

void QueueScene::hang_up_one() {
    if (!workers_.empty()) workers_[world_.random().below(workers_.size())]->hang_up();
}

bool QueueScene::retire() {
    bool idle = true;
    for (const auto& worker : workers_) {
        idle = worker->retire() && idle;
        worker->act();
    }
    return idle;
}

SimResponse QueueScene::ask(const SimHttp::Request& request) {
    SimHttp http(world_);
    http.send(request);
    SimResponse response;
    do {
        world_.settle();
    } while (http.poll(response) != SimHttp::Progress::answered);
    return response;
}

void QueueScene::finish() {
    for (const auto& queue : all_queues()) {
        list(queue);
        compare_stats(queue);
    }
    for (const auto& queue : all_queues()) {
        drain(queue);
        list(queue);
        compare_stats(queue);
    }
}

void QueueScene::list(const std::string& queue) {
    QueueCall call;
    call.kind = Kind::list;
    call.queue = queue;
    call.is_whole = true;
    auto& begun = history_.begin(std::move(call));
    const auto answer = ask({"GET",
                             fmt::format("/api/v1/queues/{}/messages?limit={}&include_claimed=true&"
                                         "include_delayed=true",
                                         queue, page),
                             {},
                             {}});
    ASSERT(answer.status == 200);
    begun.seen = seen_messages(answer.body);
    ASSERT(begun.seen.size() < page);
    history_.done(begun);
}

// Nothing moves, so the queue's own counts are those of its listing.
void QueueScene::compare_stats(const std::string& queue) {
    const std::string path = "/api/v1/queues/" + queue;
    const auto stats = json::parse(ask({"GET", path + "/stats", {}, {}}).body);
    const auto listing =
        json::parse(ask({"GET",
                         path + "/messages?limit=1000&include_claimed=true&include_delayed=true",
                         {},
                         {}})
                        .body);
    uint64_t claimed = 0;
    uint64_t delayed = 0;
    uint64_t bytes = 0;
    for (const auto& message : listing.at("messages")) {
        claimed += message.contains("claim") ? 1u : 0u;
        delayed += message.contains("delayed_until") ? 1u : 0u;
        bytes += message.at("body").dump().size();
    }
    const uint64_t total = listing.at("messages").size();
    const json counted = {{"claimed", claimed},
                          {"delayed", delayed},
                          {"bytes", bytes},
                          {"total", total},
                          {"free", total - claimed - delayed}};
    for (const auto& [name, count] : counted.items()) {
        if (stats.at(name) == count) continue;
        history_.complain(fmt::format("queue {} has {} {}, and counts {}", queue, count.dump(),
                                      name, stats.at(name).dump()));
    }
    if (claimed == 0 && stats.at("claims") != 0) {
        history_.complain(
            fmt::format("queue {} has {} claims of nothing", queue, stats.at("claims").dump()));
    }
}

// Takes everything, as a worker would.
void QueueScene::drain(const std::string& queue) {
    const std::string path = "/api/v1/queues/" + queue + "/claims";
    for (;;) {
        QueueCall claim;
        claim.kind = Kind::claim;
        claim.queue = queue;
        claim.limit = drained_at_once;
        claim.ttl_ms = 3'600'000;
        auto& claiming = history_.begin(std::move(claim));
        const auto got =
            ask({"POST", path, {}, fmt::format(R"({{"limit":{},"ttl":"1h"}})", drained_at_once)});
        ASSERT(got.status == 200 || got.status == 201);
        claiming.seen = seen_messages(got.body);
        if (!claiming.seen.empty()) claiming.claim = json::parse(got.body).at("claim");
        history_.done(claiming);
        if (claiming.seen.empty()) return;

        QueueCall removal;
        removal.kind = Kind::remove;
        removal.queue = queue;
        removal.claim = claiming.claim;
        for (const auto& message : claiming.seen) removal.ids.push_back(message.id);
        auto& removing = history_.begin(std::move(removal));
        const auto answer = ask(
            {"POST", path + "/" + removing.claim + "/ack", {}, json{{"ids", removing.ids}}.dump()});
        ASSERT(answer.status == 200);
        removing.is_whole = json::parse(answer.body).at("acknowledged") == removing.ids.size();
        if (!removing.is_whole) {
            history_.complain("not everything that was held could be acknowledged");
        }
        history_.done(removing);
    }
}

std::vector<std::string> QueueScene::verify() const {
    QueueFacts::Options options;
    options.lateness_ms = lateness_ms;
    options.claims_max[failing_queue] = claims_max;
    return QueueOracle(history_, std::move(options)).verify();
}

uint64_t QueueScene::digest() const {
    uint64_t digest = 0;
    for (const auto& call : history_.calls()) {
        digest = checksum(fmt::format("{} {} {} {}", static_cast<int>(call.kind), call.over.order,
                                      static_cast<int>(call.outcome), call.claim),
                          digest);
        for (const auto& seen : call.seen) digest = checksum(seen.id + seen.token, digest);
    }
    return digest;
}

}  // namespace signalbox
