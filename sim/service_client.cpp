#include "sim/service_client.h"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

namespace signalbox {
namespace {

constexpr unsigned names = 2;
constexpr Duration check_ttl = std::chrono::seconds(2);
constexpr Duration reap_after = std::chrono::minutes(1);

std::string name_of(uint64_t number) {
    return fmt::format("service-{}", number % names);
}

// By their own checks: what a check of the node says counts for all of them.
RegistryOracle::Instances instances_in(const SimResponse& response) {
    RegistryOracle::Instances found;
    for (const auto& entry : nlohmann::json::parse(response.body)) {
        const auto id = entry.at("Service").at("ID").get<std::string>();
        found.all.insert(id);
        bool passes = true;
        for (const auto& check : entry.at("Checks")) {
            if (check.at("ServiceID") == id) passes = passes && check.at("Status") == "passing";
        }
        if (passes) found.passing.insert(id);
    }
    return found;
}

}  // namespace

void ServiceKeeper::cut() {
    KeyClient::cut();
    id_.clear();
}

void ServiceKeeper::hang_up() {
    KeyClient::hang_up();
    id_.clear();
}

void ServiceKeeper::ask(Asked what, const std::string& target, const std::string& body) {
    sent_at_ = now();
    if (send("PUT", "agent/" + target, body)) asked_ = what;
}

void ServiceKeeper::begin() {
    Random& random = world_.random();
    const uint64_t what = random.below(80);
    if (id_.empty()) {
        if (what > 8) return;
        id_ = fmt::format("{}.{}.{}", name_of(number_), number_, ++services_);
        is_registered_ = false;
    }
    const auto check = "service:" + id_;
    if (!is_registered_) {
        if (what > 20) return;
        ask(Asked::registration, "service/register",
            fmt::format(R"({{"ID":"{}","Name":"{}","Check":{{"TTL":"2s","Status":"{}"{}}}}})", id_,
                        name_of(number_), what % 2 == 0 ? "passing" : "critical",
                        what % 3 == 0 ? R"(,"DeregisterCriticalServiceAfter":"1m")" : ""));
    } else if (what < 8) {
        ask(Asked::passing, "check/pass/" + check);
    } else if (what == 8) {
        oracle_.service_may_fail(id_);
        ask(Asked::something, (random.chance(1, 2) ? "check/fail/" : "check/warn/") + check);
    } else if (what == 9) {
        oracle_.service_may_fail(id_);
        ask(Asked::deregistration, "service/deregister/" + id_);
    } else if (what == 10 && random.chance(1, 4)) {
        id_.clear();  // it dies
    } else if (what < 14) {
        move_a_check();
    }
}

// Of a service that nobody reads, or of the node; it takes the service with it when it stays
// critical.
void ServiceKeeper::move_a_check() {
    Random& random = world_.random();
    const auto service = fmt::format("scratch.{}", random.below(2));
    if (random.chance(1, 3)) {
        return ask(Asked::something, "service/register",
                   fmt::format(R"({{"Name":"{}"}})", service));
    }
    const auto of_service = fmt::format(R"(,"ServiceID":"{}")", service);
    ask(Asked::something, "check/register",
        fmt::format(R"({{"Name":"moving","TTL":"1s","DeregisterCriticalServiceAfter":"1m"{}}})",
                    random.chance(1, 2) ? of_service : ""));
}

void ServiceKeeper::answered(const SimResponse& response) {
    if (id_.empty()) return;
    if (response.status == 503 || response.status == 429) {
        // It may have been done all the same, if the disk failed meanwhile.
        if (asked_ == Asked::deregistration) id_.clear();
        return;
    }
    switch (asked_) {
        case Asked::something: return;
        case Asked::registration:
        case Asked::passing:
            if (response.status != 200) {
                const bool may_be_reaped = is_registered_ && now() - seen_alive_ >= reap_after;
                if (!may_be_reaped) {
                    oracle_.complain(
                        fmt::format("{} was answered {} {}", id_, response.status, response.body));
                }
                return id_.clear();
            }
            is_registered_ = true;
            seen_alive_ = sent_at_;
            if (asked_ == Asked::passing) oracle_.service_passes(id_, sent_at_ + check_ttl);
            return;
        case Asked::deregistration:
            if (response.status == 200) oracle_.service_is_gone(id_);
            return id_.clear();
    }
}

void ServiceReader::begin() {
    Random& random = world_.random();
    if (target_.empty() || random.chance(1, 20)) {
        index_ = 0;
        target_ = fmt::format("health/service/{}{}", name_of(random.below(names)),
                              random.chance(1, 2) ? "?passing" : "");
    }
    known_index_ = oracle_.index_known(target_);
    known_ = oracle_.services();
    std::string target = target_;
    if (index_ > 0) {
        target +=
            fmt::format("{}index={}&wait={}ms", target_.find('?') == std::string::npos ? '?' : '&',
                        index_, 1 + random.below(3000));
    }
    send("GET", target);
}

void ServiceReader::answered(const SimResponse& response) {
    if (response.status == 503 || response.status == 429) return;
    if (response.status != 200) {
        return oracle_.complain(target_ + " was answered " + response.body);
    }
    index_ = index_of(response);
    oracle_.index_seen(target_, known_index_, index_);
    const auto name = target_.substr(0, target_.find('?')).substr(target_.rfind('/') + 1);
    const auto found = instances_in(response);
    oracle_.instances_seen(known_, found);
    if (target_.find('?') == std::string::npos) {
        oracle_.all_instances_seen(name + ".", known_, found, now());
    }
}

void ServiceReader::check_that_nobody_passes(World& world, RegistryOracle& oracle) {
    for (unsigned number = 0; number < names; ++number) {
        SimHttp http(world);
        http.send({"GET", "/v1/health/service/" + name_of(number), {}, {}});
        SimResponse response;
        do {
            world.settle();
        } while (http.poll(response) != SimHttp::Progress::answered);
        for (const auto& id : instances_in(response).passing) {
            oracle.complain(id + " passes, and nobody says so any more");
        }
    }
}

}  // namespace signalbox
