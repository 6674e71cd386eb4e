#include "sim/notification_scene.h"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/assert.h"

namespace signalbox {
namespace {

using nlohmann::json;

const char* const client_id = "3381af92-2b9e-11e3-b191-71861300734c";
constexpr unsigned queue_count = 3;

}  // namespace

class NotificationScene::Poster {
public:
    Poster(World& world, NotificationOracle& oracle, std::string queue)
        : world_(world), oracle_(oracle), queue_(std::move(queue)), http_(world) {}

    void act() {
        SimResponse response;
        switch (http_.is_waiting() ? http_.poll(response) : SimHttp::Progress::broken) {
            case SimHttp::Progress::waiting: return;
            case SimHttp::Progress::answered:
                ASSERT(response.status < 300 || response.status == 503);
                if (response.status < 300) request_.body.clear();
                break;
            case SimHttp::Progress::broken: break;
        }
        if (request_.body.empty() && (is_retiring_ || !world_.random().chance(1, 4))) return;
        if (request_.body.empty()) make_request();
        http_.send(request_);
    }

    bool retire() {
        is_retiring_ = true;
        act();
        return request_.body.empty();
    }

    void cut() { http_.cut(); }

private:
    void make_request() {
        json messages = json::array();
        const auto size = 1 + world_.random().below(world_.random().chance(1, 8) ? 20 : 2);
        for (uint64_t i = 0; i < size; ++i) {
            const auto body = fmt::format("{}-{}", queue_, ++count_);
            oracle_.posted(queue_, body);
            messages.push_back({{"body", body}, {"ttl", "7d"}});
        }
        request_ = {"POST",
                    "/api/v1/queues/" + queue_ + "/messages",
                    {{"idempotency-key", fmt::format("{}-{}", queue_, count_)}},
                    json{{"messages", messages}}.dump()};
    }

    World& world_;
    NotificationOracle& oracle_;
    const std::string queue_;
    SimHttp http_;
    SimHttp::Request request_;  // with a body: to be asked, or asked again
    uint64_t count_ = 0;
    bool is_retiring_ = false;
};

NotificationScene::NotificationScene(World& world)
    : world_(world), oracle_(std::string(World::webhook_secret)) {}

NotificationScene::~NotificationScene() = default;

void NotificationScene::begin() {
    world_.subscribers().watch([this](const OutgoingRequest& request, uint16_t status) {
        oracle_.called(request, status);
    });
    Random& random = world_.random();
    for (unsigned i = 0; i < queue_count; ++i) {
        const auto queue = fmt::format("told-{}", i);
        if (random.chance(1, 3)) {
            const auto made =
                ask({"PUT", "/api/v1/queues/" + queue, {}, R"({"settings":{"encrypt":true}})"});
            ASSERT(made.status == 201);
        }
        const auto count = random.below(4);
        for (uint64_t k = 0; k < count; ++k) {
            subscribe(queue, fmt::format("http://{}.example/{}", k, queue));
        }
        posters_.push_back(std::make_unique<Poster>(world_, oracle_, queue));
    }
    const auto maybe = [&](unsigned percent) {
        const bool in_this_run = random.chance(1, 2);
        return in_this_run ? static_cast<unsigned>(random.below(percent + 1)) : 0u;
    };
    SimSubscribers::Habits habits;
    habits.fails = maybe(40);
    habits.is_busy = maybe(20);
    habits.goes = random.chance(1, 5) ? 1 : 0;
    habits.is_cut = maybe(30);
    habits.does_arrive = 100 - maybe(30);
    habits.hangs = maybe(10);
    world_.subscribers().behave(habits);
}

// One that is never given up: what it is told does not depend on its luck.
void NotificationScene::subscribe(const std::string& queue, const std::string& url) {
    const json options = {{"_retry_policy", {{"retries_with_no_delay", 1'000'000}}}};
    const json body = {{"subscriber", url}, {"ttl", 30 * 86'400}, {"options", options}};
    const auto made = ask({"POST",
                           "/v2/queues/" + queue + "/subscriptions",
                           {{"client-id", client_id}, {"x-project-id", "default"}},
                           body.dump()});
    ASSERT(made.status == 201);
    oracle_.subscribed(url, queue, json::parse(made.body).at("subscription_id"));
}

SimResponse NotificationScene::ask(const SimHttp::Request& request) {
    SimHttp http(world_);
    http.send(request);
    SimResponse response;
    do {
        world_.settle();
    } while (http.poll(response) != SimHttp::Progress::answered);
    return response;
}

void NotificationScene::act() {
    for (const auto& poster : posters_) poster->act();
}

void NotificationScene::cut_one() {
    if (!posters_.empty()) posters_[world_.random().below(posters_.size())]->cut();
}

bool NotificationScene::retire() {
    world_.subscribers().behave({});
    bool idle = true;
    for (const auto& poster : posters_) idle = poster->retire() && idle;
    if (!idle || !world_.is_up()) return false;
    // Some wait for their next attempt, although they would take it now.
    const auto queues = world_.partition(0).engine().statistics().queues;
    return queues.deliveries.under_way_now == 0 && queues.notifications_pending == 0;
}

}  // namespace signalbox
