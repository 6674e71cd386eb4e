#include "sim/item_scene.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include <fmt/format.h>

#include "base/assert.h"

namespace signalbox {
namespace {

using nlohmann::json;

constexpr const char* owner = "28732736-22ea-4e3f-8333-8e137184676a";
constexpr const char* declaration =
    R"({"owner_field":"owner","appliers":["a","b"],"deadline":"5s","retention":"20s"})";
constexpr size_t large_bytes = 60'000;
constexpr size_t depth = 120;

}  // namespace

void ItemFollower::act() {
    auto* connection = http_.connection();
    SimResponse ignored;
    if (http_.is_waiting() && connection == nullptr) http_.poll(ignored);
    if (!http_.is_waiting()) {
        begun_ = false;
        buffer_.clear();
        SimHttp::Request request{"GET", target_, {}, {}};
        if (world_.random().chance(1, 3)) cursor_.clear();
        if (cursor_.empty()) {
            oracle_.state_begins();
        } else {
            request.fields = {{"last-event-id", cursor_}};
        }
        http_.send(request);
        return;
    }
    auto& responses = connection->responses();
    if (!begun_) {
        const auto head = responses.take_stream_head();
        begun_ = head && head->status == 200;
    }
    if (begun_) {
        buffer_ += responses.take_stream_body();
        for (size_t end = buffer_.find("\n\n"); end != std::string::npos;
             end = buffer_.find("\n\n")) {
            take_event(buffer_.substr(0, end));
            buffer_.erase(0, end + 2);
        }
        if (!responses.stream_has_ended() && connection->is_open()) return;
        http_.cut();
    }
    // Not declared yet, or the server starts or stops, or a broken connection.
    SimResponse refused;
    if (http_.poll(refused) == SimHttp::Progress::answered) {
        ASSERT(refused.status == 503 || refused.status == 404);
    }
}

void ItemFollower::take_event(const std::string& text) {
    std::string id;
    std::string type;
    std::string data;
    std::istringstream lines(text);
    std::string line;
    while (std::getline(lines, line)) {
        if (line.starts_with("id: ")) id = line.substr(4);
        if (line.starts_with("event: ")) type = line.substr(7);
        if (line.starts_with("data: ")) data += line.substr(6);
    }
    if (type == "resync") {
        cursor_.clear();
        ++resyncs_;
        return;
    }
    if (type.empty()) return;
    if (id.empty()) {
        const auto item = json::parse(data);
        return oracle_.has_item(item.at("id"), item.at("revision"));
    }
    const auto cursor = Cursor::parse(id);
    ASSERT(cursor);
    cursor_ = id;
    if (type == "complete") return oracle_.is_complete(cursor->position);
    if (type == "bookmark") return oracle_.passes(cursor->position);
    const auto change = json::parse(data);
    oracle_.is_told({cursor->position, change.at("id"), change.at("revision"), type == "removed"});
}

void ItemPoller::act() {
    if (is_done_) return;
    if (!http_.is_waiting()) return ask();
    SimResponse response;
    if (http_.poll(response) != SimHttp::Progress::answered) return;
    if (response.status == 410) {
        cursor_.clear();
    } else if (response.status != 200) {
        // Not declared yet, or the server starts or stops.
        ASSERT(response.status == 503 || response.status == 404);
    } else if (asked_for_list_) {
        take_list(response.body);
    } else {
        take_changes(response.body);
    }
}

bool ItemPoller::retire() {
    is_retired_ = true;
    act();
    return is_done_;
}

void ItemPoller::ask() {
    Random& random = world_.random();
    if (random.chance(1, 12)) cursor_.clear();
    asked_for_list_ = cursor_.empty();
    asked_at_the_end_ = is_retired_;
    if (asked_for_list_) {
        http_.send({"GET", target_ + "limit=1000", {}, {}});
        return;
    }
    const auto wait = is_retired_ ? 0 : random.below(3000);
    http_.send(
        {"GET",
         fmt::format("{}cursor={}&wait={}ms&limit={}", target_, cursor_, wait, 1 + random.below(5)),
         {},
         {}});
}

void ItemPoller::take_list(const std::string& body) {
    const auto list = json::parse(body);
    // The pages behind it may be newer.
    if (list.contains("next")) return;
    oracle_.state_begins();
    for (const auto& item : list.at("items")) {
        oracle_.has_item(item.at("id"), item.at("revision"));
    }
    cursor_ = list.at("cursor").get<std::string>();
    const auto cursor = Cursor::parse(cursor_);
    ASSERT(cursor);
    oracle_.is_complete(cursor->position);
}

void ItemPoller::take_changes(const std::string& body) {
    const auto answer = json::parse(body);
    const auto& changes = answer.at("changes");
    for (const auto& change : changes) {
        // The first event of its commit.
        const auto revision = change.at("revision").get<uint64_t>();
        oracle_.is_told(
            {{Revision(revision), 0}, change.at("id"), revision, change.contains("removed")});
    }
    cursor_ = answer.at("cursor").get<std::string>();
    const auto cursor = Cursor::parse(cursor_);
    ASSERT(cursor);
    oracle_.passes(cursor->position);
    is_done_ = asked_at_the_end_ && changes.empty();
}

ItemScene::ItemScene(World& world)
    : world_(world), oracle_("vm", *Uuid::parse(owner)), writer_(world), worker_(world) {
    const std::string path = "/api/v1/collections/vm?";
    const std::string all = path + "watch=true";
    const std::string owned = all + "&owner=" + owner;
    followers_.push_back(
        std::make_unique<ItemFollower>(world, oracle_, "who follows all", all, false));
    followers_.push_back(std::make_unique<ItemFollower>(world, oracle_, "the owner", owned, true));
    pollers_.push_back(
        std::make_unique<ItemPoller>(world, oracle_, "who asks for all", path, false));
    pollers_.push_back(std::make_unique<ItemPoller>(world, oracle_, "the owner who asks",
                                                    path + "owner=" + owner + "&", true));
}

void ItemScene::act() {
    // A server that stops or starts commits as well, and its clients may have heard of that.
    if (world_.is_up()) observe();
    write();
    report();
    for (const auto& follower : followers_) follower->act();
    for (const auto& poller : pollers_) poller->act();
}

void ItemScene::cut_one() {
    auto choice = world_.random().below(followers_.size() + pollers_.size() + 2);
    if (choice < followers_.size()) return followers_[choice]->cut();
    choice -= followers_.size();
    if (choice < pollers_.size()) return pollers_[choice]->cut();
    (choice == pollers_.size() ? writer_ : worker_).cut();
}

// Now and then one that is nearly as large, or as deep, as it may be.
std::string ItemScene::some_item() {
    Random& random = world_.random();
    std::string body = fmt::format(R"({{"n":{})", random.below(100));
    if (random.chance(1, 2)) body += fmt::format(R"(,"owner":"{}")", owner);
    if (random.chance(1, 50)) body += R"(,"large":")" + std::string(large_bytes, 'x') + "\"";
    if (random.chance(1, 20)) {
        body += R"(,"deep":)" + std::string(depth, '[') + std::string(depth, ']');
    }
    return body + "}";
}

void ItemScene::answered(const SimResponse& response, const std::string& what) {
    static constexpr int good[] = {200, 201, 202, 204, 404, 409, 412, 503};
    if (std::find(std::begin(good), std::end(good), response.status) != std::end(good)) return;
    complaints_.push_back(
        fmt::format("{} is answered with {} {}", what, response.status, response.body));
}

void ItemScene::write() {
    if (writer_.is_waiting()) {
        SimResponse response;
        if (writer_.poll(response) != SimHttp::Progress::answered) return;
        answered(response, "a change");
        is_declared_ = is_declared_ || response.status == 200 || response.status == 201;
        return;
    }
    Random& random = world_.random();
    if (!is_declared_) {
        // A second time is as good as the first.
        writer_.send({"PUT", "/api/v1/types/vm", {}, declaration});
        return;
    }
    if (is_retired_ || !random.chance(1, 8)) return;
    const auto id = std::string(1, static_cast<char>('a' + random.below(6)));
    const auto target = "/api/v1/collections/vm/" + id;
    const auto body = some_item();
    const auto choice = random.below(10);
    if (choice < 2) {
        writer_.send({"DELETE", target, {}, {}});
    } else if (choice < 4) {
        writer_.send({"POST",
                      "/api/v1/collections/vm",
                      {{"idempotency-key", fmt::format("item-{}", written_++)}},
                      body});
    } else if (choice < 5) {
        writer_.send({"PUT", target, {{"if-none-match", "*"}}, body});
    } else if (choice < 6) {
        writer_.send({"PATCH", target, {}, body});
    } else {
        writer_.send({"PUT", target, {{"prefer", "wait=1"}}, body});
    }
}

void ItemScene::report() {
    if (worker_.is_waiting()) {
        SimResponse response;
        if (worker_.poll(response) == SimHttp::Progress::answered) answered(response, "a report");
        return;
    }
    Random& random = world_.random();
    if (is_retired_ || !random.chance(1, 6)) return;
    const auto operation = oracle_.some_operation(random.next());
    if (operation.empty()) return;
    if (random.chance(1, 12)) {
        worker_.send({"POST", "/api/v1/operations/" + operation + ":cancel", {}, {}});
        return;
    }
    static constexpr const char* states[] = {"running", "succeeded", "succeeded", "failed"};
    worker_.send({"PATCH",
                  "/api/v1/operations/" + operation,
                  {},
                  fmt::format(R"({{"applier":"{}","state":"{}"}})", random.chance(1, 2) ? "a" : "b",
                              states[random.below(4)])});
}

bool ItemScene::retire() {
    is_retired_ = true;
    act();
    if (!oracle_.all_have_ended() || writer_.is_waiting() || worker_.is_waiting()) return false;
    bool all_know = true;
    for (const auto& poller : pollers_) all_know = poller->retire() && all_know;
    return all_know;
}

void ItemScene::check_at_rest() {
    for (const auto& follower : followers_) follower->check_at_rest();
    for (const auto& poller : pollers_) poller->check_at_rest();
    for (const auto& complaint : oracle_.complaints()) complaints_.push_back(complaint);
}

const std::vector<std::string>& ItemScene::complaints() const {
    return complaints_;
}

}  // namespace signalbox
