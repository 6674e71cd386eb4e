#include "sim/ticket_worker.h"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/assert.h"

namespace signalbox {
namespace {

using nlohmann::json;

// 2xx, or an answer that says how things stand; everything else means: try again.
bool is_final(int status) {
    return status != 503 && status != 429;
}

}  // namespace

TicketWorker::TicketWorker(World& world, TicketOracle& oracle, unsigned number, Habits habits)
    : world_(world), oracle_(oracle), number_(number), habits_(habits), http_(world) {}

std::vector<std::string> TicketWorker::odd_lines(unsigned count) {
    std::vector<std::string> lines;
    for (unsigned i = 0; i < count; ++i) lines.push_back(fmt::format("default/odd/{}", i));
    return lines;
}

bool TicketWorker::percent(unsigned chance) {
    return world_.random().chance(chance, 100);
}

std::string TicketWorker::ticket_path() const {
    return (is_native_ ? "/api/v1/tickets/" : "/tickets/") + uuid_;
}

bool TicketWorker::retire() {
    retiring_ = true;
    return stage_ == Stage::idle;
}

void TicketWorker::act() {
    if (http_.is_waiting()) {
        SimResponse response;
        switch (http_.poll(response)) {
            case SimHttp::Progress::waiting:
                // Held for long: maybe it gives up and hangs up, and asks once more.
                if (stage_ == Stage::waiting && percent(1)) http_.cut();
                return;
            case SimHttp::Progress::broken: return;  // sent again at the next turn
            case SimHttp::Progress::answered: return answered(response);
        }
    }
    if (stage_ == Stage::idle) {
        if (!retiring_ && percent(50)) begin_create();
    } else if (stage_ == Stage::working) {
        if (world_.clock().now().steady < work_until_) return;
        if (percent(10)) {
            oracle_.created(uuid_, {});  // its time of the calendar does not count any more
            go(Stage::renewing, {"PUT", "/api/v1/tickets/" + uuid_, {}, R"({"ttl":"2s"})"});
        } else if (percent(10)) {
            finish();  // forgets about it: it expires, or stays for ever
        } else if (percent(10)) {
            go(Stage::deleting, {"DELETE", ticket_path(), {}, {}});
        } else if (is_native_) {
            go(Stage::releasing, {"POST", ticket_path() + "/release", {}, "{}"});
        } else {
            go(Stage::releasing, {"PUT", ticket_path() + "/release", {}, "{}"});
        }
    } else {
        send();
    }
}

void TicketWorker::begin_create() {
    is_native_ = percent(50);
    key_ = fmt::format("worker-{}-{}", number_, ++keys_used_);
    asked_ = {};
    json body;
    const bool odd = is_native_ && percent(habits_.odd_percent);
    body["scope"] = odd ? "odd" : "vm";
    body["id"] = std::to_string(world_.random().below(habits_.lines));
    body["action"] = key_;  // the oracle sees by it that a retry made no second ticket
    const Instant now = world_.clock().now().wall;
    if (is_native_ && percent(40)) {
        body["ttl"] = percent(habits_.expiring_percent) ? "1s" : "20s";
    } else {
        asked_.is_calendar = true;
        const bool soon = percent(habits_.expiring_percent);
        const auto span = Duration(world_.random().below(soon ? 3000 : 20'000));
        asked_.expires_at = now + span;
        body["expires_at"] = format_instant(asked_.expires_at);
    }
    if (odd) {
        if (percent(40)) body["mode"] = "shared";
        if (percent(40)) body["priority"] = static_cast<int>(world_.random().below(10));
        if (percent(20)) body["barge"] = true;
        if (percent(30)) {
            const json first = {{"scope", "odd"}, {"id", body["id"]}};
            const auto other = world_.random().below(habits_.lines);
            const json second = {{"scope", "odd"}, {"id", std::to_string(other)}};
            if (first != second) {
                body["resources"] = json::array({first, second});
                body.erase("scope");
                body.erase("id");
            }
        }
        body["owner"] = fmt::format("worker-{}", number_);
    }
    std::string target = is_native_ ? "/api/v1/tickets" : "/servers/default/tickets";
    if (is_native_ && percent(20)) target += "?wait=5s";
    go(Stage::creating, {"POST", target, {{"idempotency-key", key_}}, body.dump()});
}

void TicketWorker::go(Stage stage, SimHttp::Request request) {
    stage_ = stage;
    request_ = std::move(request);
    send();
}

void TicketWorker::send() {
    http_.send(request_);
}

void TicketWorker::answered(const SimResponse& response) {
    if (!is_final(response.status)) return;
    const int status = response.status;
    switch (stage_) {
        case Stage::creating: return created(response);
        case Stage::waiting: return waited(response);
        case Stage::renewing:
            // 409: it has ended meanwhile.
            ASSERT(status == 200 || status == 409 || status == 404);
            stage_ = Stage::working;
            work_until_ = world_.clock().now().steady + Duration(world_.random().below(1000));
            return;
        case Stage::releasing:
            ASSERT(status == 204 || status == 200 || status == 404);
            if (status != 404) oracle_.released(uuid_);
            return finish();
        case Stage::deleting:
            ASSERT(status == 204 || status == 404);
            oracle_.deleted(uuid_);
            return finish();
        case Stage::idle:
        case Stage::working: ASSERT(false);
    }
}

void TicketWorker::created(const SimResponse& response) {
    if (response.status == 404) return finish();  // created, and deleted by someone meanwhile
    ASSERT(response.status == 202 || response.status == 201 || response.status == 200);
    const auto body = json::parse(response.body);
    uuid_ = body.at("uuid").get<std::string>();
    oracle_.created(uuid_, asked_);
    oracle_.same_key(key_, uuid_);
    if (percent(habits_.impatient_percent)) return finish();
    go(Stage::waiting, {"GET", ticket_path() + "/wait", {}, {}});
}

void TicketWorker::waited(const SimResponse& response) {
    const bool granted = response.status == (is_native_ ? 200 : 204);
    if (!granted) {
        // Expired, finished or deleted meanwhile.
        ASSERT(response.status == 500 || response.status == 409 || response.status == 404);
        return finish();
    }
    uint64_t token = 0;
    if (is_native_) {
        token = json::parse(response.body).at("token").get<uint64_t>();
    } else {
        token = std::stoull(response.field("x-ticket-token"));
    }
    oracle_.told_active(uuid_, token);
    stage_ = Stage::working;
    work_until_ = world_.clock().now().steady + Duration(world_.random().below(500));
}

void TicketWorker::finish() {
    stage_ = Stage::idle;
    uuid_.clear();
}

}  // namespace signalbox
