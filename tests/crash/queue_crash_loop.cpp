#include "queue_crash_loop.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "sim/queue_oracle.h"

namespace signalbox {
namespace {

using Kind = QueueCall::Kind;

const std::string queue = "jobs";
constexpr auto claim_ttl = std::chrono::seconds(2);
// Longer than a claim lives: what somebody forgot is free again by then.
constexpr auto drain_wait = std::chrono::seconds(4);
constexpr auto long_ttl = std::chrono::hours(1);
// A server that was down hears late of what ended meanwhile.
constexpr int64_t lateness_ms = 10'000;

// Small segments and many checkpoints, so that kills fall into rollovers and flushes, too.
std::vector<std::string> server_arguments(std::vector<std::string> more) {
    more.insert(more.end(), {"--segment-bytes", "1MiB", "--checkpoint-bytes", "1MiB", "--log-level",
                             "warning"});
    return more;
}

QueueCall call_of(Kind kind) {
    QueueCall call;
    call.kind = kind;
    call.queue = queue;
    return call;
}

std::vector<SeenMessage> seen(const std::vector<client::Message>& messages) {
    std::vector<SeenMessage> seen;
    for (const auto& message : messages) {
        ASSERT(message.body.size() > 2);
        const std::string token = message.body.substr(1, message.body.size() - 2);
        seen.push_back({message.id, token, message.sequence});
    }
    return seen;
}

}  // namespace

QueueCrashLoop::QueueCrashLoop(Plan plan)
    : plan_(std::move(plan)), server_(server_arguments(plan_.arguments)) {
    options_.url = server_.url();
    // A call that is under way when the server is killed goes on with the next one.
    options_.retry_for = std::chrono::seconds(60);
    once_.retry_for = client::Duration::zero();
}

QueueCrashLoop::~QueueCrashLoop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    for (auto& worker : workers_) {
        if (worker.joinable()) worker.join();
    }
}

std::vector<std::string> QueueCrashLoop::run() {
    {
        const std::lock_guard lock(mutex_);
        tick();
    }
    ASSERT(client::Client(options_).put_queue(queue));
    for (unsigned i = 0; i < plan_.workers; ++i) {
        workers_.emplace_back([this, i] { work(i); });
    }
    std::mt19937 random(plan_.seed);
    for (unsigned kill = 0; kill < plan_.kills; ++kill) {
        wait_for_calls(1 + random() % 200);
        server_.kill9();
        {
            // Whatever somebody has given up by now was done, or never will be.
            const std::lock_guard lock(mutex_);
            tick();
            history_.settled(Duration::zero());
        }
        server_.start();
    }
    wait_for_calls(200);
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    for (auto& worker : workers_) worker.join();
    drain();
    if (server_.terminate() != 0) complain("the server did not end well");
    QueueFacts::Options options;
    options.lateness_ms = lateness_ms;
    for (auto& complaint : QueueOracle(history_, std::move(options)).verify()) {
        complain(std::move(complaint));
    }
    return complaints_;
}

void QueueCrashLoop::tick() {
    history_.tick({std::chrono::floor<Duration>(std::chrono::system_clock::now()),
                   std::chrono::floor<Duration>(std::chrono::steady_clock::now())});
}

void QueueCrashLoop::complain(std::string text) {
    const std::lock_guard lock(mutex_);
    complaints_.push_back(std::move(text));
    changed_.notify_all();
}

void QueueCrashLoop::wait_for_calls(uint64_t more) {
    std::unique_lock lock(mutex_);
    const uint64_t goal = calls_ + more;
    changed_.wait(lock, [&] { return calls_ >= goal || !complaints_.empty(); });
}

QueueCall& QueueCrashLoop::begin(QueueCall call) {
    const std::lock_guard lock(mutex_);
    tick();
    return history_.begin(std::move(call));
}

// True when it was done. Everything of `call` is filled in.
template <class Answer>
bool QueueCrashLoop::end(QueueCall& call, const client::Result<Answer>& answer) {
    {
        const std::lock_guard lock(mutex_);
        tick();
        ++calls_;
        changed_.notify_all();
        if (answer) {
            history_.done(call);
            return true;
        }
        const bool is_refused = answer.error().status >= 400 && answer.error().status < 500;
        if (is_refused) {
            history_.refused(call);
            return false;
        }
        history_.unknown(call);
    }
    // Nothing more is asked before there is a server again.
    const auto back = client::Client(options_).queue_stats(queue);
    if (!back) complain("stats: " + back.error().detail);
    return false;
}

void QueueCrashLoop::work(unsigned number) {
    std::mt19937 random(plan_.seed * 1000 + number);
    for (;;) {
        {
            const std::lock_guard lock(mutex_);
            if (stopping_ || !complaints_.empty()) return;
        }
        if (random() % 2 == 0) {
            post(number, random);
        } else {
            take(random);
        }
    }
}

// Under a key of its own, which the client makes up and keeps over all its attempts.
void QueueCrashLoop::post(unsigned number, std::mt19937& random) {
    QueueCall call = call_of(Kind::post);
    std::vector<client::NewMessage> messages;
    for (auto count = 1 + random() % 8; count > 0; --count) {
        PostedMessage posted;
        {
            const std::lock_guard lock(mutex_);
            posted.token = fmt::format("message-{}-{}", number, ++tokens_);
        }
        posted.ttl_ms = client::Duration(long_ttl).count();
        if (random() % 8 == 0) posted.priority = static_cast<int>(random() % 10);
        client::NewMessage message;
        message.body = '"' + posted.token + '"';
        message.ttl = long_ttl;
        message.priority = static_cast<uint8_t>(posted.priority);
        messages.push_back(std::move(message));
        call.posted.push_back(std::move(posted));
    }
    QueueCall& begun = begin(std::move(call));
    const auto answer = client::Client(options_).post_messages(queue, messages);
    if (!answer) return complain("post: " + answer.error().detail);
    ASSERT(answer->ids.size() == begun.posted.size());
    for (size_t i = 0; i < answer->ids.size(); ++i) begun.posted[i].id = answer->ids[i];
    end(begun, answer);
}

void QueueCrashLoop::take(std::mt19937& random) {
    const auto* got = claim(1 + random() % 10, std::chrono::milliseconds(200));
    if (got == nullptr || got->seen.empty()) return;
    const auto choice = random() % 10;
    if (choice == 0) return;  // it is forgotten, and free again when the claim has expired
    if (choice == 1) return release(*got);
    acknowledge(*got, choice == 2 ? 1 : got->seen.size());
}

QueueCall* QueueCrashLoop::claim(size_t limit, client::Duration wait) {
    QueueCall call = call_of(Kind::claim);
    call.limit = limit;
    call.ttl_ms = client::Duration(claim_ttl).count();
    QueueCall& begun = begin(std::move(call));
    client::ClaimRequest request;
    request.limit = limit;
    request.ttl = claim_ttl;
    request.wait = wait;
    const auto answer = client::Client(options_).claim_messages(queue, request, once_);
    if (answer) {
        begun.claim = answer->id;
        begun.seen = seen(answer->messages);
    } else if (answer.error().status >= 400 && answer.error().status < 500) {
        complain("claim: " + answer.error().detail);
    }
    return end(begun, answer) ? &begun : nullptr;
}

void QueueCrashLoop::acknowledge(const QueueCall& claim, size_t count) {
    QueueCall call = call_of(Kind::remove);
    call.claim = claim.claim;
    for (size_t i = 0; i < count; ++i) call.ids.push_back(claim.seen[i].id);
    QueueCall& begun = begin(std::move(call));
    const auto answer = client::Client(options_).acknowledge(queue, begun.claim, begun.ids, once_);
    begun.is_whole = answer && *answer == count;
    if (!end(begun, answer)) return;
    const std::lock_guard lock(mutex_);
    acknowledged_ += *answer;
}

void QueueCrashLoop::release(const QueueCall& claim) {
    QueueCall call = call_of(Kind::release);
    call.claim = claim.claim;
    QueueCall& begun = begin(std::move(call));
    end(begun, client::Client(options_).release_claim(queue, begun.claim, {}, once_));
}

// Everything that is left, and then nothing must be.
void QueueCrashLoop::drain() {
    for (;;) {
        const auto* got = claim(100, drain_wait);
        if (got == nullptr) return complain("the queue could not be drained");
        if (got->seen.empty()) break;
        acknowledge(*got, got->seen.size());
    }
    QueueCall call = call_of(Kind::list);
    call.is_whole = true;
    QueueCall& begun = begin(std::move(call));
    client::MessageFilter all;
    all.include_claimed = true;
    all.include_delayed = true;
    const auto left = client::Client(options_).list_messages(queue, all).rest();
    if (left) begun.seen = seen(*left);
    if (!end(begun, left)) return complain("the queue could not be listed");
    if (!left->empty()) complain(fmt::format("{} messages cannot be claimed", left->size()));
    const auto stats = client::Client(options_).queue_stats(queue);
    if (!stats || stats->total != 0 || stats->claims != 0 || stats->bytes != 0) {
        complain("an empty queue counts " + (stats ? stats->json : stats.error().detail));
    }
}

}  // namespace signalbox
