#include "notify_crash_loop.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/assert.h"
#include "server/wire.h"
#include "signalbox/client/client.h"

namespace signalbox {
namespace {

constexpr unsigned messages_per_post_max = 20;
constexpr auto long_ttl = std::chrono::hours(24);

// Small segments and many checkpoints, so that kills fall into rollovers and flushes, too.
std::vector<std::string> server_arguments(std::vector<std::string> more) {
    more.insert(more.end(), {"--segment-bytes", "1MiB", "--checkpoint-bytes", "1MiB", "--log-level",
                             "warning", "--notify-private"});
    return more;
}

std::string read_line(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    return line;
}

}  // namespace

NotifyCrashLoop::NotifyCrashLoop(Plan plan)
    : plan_(std::move(plan)),
      server_(server_arguments(plan_.arguments)),
      random_(plan_.seed),
      sink_([this](const WebhookSink::Call& call) { return answer(call); }) {
    oracle_.emplace(read_line(server_.data() / "webhook-secret"));
}

NotifyCrashLoop::~NotifyCrashLoop() {
    for (auto& poster : posters_) {
        if (poster.joinable()) poster.join();
    }
}

WebhookSink::Answer NotifyCrashLoop::answer(const WebhookSink::Call& call) {
    const std::lock_guard lock(mutex_);
    WebhookSink::Answer answer;
    switch (random_() % 30) {
        case 0: answer.status = 500; break;
        case 1: answer.status = 429; break;
        case 2: answer.cuts = true; break;  // it was taken, and nobody learns of it
        default: break;
    }
    OutgoingRequest request;
    request.url = sink_.url(call.target);
    request.body = call.body;
    for (const auto& field : call.fields) request.fields.push_back(field);
    oracle_->called(request, answer.status);
    ++calls_;
    if (answer.status < 300 && !answer.cuts) ++taken_;
    changed_.notify_all();
    return answer;
}

void NotifyCrashLoop::subscribe(const std::string& queue, const std::string& target) {
    const nlohmann::json body = {
        {"subscriber", sink_.url(target)},
        {"ttl", 86'400},
        {"options", {{"_retry_policy", {{"retries_with_no_delay", 1'000'000}}}}}};
    Wire wire(server_.port());
    const auto made =
        wire.ask(request_bytes("POST", "/v2/queues/" + queue + "/subscriptions", body.dump(),
                               "Client-ID: 3381af92-2b9e-11e3-b191-71861300734c\r\n"
                               "X-Project-ID: default\r\n"));
    ASSERT(made.status == 201);
    const std::lock_guard lock(mutex_);
    oracle_->subscribed(sink_.url(target), queue,
                        nlohmann::json::parse(made.body).at("subscription_id"));
}

// One post after the other, each until it is done: so it is known in which order.
void NotifyCrashLoop::post(const std::string& queue, uint64_t count) {
    client::Options options;
    options.url = server_.url();
    options.retry_for = std::chrono::minutes(5);
    const client::Client client(options);
    std::mt19937 random(plan_.seed);
    for (uint64_t posted = 0; posted < count;) {
        const auto some = std::min<uint64_t>(count - posted, 1 + random() % messages_per_post_max);
        std::vector<client::NewMessage> messages;
        for (uint64_t i = 0; i < some; ++i) {
            const auto body = fmt::format("{}-{}", queue, ++posted);
            messages.push_back({.body = '"' + body + '"', .ttl = long_ttl});
            const std::lock_guard lock(mutex_);
            oracle_->posted(queue, body);
        }
        const auto answer = client.post_messages(queue, messages);
        if (!answer) return complain("a post failed: " + answer.error().detail);
    }
}

void NotifyCrashLoop::complain(std::string text) {
    const std::lock_guard lock(mutex_);
    complaints_.push_back(std::move(text));
    changed_.notify_all();
}

void NotifyCrashLoop::wait_until(const std::function<bool()>& is_so) {
    std::unique_lock lock(mutex_);
    // Nothing for so long: then it does not come.
    constexpr auto patience = std::chrono::seconds(60);
    uint64_t before = 0;
    do {
        before = calls_;
        if (changed_.wait_for(lock, patience, [&] { return is_so() || !complaints_.empty(); })) {
            return;
        }
    } while (calls_ > before);
}

std::vector<std::string> NotifyCrashLoop::run() {
    const uint64_t each = plan_.notifications / plan_.queues / plan_.subscribers;
    for (unsigned i = 0; i < plan_.queues; ++i) {
        const auto queue = fmt::format("told-{}", i);
        for (unsigned k = 0; k < plan_.subscribers; ++k) {
            subscribe(queue, fmt::format("/{}/{}", queue, k));
        }
    }
    for (unsigned i = 0; i < plan_.queues; ++i) {
        posters_.emplace_back([this, i, each] { post(fmt::format("told-{}", i), each); });
    }
    const uint64_t all = each * plan_.queues * plan_.subscribers;
    for (unsigned kill = 1; kill <= plan_.kills; ++kill) {
        wait_until([&] { return taken_ >= all * kill / (plan_.kills + 1); });
        server_.kill9();
        server_.start();
    }
    for (auto& poster : posters_) poster.join();
    // What is taken twice counts twice, so the oracle knows best when all is there.
    wait_until([&] { return taken_ >= all && oracle_->verify().empty(); });
    if (server_.terminate() != 0) complain("the server did not end well");
    const std::lock_guard lock(mutex_);
    for (auto& complaint : oracle_->verify()) complaints_.push_back(std::move(complaint));
    return complaints_;
}

}  // namespace signalbox
