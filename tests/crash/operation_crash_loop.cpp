#include "operation_crash_loop.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include <fmt/format.h>

#include "server/wire.h"

namespace signalbox {
namespace {

using nlohmann::json;

constexpr unsigned beginners = 4;
constexpr unsigned appliers = 4;
// Of answers to followers, before their connection breaks; less than what they are told in all.
constexpr size_t cut_bytes = 40'000;
constexpr const char* declaration = R"({"appliers":["a"],"deadline":"2s","retention":"1h"})";

std::vector<std::string> server_arguments(std::vector<std::string> more) {
    more.insert(more.end(), {"--segment-bytes", "1MiB", "--checkpoint-bytes", "1MiB", "--log-level",
                             "warning"});
    return more;
}

std::string operation_id(unsigned number, unsigned count) {
    return fmt::format("00000000-0000-4000-8{:03}-{:012}", number, count);
}

}  // namespace

OperationCrashLoop::OperationCrashLoop(Plan plan)
    : plan_(std::move(plan)),
      server_(server_arguments(plan_.arguments)),
      proxy_(std::make_unique<CuttingProxy>(server_.port())),
      proxy_port_(std::stoi(proxy_->url().substr(proxy_->url().rfind(':') + 1))),
      seen_(plan_.followers) {}

OperationCrashLoop::~OperationCrashLoop() {
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
    }
    proxy_->cut_all();
    for (auto& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

std::vector<std::string> OperationCrashLoop::run() {
    const auto declared =
        Wire(server_.port()).ask(request_bytes("PUT", "/api/v1/types/job", declaration));
    if (declared.status != 201) complain("the type: " + declared.body);
    proxy_->cut_each(cut_bytes);
    for (unsigned i = 0; i < plan_.followers; ++i) threads_.emplace_back([this, i] { follow(i); });
    for (unsigned i = 0; i < beginners; ++i) threads_.emplace_back([this, i] { begin_some(i); });
    for (unsigned i = 0; i < appliers; ++i) threads_.emplace_back([this, i] { carry_out(i); });
    for (unsigned kill = 0; kill < plan_.kills; ++kill) {
        const unsigned goal = plan_.operations * (kill + 1) / (plan_.kills + 1);
        wait_for([&] { return begun_ >= goal; });
        server_.kill9();
        server_.start();
        proxy_->cut_all();
    }
    wait_for([&] {
        return std::all_of(seen_.begin(), seen_.end(),
                           [&](const auto& ends) { return ends.size() >= plan_.operations; });
    });
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
    }
    proxy_->cut_each(0);
    proxy_->cut_all();
    for (auto& thread : threads_) thread.join();
    check_ends();
    if (server_.terminate() != 0) complain("the server did not end well");
    return complaints_;
}

void OperationCrashLoop::wait_for(const std::function<bool()>& done) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return done() || !complaints_.empty(); });
}

void OperationCrashLoop::complain(std::string text) {
    const std::lock_guard lock(mutex_);
    complaints_.push_back(std::move(text));
    changed_.notify_all();
}

bool OperationCrashLoop::is_over() {
    const std::lock_guard lock(mutex_);
    return is_over_ || !complaints_.empty();
}

// Each under an id and a key that are kept over all attempts.
void OperationCrashLoop::begin_some(unsigned number) {
    for (unsigned i = number; i < plan_.operations; i += beginners) {
        const auto id = operation_id(number, i);
        const auto request =
            request_bytes("POST", "/api/v1/collections/job", R"({"n":1})",
                          fmt::format("idempotency-key: {}\r\noperation-id: {}\r\n", id, id));
        for (bool is_done = false; !is_done && !is_over();) {
            try {
                const auto answer = Wire(server_.port()).ask(request);
                is_done = answer.status == 200 || answer.status == 201;
                if (!is_done && answer.status != 503) complain("begin: " + answer.body);
            } catch (const std::runtime_error&) {
                // The server is away, and nobody knows whether it was done.
            }
        }
        const std::lock_guard lock(mutex_);
        ++begun_;
        changed_.notify_all();
    }
}

// Takes what has not ended, and leaves some of it alone.
void OperationCrashLoop::carry_out(unsigned number) {
    std::mt19937 random(plan_.seed * 100 + number);
    while (!is_over()) {
        try {
            Wire wire(server_.port());
            const auto list =
                json::parse(wire.get("/api/v1/operations?state=pending,running&limit=100"));
            for (const auto& operation : list.at("operations")) {
                const std::string id = operation.at("id");
                // Always the same ones are forgotten.
                if (std::hash<std::string>()(id) % 5 == 0 || random() % 3 == 0) continue;
                static constexpr const char* states[] = {"running", "succeeded", "failed"};
                const auto body = fmt::format(R"({{"state":"{}"}})", states[random() % 3]);
                const auto answer =
                    wire.ask(request_bytes("PATCH", "/api/v1/operations/" + id, body));
                // 409: somebody else was first, or its time was over.
                if (answer.status != 200 && answer.status != 409 && answer.status != 503) {
                    complain("report: " + answer.body);
                }
            }
        } catch (const std::runtime_error&) {
        }
    }
}

void OperationCrashLoop::follow(unsigned number) {
    std::string cursor;
    while (!is_over()) {
        try {
            Wire wire(proxy_port_);
            const auto last = cursor.empty() ? "" : "last-event-id: " + cursor + "\r\n";
            // Without the pieces of an answer of 1.1.
            wire.send("GET /api/v1/operations?watch=true HTTP/1.0\r\nhost: localhost\r\n" + last +
                      "\r\n");
            std::string buffer = wire.read_until("\r\n\r\n");
            buffer.erase(0, buffer.find("\r\n\r\n") + 4);
            for (;;) {
                for (size_t end = buffer.find("\n\n"); end != std::string::npos;
                     end = buffer.find("\n\n")) {
                    take(number, buffer.substr(0, end), cursor);
                    buffer.erase(0, end + 2);
                }
                buffer += wire.read_until("\n");
            }
        } catch (const std::runtime_error&) {
        }
    }
}

void OperationCrashLoop::take(unsigned number, const std::string& event, std::string& cursor) {
    std::string id;
    std::string type;
    std::string data;
    std::istringstream lines(event);
    std::string line;
    while (std::getline(lines, line)) {
        if (line.starts_with("id: ")) id = line.substr(4);
        if (line.starts_with("event: ")) type = line.substr(7);
        if (line.starts_with("data: ")) data = line.substr(6);
    }
    if (!id.empty()) cursor = id;
    if (type == "resync") return complain("what a follower needs is not kept any more");
    if (type != "operation") return;
    const auto operation = json::parse(data);
    if (!operation.at("done").get<bool>()) return;
    const std::lock_guard lock(mutex_);
    const std::string name = operation.at("id");
    const std::string state = operation.at("state");
    const auto [known, is_new] = seen_[number].try_emplace(name, End{id, state});
    // The same event, or the state that a new beginning tells.
    const bool is_the_same =
        known->second.state == state && (id.empty() || known->second.event == id);
    if (!is_new && !is_the_same) {
        complaints_.push_back(fmt::format("follower {} saw two ends of {}", number, name));
    }
    changed_.notify_all();
}

// As the server has them at last.
void OperationCrashLoop::check_ends() {
    std::map<std::string, json> all;
    std::string target = "/api/v1/operations?limit=1000";
    while (!target.empty()) {
        const auto page = json::parse(Wire(server_.port()).get(target));
        for (const auto& operation : page.at("operations")) all[operation.at("id")] = operation;
        target = page.value("next", "");
    }
    if (all.size() != plan_.operations) {
        complain(fmt::format("there are {} operations", all.size()));
    }
    for (const auto& [id, operation] : all) {
        const std::string state = operation.at("state");
        // Both are written in the same form, which sorts as time does.
        const std::string ended = operation.at("updated_at");
        const std::string deadline = operation.at("deadline");
        const bool is_timeout = state == "failed" && operation.at("error").at("type") ==
                                                         "urn:signalbox:problem:timed-out";
        if (is_timeout) ++timed_out_;
        if (!operation.at("done").get<bool>()) complain(id + " has not ended");
        if (is_timeout ? ended < deadline : ended > deadline) {
            complain(fmt::format("{} is {} since {}, with a deadline of {}", id, state, ended,
                                 deadline));
        }
        for (const auto& ends : seen_) {
            const auto seen = ends.find(id);
            if (seen == ends.end() || seen->second.state != state) {
                complain("somebody has not seen the end of " + id);
            }
        }
    }
}

}  // namespace signalbox
