#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "bench/harness/load_round.h"
#include "bench/harness/server_metric.h"
#include "bench/harness/statistics.h"
#include "bench/load/request.h"
#include "bench/registry/measurements.h"

// Keys and their values, through Consul's routes: writes, reads, and how fast many readers that
// wait are woken by one write.

namespace signalbox::bench {
namespace {

constexpr Nanoseconds wake_max = std::chrono::milliseconds(100);  // of ten thousand
constexpr auto patience = std::chrono::seconds(30);
constexpr size_t keys = 1000;

std::string request_of(std::string_view method, const std::string& target,
                       std::string_view body = {}) {
    std::string bytes;
    append_request(bytes, {method, target, {}, body});
    return bytes;
}

// The number behind "ModifyIndex": in an entry.
Result<uint64_t> index_in(std::string_view body) {
    constexpr std::string_view before = "\"ModifyIndex\":";
    const size_t at = body.find(before);
    uint64_t index = 0;
    if (at == std::string_view::npos) return fail(ErrorCode::internal, "an entry has no index");
    const auto rest = body.substr(at + before.size());
    std::from_chars(rest.data(), rest.data() + rest.size(), index);
    return index;
}

// Requests for keys, one after the other, on every connection.
class KeyCalls {
public:
    explicit KeyCalls(bool writes) : writes_(writes) {
        for (size_t i = 0; i < keys; ++i) {
            const auto target = fmt::format("/v1/kv/bench/{}", i);
            reads_.push_back(request_of("GET", target));
        }
    }

    LoadCalls calls() {
        return {[this](ConnectionIndex) -> std::string_view {
                    const size_t number = next_++;
                    if (!writes_) return reads_[number % keys];
                    request_ = request_of("PUT", fmt::format("/v1/kv/bench/{}", number % keys),
                                          fmt::format("value {}", number));
                    return request_;
                },
                [](const Answer& answer) { return answer.status / 100 == 2; }};
    }

private:
    const bool writes_;
    size_t next_ = 0;
    std::vector<std::string> reads_;
    std::string request_;
};

class Registry {
public:
    explicit Registry(Bench& bench) : bench_(bench) {}

    Result<void> run() {
        TRY_AS(product_, bench_.start_signalbox("registry"));
        TRY_AS(limit_, bench_.start_limit("registry-limit"));
        bench_.report().begin(
            "Keys and values",
            "Through Consul's routes. Every connection keeps one request under way; writes change "
            "1,000 keys in turn, reads get them. Readers that wait for one key have a connection "
            "each, and the time is from the write that wakes them to the last of their answers. "
            "The "
            "limit is the limit server: sent the same writes, the same reads, which it answers "
            "without anything to look up but with a sync, and for the readers one request on each "
            "of as many connections, until the last answer.");
        for (const size_t connections : {1u, 16u, 64u}) TRY(measure_requests(connections));
        for (const size_t readers :
             {size_t{1}, size_t{2000}, bench_.choose<size_t>(10'000, 5000)}) {
            TRY(measure_wake_up(readers));
        }
        return {};
    }

private:
    Result<void> measure_requests(size_t connections) {
        TRY_AS(const auto product_loop, LoadLoop::connect(product_->endpoint(), connections));
        TRY_AS(const auto limit_loop, LoadLoop::connect(limit_->endpoint(), connections));
        const auto span =
            bench_.choose(std::chrono::milliseconds(500), std::chrono::milliseconds(100));
        const int rounds = bench_.choose(5, 3);
        KeyCalls writes(true);
        KeyCalls reads(false);
        Series written;
        Series read;
        for (int round = 0; round <= rounds; ++round) {
            for (const bool is_write : {true, false}) {
                auto& calls = is_write ? writes : reads;
                TRY_AS(const auto limit, run_round(*limit_loop, *limit_, calls.calls(), {span, 1}));
                TRY_AS(const auto product,
                       run_round(*product_loop, *product_, calls.calls(), {span, 1}));
                if (round > 0) (is_write ? written : read).add(product, limit);
            }
        }
        const auto place = fmt::format("{} connection{}", connections, connections == 1 ? "" : "s");
        bench_.report().add(written.figure("writes of a key, " + place));
        bench_.report().add(read.figure("reads of a key, " + place));
        return {};
    }

    // From the write to the last answer.
    Result<Nanoseconds> wake(LoadLoop& control, LoadLoop& readers, int round) {
        const auto put = [&](const std::string& value) {
            return control.ask(0, request_of("PUT", "/v1/kv/watched", value));
        };
        if (round == 0) TRY(put("before"));
        TRY_AS(const auto now, control.ask(0, request_of("GET", "/v1/kv/watched")));
        TRY_AS(const uint64_t index, index_in(now.body));
        const auto request = request_of("GET", fmt::format("/v1/kv/watched?index={}", index));
        const size_t count = readers.connection_count();
        size_t good = 0;
        readers.on_answer([&](const Answer& answer) { good += answer.status == 200 ? 1 : 0; });
        for (ConnectionIndex i = 0; i < count; ++i) readers.send(i, request);
        TRY_AS(const bool early, readers.run([] { return false; },
                                             SteadyClock::now() + std::chrono::milliseconds(50)));
        if (early) return fail(ErrorCode::internal, "a reader did not wait");
        TRY(wait_for_metric(control, 0, "signalbox_waiters", static_cast<double>(count)));
        const auto start = SteadyClock::now();
        // Not asked, because the readers are answered at the same time.
        control.on_answer([](const Answer&) {});
        control.send(0, request_of("PUT", "/v1/kv/watched", fmt::format("value {}", round)));
        TRY(control.run([] { return true; }, start + patience));
        TRY_AS(const bool done,
               readers.run([&] { return readers.outstanding() == 0; }, start + patience));
        const auto took = SteadyClock::now() - start;
        if (!done || good != count) return fail(ErrorCode::internal, "a reader was not answered");
        TRY(control.run([&] { return control.outstanding() == 0; }, start + patience));
        return took;
    }

    static Result<Nanoseconds> answer_all(LoadLoop& loop) {
        const auto request = request_of("PUT", "/v1/kv/watched", "value");
        const auto start = SteadyClock::now();
        loop.on_answer([](const Answer&) {});
        for (ConnectionIndex i = 0; i < loop.connection_count(); ++i) loop.send(i, request);
        TRY_AS(const bool done,
               loop.run([&] { return loop.outstanding() == 0; }, start + patience));
        if (!done) return fail(ErrorCode::internal, "the limit did not answer");
        return SteadyClock::now() - start;
    }

    Result<void> measure_wake_up(size_t count) {
        TRY_AS(const auto control, LoadLoop::connect(product_->endpoint(), 1));
        TRY_AS(const auto readers, LoadLoop::connect(product_->endpoint(), count));
        TRY_AS(const auto limit_loop, LoadLoop::connect(limit_->endpoint(), count));
        Rounds took;
        const int rounds = bench_.choose(7, 3);
        for (int round = 0; round <= rounds; ++round) {
            TRY_AS(const auto limit, answer_all(*limit_loop));
            TRY_AS(const auto product, wake(*control, *readers, round));
            if (round > 0) {
                took.add(static_cast<double>(product.count()), static_cast<double>(limit.count()));
            }
        }
        const auto time = [](double nanoseconds) {
            return time_text(Nanoseconds(static_cast<int64_t>(nanoseconds)));
        };
        const bool is_crowd = count >= 5000;
        bench_.report().add(
            {fmt::format("one write wakes {} reader{}", count, count == 1 ? "" : "s"),
             time(took.product()), time(took.limit()), took.ratio_text(),
             is_crowd ? "< 100 ms" : "",
             is_crowd ? verdict(took.product() < static_cast<double>(wake_max.count()))
                      : Verdict::none});
        return {};
    }

    Bench& bench_;
    std::unique_ptr<Child> product_;
    std::unique_ptr<Child> limit_;
};

}  // namespace

Result<void> measure_registry(Bench& bench) {
    return Registry(bench).run();
}

}  // namespace signalbox::bench
