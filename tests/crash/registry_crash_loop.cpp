#include "registry_crash_loop.h"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "server/wire.h"

namespace signalbox {
namespace {

using nlohmann::json;

constexpr unsigned writers = 4;
constexpr unsigned waiters = 3;
constexpr unsigned holders = 3;
constexpr unsigned registrars = 2;
constexpr unsigned services_of_each = 5;

std::vector<std::string> server_arguments(std::vector<std::string> more) {
    more.insert(more.end(), {"--segment-bytes", "1MiB", "--checkpoint-bytes", "1MiB", "--log-level",
                             "warning"});
    return more;
}

std::string put(const std::string& target, const std::string& body = {}) {
    return request_bytes("PUT", "/v1/" + target, body);
}

}  // namespace

RegistryCrashLoop::RegistryCrashLoop(Plan plan)
    : plan_(std::move(plan)), server_(server_arguments(plan_.arguments)) {}

RegistryCrashLoop::~RegistryCrashLoop() {
    is_over_ = true;
    for (auto& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

std::vector<std::string> RegistryCrashLoop::run() {
    const auto add = [&](unsigned count, void (RegistryCrashLoop::*work)(unsigned)) {
        for (unsigned i = 0; i < count; ++i) threads_.emplace_back([=, this] { (this->*work)(i); });
    };
    add(writers, &RegistryCrashLoop::write);
    add(waiters, &RegistryCrashLoop::wait_for_changes);
    add(holders, &RegistryCrashLoop::hold);
    add(registrars, &RegistryCrashLoop::registers);
    for (unsigned kill = 0; kill <= plan_.kills; ++kill) {
        {
            std::unique_lock lock(mutex_);
            const uint64_t goal = writes_ + plan_.writes_between_kills;
            changed_.wait(lock, [&] { return writes_ >= goal || !complaints_.empty(); });
        }
        if (kill == plan_.kills) break;
        server_.kill9();
        server_.start();
    }
    is_over_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    check_at_the_end();
    if (server_.terminate() != 0) complain("the server did not end well");
    return complaints_;
}

void RegistryCrashLoop::complain(std::string text) {
    const std::lock_guard lock(mutex_);
    complaints_.push_back(std::move(text));
    is_over_ = true;
    changed_.notify_all();
}

// What is asked may be done more than once.
bool RegistryCrashLoop::insist(const std::string& request, std::string& body) {
    while (!is_over()) {
        try {
            auto answer = Wire(server_.port()).ask(request);
            body = std::move(answer.body);
            if (answer.status == 200) return true;
            if (answer.status != 503) {
                complain(fmt::format("{} was answered {} {}", request.substr(0, request.find('\r')),
                                     answer.status, body));
            }
        } catch (const std::runtime_error&) {
            // The server is away.
        }
    }
    return false;
}

void RegistryCrashLoop::write(unsigned number) {
    const auto key = fmt::format("own/{}", number);
    std::string body;
    for (uint64_t value = 1; insist(put("kv/" + key, std::to_string(value)), body); ++value) {
        const std::lock_guard lock(mutex_);
        acknowledged_[key] = value;
        ++writes_;
        changed_.notify_all();
    }
}

void RegistryCrashLoop::wait_for_changes(unsigned number) {
    const auto key = fmt::format("own/{}", number);
    uint64_t index = 0;
    while (!is_over()) {
        uint64_t known = 0;
        {
            const std::lock_guard lock(mutex_);
            known = acknowledged_[key];
        }
        try {
            const auto answer =
                Wire(server_.port())
                    .ask(request_bytes("GET",
                                       fmt::format("/v1/kv/{}?index={}&wait=1s&raw", key, index)));
            if (answer.status != 200 && answer.status != 404) continue;
            const uint64_t now = std::stoull(std::string(answer.field("x-consul-index")));
            const uint64_t value = answer.status == 200 ? std::stoull(answer.body) : 0;
            if (now < index) complain(fmt::format("the index of {} went back to {}", key, now));
            if (value < known) complain(fmt::format("{} was {} and is {}", key, known, value));
            index = now;
            const std::lock_guard lock(mutex_);
            index_ = std::max(index_, index);
        } catch (const std::runtime_error&) {
        }
    }
}

// Whoever does not know whether it holds the key ends its session and makes another.
void RegistryCrashLoop::hold(unsigned number) {
    const auto name = std::to_string(number);
    std::string body;
    while (insist(put("session/create", R"({"TTL":"3600s","LockDelay":"0s"})"), body)) {
        const std::string session = json::parse(body).at("ID");
        bool is_sure = true;
        while (is_sure && !is_over()) {
            try {
                Wire wire(server_.port());
                const auto taken = wire.ask(put("kv/lock?acquire=" + session, name));
                is_sure = taken.status == 200;
                if (taken.body != "true") continue;
                {
                    const std::lock_guard lock(mutex_);
                    if (!holder_.empty()) {
                        complaints_.push_back(name + " was given what " + holder_ + " holds");
                    }
                    holder_ = name;
                    ++locks_;
                }
                const auto seen = json::parse(wire.get("/v1/kv/lock")).at(0);
                if (seen.at("Session") != session) complain("the key is not its holder's");
            } catch (const std::runtime_error&) {
                is_sure = false;
            }
            {
                const std::lock_guard lock(mutex_);
                if (holder_ == name) holder_.clear();
            }
            try {
                const auto given =
                    Wire(server_.port()).ask(put("kv/lock?release=" + session, name));
                is_sure = is_sure && given.status == 200;
            } catch (const std::runtime_error&) {
                is_sure = false;
            }
        }
        if (!insist(put("session/destroy/" + session), body)) return;
    }
}

// Each of its services is there, or not, in turn.
void RegistryCrashLoop::registers(unsigned number) {
    std::string body;
    for (unsigned turn = 0;; ++turn) {
        const auto id = fmt::format("service-{}-{}", number, turn % services_of_each);
        {
            const std::lock_guard lock(mutex_);
            gone_.erase(id);
        }
        const auto registration =
            fmt::format(R"({{"ID":"{}","Name":"crashing","Check":{{"TTL":"1h"}}}})", id);
        if (!insist(put("agent/service/register", registration), body)) return;
        if (!insist(put("agent/check/pass/service:" + id), body)) return;
        {
            const std::lock_guard lock(mutex_);
            services_.insert(id);
        }
        const auto next = fmt::format("service-{}-{}", number, (turn + 1) % services_of_each);
        {
            const std::lock_guard lock(mutex_);
            if (!services_.contains(next)) continue;
            services_.erase(next);
        }
        try {
            const auto answer = Wire(server_.port()).ask(put("agent/service/deregister/" + next));
            if (answer.status != 200 && answer.status != 503) complain(answer.body);
            const std::lock_guard lock(mutex_);
            if (answer.status == 200) gone_.insert(next);
        } catch (const std::runtime_error&) {
            // It may be off by now; it is registered again next.
        }
    }
}

void RegistryCrashLoop::check_at_the_end() {
    Wire wire(server_.port());
    for (const auto& [key, value] : acknowledged_) {
        // The last one may have been done without an answer.
        const auto found = std::stoull(wire.get("/v1/kv/" + key + "?raw"));
        if (found != value && found != value + 1) {
            complain(fmt::format("{} is {}, and {} was acknowledged", key, found, value));
        }
    }
    const auto answer = wire.ask(request_bytes("GET", "/v1/health/service/crashing?passing"));
    std::set<std::string> found;
    for (const auto& entry : json::parse(answer.body)) found.insert(entry.at("Service").at("ID"));
    for (const auto& id : services_) {
        if (!found.contains(id)) complain(id + " is not there");
    }
    for (const auto& id : gone_) {
        if (found.contains(id)) complain(id + " is there again");
    }
    const auto all = wire.ask(request_bytes("GET", "/v1/kv/own/?recurse"));
    if (std::stoull(std::string(all.field("x-consul-index"))) < index_) {
        complain("the index of the prefix is less than that of a key");
    }
}

}  // namespace signalbox
