#include "sim/queue_worker.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/assert.h"

namespace signalbox {
namespace {

using nlohmann::json;
using Kind = QueueCall::Kind;

constexpr int64_t long_ttl_ms = 86'400'000;
constexpr unsigned dedup_count = 12;
constexpr unsigned group_count = 3;
constexpr size_t page_messages = 1000;

std::string in_ms(int64_t ms) {
    return fmt::format("{}ms", ms);
}

std::string path_of(const std::string& queue) {
    return "/api/v1/queues/" + queue;
}

json as_json(const PostedMessage& message) {
    json out = {{"body", message.token}, {"ttl", in_ms(message.ttl_ms)}};
    if (message.delay_ms > 0) out["delay"] = in_ms(message.delay_ms);
    if (message.priority > 0) out["priority"] = message.priority;
    if (!message.group.empty()) out["group"] = message.group;
    if (!message.dedup.empty()) out["dedup"] = message.dedup;
    return out;
}

QueueCall call_of(Kind kind, const std::string& queue) {
    QueueCall call;
    call.kind = kind;
    call.queue = queue;
    return call;
}

}  // namespace

std::vector<SeenMessage> seen_messages(const std::string& text) {
    std::vector<SeenMessage> seen;
    const auto answer = json::parse(text);
    for (const auto& message : answer.at("messages")) {
        seen.push_back({message.at("id"), message.at("body"), message.at("sequence")});
    }
    return seen;
}

bool QueueWorker::retire() {
    retiring_ = true;
    return call_ == nullptr && claim_.empty();
}

std::string QueueWorker::any_queue() {
    return habits_.queues[world_.random().below(habits_.queues.size())];
}

void QueueWorker::act() {
    if (http_.is_waiting()) {
        SimResponse response;
        switch (http_.poll(response)) {
            case SimHttp::Progress::waiting:
                // Held for long: maybe it hangs up.
                if (call_->kind == Kind::claim && percent(1)) http_.cut();
                return;
            case SimHttp::Progress::broken: return give_up();
            case SimHttp::Progress::answered: return answered(response);
        }
    }
    if (call_ != nullptr) {
        http_.send(request_);
    } else if (!claim_.empty()) {
        work();
    } else if (!retiring_ && percent(50)) {
        begin();
    }
}

void QueueWorker::send(QueueCall call, SimHttp::Request request) {
    call_ = &history_.begin(std::move(call));
    request_ = std::move(request);
    if (http_.send(request_) || call_->kind == Kind::post) return;
    history_.refused(*call_);
    call_ = nullptr;
}

// A post has a key, and may be asked again until somebody says what became of it.
void QueueWorker::give_up() {
    if (call_->kind == Kind::post) return;
    history_.unknown(*call_);
    call_ = nullptr;
}

void QueueWorker::begin() {
    const auto choice = world_.random().below(100);
    if (choice < habits_.rude_percent) return be_rude();
    if (choice < 50) return post();
    if (choice < 95) return claim();
    list();
}

PostedMessage QueueWorker::make_message() {
    Random& random = world_.random();
    PostedMessage message;
    message.token = fmt::format("message-{}-{}", number_, ++tokens_);
    message.ttl_ms = long_ttl_ms;
    if (percent(10)) {
        // All that are the same must be the same, because any of them may be the one.
        message.dedup = fmt::format("same-{}", random.below(dedup_count));
        return message;
    }
    if (percent(habits_.brief_percent)) {
        message.ttl_ms = 1000 + static_cast<int64_t>(random.below(10'000));
    }
    if (!percent(habits_.special_percent)) return message;
    const auto choice = random.below(3);
    if (choice == 0) message.delay_ms = 1 + static_cast<int64_t>(random.below(5000));
    if (choice == 1) message.priority = static_cast<int>(random.below(10));
    if (choice == 2) message.group = fmt::format("group-{}", random.below(group_count));
    return message;
}

void QueueWorker::post() {
    QueueCall call = call_of(Kind::post, any_queue());
    const auto count = percent(60) ? 1 : 1 + world_.random().below(10);
    json messages = json::array();
    for (uint64_t i = 0; i < count; ++i) {
        call.posted.push_back(make_message());
        messages.push_back(as_json(call.posted.back()));
    }
    const std::string body = count == 1 ? messages[0].dump() : json{{"messages", messages}}.dump();
    const std::string key = fmt::format("worker-{}-{}", number_, tokens_);
    const std::string target = path_of(call.queue) + "/messages";
    send(std::move(call), {"POST", target, {{"idempotency-key", key}}, body});
}

void QueueWorker::claim() {
    QueueCall call = call_of(Kind::claim, any_queue());
    call.limit = 1 + world_.random().below(8);
    call.ttl_ms = 1000 + static_cast<int64_t>(world_.random().below(4000));
    json body = {{"limit", call.limit}, {"ttl", in_ms(call.ttl_ms)}, {"grace", "1s"}};
    if (percent(40)) body["wait"] = in_ms(1 + static_cast<int64_t>(world_.random().below(3000)));
    const std::string target = path_of(call.queue) + "/claims";
    send(std::move(call), {"POST", target, {}, body.dump()});
}

void QueueWorker::list() {
    QueueCall call = call_of(Kind::list, any_queue());
    call.limit = page_messages;
    const std::string target =
        fmt::format("{}/messages?limit={}&include_claimed=true&include_delayed=true",
                    path_of(call.queue), page_messages);
    send(std::move(call), {"GET", target, {}, {}});
}

void QueueWorker::be_rude() {
    const std::string queue = any_queue();
    const auto choice = world_.random().below(10);
    if (choice == 0) {
        return send(call_of(Kind::purge, queue), {"POST", path_of(queue) + "/purge", {}, {}});
    }
    QueueCall call = call_of(Kind::pop, queue);
    call.limit = 1 + world_.random().below(3);
    const json body = {{"limit", call.limit}};
    send(std::move(call), {"POST", path_of(queue) + "/messages/pop", {}, body.dump()});
}

void QueueWorker::work() {
    if (world_.clock().now().steady < work_until_ && !retiring_) return;
    const auto choice = world_.random().below(100);
    if (choice < 60) {
        acknowledge();
    } else if (choice < 70) {
        renew();
    } else if (choice < 82) {
        release();
    } else if (choice < 92) {
        QueueCall call = call_of(Kind::get_claim, queue_);
        call.claim = claim_;
        send(std::move(call), {"GET", path_of(queue_) + "/claims/" + claim_, {}, {}});
    } else {
        claim_.clear();  // forgets about it
    }
}

void QueueWorker::acknowledge() {
    QueueCall call = call_of(Kind::remove, queue_);
    call.claim = claim_;
    const auto count = percent(50) ? held_.size() : 1 + world_.random().below(held_.size());
    call.ids.assign(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(count));
    const json body = {{"ids", call.ids}};
    send(std::move(call),
         {"POST", path_of(queue_) + "/claims/" + claim_ + "/ack", {}, body.dump()});
}

void QueueWorker::renew() {
    QueueCall call = call_of(Kind::renew, queue_);
    call.claim = claim_;
    call.ttl_ms = 1000 + static_cast<int64_t>(world_.random().below(4000));
    const json body = {{"ttl", in_ms(call.ttl_ms)}, {"grace", "1s"}};
    send(std::move(call), {"PATCH", path_of(queue_) + "/claims/" + claim_, {}, body.dump()});
}

void QueueWorker::release() {
    QueueCall call = call_of(Kind::release, queue_);
    call.claim = claim_;
    json body = json::object();
    if (percent(30)) {
        call.ids = {held_[world_.random().below(held_.size())]};
        body["ids"] = call.ids;
    }
    if (percent(40)) {
        call.delay_ms = 1 + static_cast<int64_t>(world_.random().below(3000));
        body["delay"] = in_ms(call.delay_ms);
    }
    if (percent(40)) {
        call.counts_as_failure = true;
        body["failed"] = true;
    }
    send(std::move(call),
         {"POST", path_of(queue_) + "/claims/" + claim_ + "/release", {}, body.dump()});
}

void QueueWorker::answered(const SimResponse& response) {
    ASSERT(response.status < 500 || response.status == 503);
    if (response.status == 503) return give_up();
    if (response.status < 300) {
        succeeded(response);
        history_.done(*call_);
    } else {
        // Somebody was faster, or the claim has ended.
        ASSERT(response.status == 404 || response.status == 403 || response.status == 409);
        if (call_->kind == Kind::post) history_.complain("a post was refused: " + response.body);
        history_.refused(*call_);
        claim_.clear();
    }
    call_ = nullptr;
}

void QueueWorker::succeeded(const SimResponse& response) {
    QueueCall& call = *call_;
    const auto let_go = [&] {
        std::erase_if(held_, [&](const std::string& id) {
            return call.ids.empty() ||
                   std::find(call.ids.begin(), call.ids.end(), id) != call.ids.end();
        });
        if (held_.empty()) claim_.clear();
    };
    switch (call.kind) {
        case Kind::post: {
            const auto ids = json::parse(response.body).at("ids");
            ASSERT(ids.size() == call.posted.size());
            for (size_t i = 0; i < ids.size(); ++i) call.posted[i].id = ids[i];
            return;
        }
        case Kind::claim: {
            call.seen = seen_messages(response.body);
            if (call.seen.empty()) return;
            call.claim = json::parse(response.body).at("claim");
            queue_ = call.queue;
            claim_ = call.claim;
            held_.clear();
            for (const auto& message : call.seen) held_.push_back(message.id);
            work_until_ = world_.clock().now().steady + Duration(world_.random().below(2000));
            return;
        }
        case Kind::list:
            call.seen = seen_messages(response.body);
            call.is_whole = call.seen.size() < call.limit;
            return;
        case Kind::pop:
        case Kind::get_claim: call.seen = seen_messages(response.body); return;
        case Kind::renew:
            work_until_ = world_.clock().now().steady + Duration(world_.random().below(3000));
            return;
        case Kind::remove:
            call.is_whole = json::parse(response.body).at("acknowledged") == call.ids.size();
            return let_go();
        case Kind::release: return let_go();
        case Kind::purge:
        case Kind::remove_queue: return;
    }
}

}  // namespace signalbox
