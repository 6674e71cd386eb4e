#include "sim/session_keeper.h"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

namespace signalbox {

void SessionKeeper::die() {
    http_.cut();
    life_.cut();
    stage_ = Stage::none;
}

void SessionKeeper::hang_up() {
    http_.hang_up();
    life_.hang_up();
}

void SessionKeeper::act() {
    Random& random = world_.random();
    if (http_.is_waiting()) {
        SimResponse response;
        switch (http_.poll(response)) {
            case SimHttp::Progress::waiting: return;
            case SimHttp::Progress::broken:
                stage_ = stage_ == Stage::making ? Stage::none : Stage::alive;
                return;
            case SimHttp::Progress::answered: return answered(response);
        }
    }
    if (life_.is_waiting() && (life_.connection() == nullptr || !life_.connection()->is_open())) {
        SimResponse ignored;
        life_.poll(ignored);
    }
    if (stage_ == Stage::none) {
        if (!random.chance(1, 20)) return;
        by_connection_ = random.chance(1, 2);
        stage_ = Stage::making;
        http_.send({"POST", "/api/v1/sessions", {}, R"({"ttl":"2s","grace":"1s"})"});
    } else if (random.chance(1, 200)) {
        die();
    } else if (by_connection_ && !life_.is_waiting()) {
        life_.send({"GET", "/api/v1/sessions/" + session_ + "/connection", {}, {}});
    } else if (random.chance(1, 20)) {
        stage_ = Stage::taking;
        const auto line = random.below(4);
        http_.send({"POST",
                    "/api/v1/tickets",
                    {{"idempotency-key", fmt::format("keeper-{}-{}", number_, ++tickets_)}},
                    fmt::format(R"({{"scope":"vm","id":"{}","session":"{}"}})", line, session_)});
    } else if (!by_connection_ && random.chance(1, 4)) {
        stage_ = Stage::beating;
        http_.send({"PUT", "/api/v1/sessions/" + session_, {}, {}});
    }
}

void SessionKeeper::answered(const SimResponse& response) {
    if (response.status == 201 && stage_ == Stage::making) {
        session_ = nlohmann::json::parse(response.body).at("id").get<std::string>();
        stage_ = Stage::alive;
    } else if (response.status == 201 && stage_ == Stage::taking) {
        oracle_.created(nlohmann::json::parse(response.body).at("uuid").get<std::string>(), {});
        stage_ = Stage::alive;
    } else if (response.status == 200 || response.status == 503) {
        stage_ = stage_ == Stage::making ? Stage::none : Stage::alive;
    } else {
        die();  // the session has ended
    }
}

}  // namespace signalbox
