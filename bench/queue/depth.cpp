#include <deque>

#include <fmt/format.h>

#include "bench/harness/statistics.h"
#include "bench/queue/measurements.h"
#include "bench/queue/queue_client.h"

// Whether a claim costs more in a longer queue, or in one with many claims open.

namespace signalbox::bench {
namespace {

// Noise of a shared machine is below this; a cost that grows with the queue is far above.
constexpr double flat_ratio_max = 1.5;

struct DeepQueue {
    std::string what;
    std::string name;
    Histogram claims;
    Histogram erasures;
};

class Depth {
public:
    explicit Depth(Bench& bench) : bench_(bench) {}

    Result<void> run() {
        TRY_AS(server_, bench_.start_signalbox("queue-depth"));
        TRY_AS(loop_, LoadLoop::connect(server_->endpoint(), 16));
        bench_.report().begin(
            "Cost of a claim by depth of the queue",
            "One server holds all these queues at once, with bodies of 64 bytes; one connection "
            "claims 20 messages and deletes them with its next request, in turn in each queue, so "
            "that whatever else the machine does hits all of them alike. As many are posted again "
            "as were deleted. Each request contains one fdatasync. The limit is the same in the "
            "queue of 1,000 messages, and the ratio is of the medians.");
        for (const size_t depth : {1'000u, 100'000u, 1'000'000u, 10'000'000u}) {
            if (bench_.is_quick() && depth > 100'000) continue;
            TRY(add(fmt::format("{} messages", depth), depth, 0));
        }
        const size_t claims = bench_.choose(1'000'000u, 10'000u);
        TRY(add(fmt::format("{} open claims of one message each", claims), claims + 1000, claims));
        const size_t rounds = bench_.choose(1000u, 200u);
        for (size_t round = 0; round < rounds; ++round) {
            for (auto& queue : queues_) TRY(measure(queue));
        }
        for (const auto& queue : queues_) report(queue);
        TRY(server_->stop());
        bench_.forget("queue-depth");
        return {};
    }

private:
    Result<void> add(std::string what, size_t messages, size_t claims) {
        queues_.push_back({std::move(what), fmt::format("deep-{}-{}", messages, claims), {}, {}});
        const auto& name = queues_.back().name;
        TRY(fill_queue(*loop_, {name, messages, {100, 64}}));
        return claims > 0 ? claim_one_by_one(name, claims) : Result<void>();
    }

    Result<void> claim_one_by_one(std::string_view name, size_t claims) {
        constexpr size_t depth = 8;
        size_t sent = 0;
        bool is_good = true;
        const auto send_next = [&](ConnectionIndex connection) {
            if (sent++ < claims) loop_->send(connection, requests_.claim(name, 1));
        };
        loop_->on_answer([&](const Answer& answer) {
            is_good = is_good && answer.status == QueueRequests::created_status;
            if (is_good) send_next(answer.connection);
        });
        for (size_t i = 0; i < depth; ++i) {
            for (ConnectionIndex c = 0; c < loop_->connection_count(); ++c) send_next(c);
        }
        const auto ran = loop_->run([&] { return !is_good || loop_->outstanding() == 0; },
                                    SteadyClock::now() + std::chrono::minutes(5));
        loop_->on_answer(nullptr);
        if (!ran) return fail(ran.error());
        if (!is_good || !*ran) return fail(ErrorCode::internal, "a claim was not made");
        return {};
    }

    Result<void> measure(DeepQueue& queue) {
        TRY_AS(const auto claimed,
               loop_->ask(0, requests_.claim(queue.name, QueueRequests::claim_max)));
        read_message_ids(claimed.body, ids_);
        if (claimed.status != QueueRequests::created_status ||
            ids_.size() != QueueRequests::claim_max) {
            return fail(ErrorCode::internal,
                        fmt::format("a claim was answered {}", claimed.status));
        }
        queue.claims.add(claimed.latency);
        TRY_AS(const auto erased, loop_->ask(0, requests_.erase(queue.name, ids_)));
        if (erased.status != QueueRequests::no_content_status) {
            return fail(ErrorCode::internal,
                        fmt::format("a deletion was answered {}", erased.status));
        }
        queue.erasures.add(erased.latency);
        return fill_queue(*loop_, {queue.name, QueueRequests::claim_max, {20, 64}});
    }

    void report(const DeepQueue& queue) {
        const auto text = [](const Histogram& times) {
            return fmt::format("p50 {}, p99 {}", time_text(times.percentile(0.5)),
                               time_text(times.percentile(0.99)));
        };
        const auto add = [&](std::string_view what, const Histogram& times,
                             const Histogram& shallow) {
            const double ratio =
                milliseconds_of(times.percentile(0.5)) / milliseconds_of(shallow.percentile(0.5));
            bench_.report().add({fmt::format("{}, {}", what, queue.what), text(times),
                                 text(shallow), short_number(ratio), "< 1.5",
                                 verdict(ratio < flat_ratio_max)});
        };
        if (&queue == &queues_.front()) return;
        add("claim 20", queue.claims, queues_.front().claims);
        add("delete 20", queue.erasures, queues_.front().erasures);
    }

    Bench& bench_;
    std::unique_ptr<Child> server_;
    std::unique_ptr<LoadLoop> loop_;
    std::deque<DeepQueue> queues_;
    QueueRequests requests_;
    std::vector<ZaqarId> ids_;
};

}  // namespace

Result<void> measure_queue_depth(Bench& bench) {
    return Depth(bench).run();
}

}  // namespace signalbox::bench
