#include <fmt/format.h>

#include "bench/harness/load_round.h"
#include "bench/queue/measurements.h"
#include "bench/queue/queue_client.h"

// How many messages a second are posted, and how many are claimed and deleted, beside a server that
// only makes the same requests durable.

namespace signalbox::bench {
namespace {

constexpr double post_ratio_min = 0.85;
constexpr double batch_rate_min = 300e3;
constexpr double claim_rate_min = 100e3;
constexpr std::string_view queue = "bench";

bool is_created(const Answer& answer) {
    return answer.status == QueueRequests::created_status;
}

// Each connection claims as much as it may, deletes all of that at once, and so on.
class Consumers {
public:
    explicit Consumers(size_t connections) : held_(connections), limit_turn_(connections) {}

    LoadCalls calls() {
        return {[this](ConnectionIndex connection) { return next(connection); },
                [this](const Answer& answer) { return take(answer); }};
    }
    // The same requests; what is deleted is made up.
    LoadCalls calls_to_limit() {
        return {[this](ConnectionIndex connection) {
                    limit_turn_[connection] = !limit_turn_[connection];
                    return limit_turn_[connection] ? claim() : requests_.erase(queue, made_up_);
                },
                [](const Answer&) { return true; }};
    }
    [[nodiscard]] bool ran_dry() const { return ran_dry_; }

private:
    std::string_view claim() { return requests_.claim(queue, QueueRequests::claim_max); }
    std::string_view next(ConnectionIndex connection) {
        return held_[connection].empty() ? claim() : requests_.erase(queue, held_[connection]);
    }
    bool take(const Answer& answer) {
        auto& held = held_[answer.connection];
        if (!held.empty()) {
            held.clear();
            return answer.status == QueueRequests::no_content_status;
        }
        read_message_ids(answer.body, held);
        ran_dry_ = held.size() != QueueRequests::claim_max;
        return is_created(answer) && !ran_dry_;
    }

    std::vector<std::vector<ZaqarId>> held_;  // by connection
    std::vector<bool> limit_turn_;
    const std::vector<ZaqarId> made_up_{QueueRequests::claim_max,
                                        *ZaqarId::front_of("5f0000000000000000000000\"")};
    QueueRequests requests_;
    bool ran_dry_ = false;
};

class Throughput {
public:
    explicit Throughput(Bench& bench) : bench_(bench) {}

    Result<void> run() {
        TRY_AS(product_, bench_.start_signalbox("queue"));
        TRY_AS(limit_, bench_.start_limit("queue-limit"));
        bench_.report().begin(
            "Messages per second",
            "Zaqar's API v2 over HTTP: bodies of 256 bytes, one queue, every message durable when "
            "it is answered. Every connection keeps one request under way, or as many as it says. "
            "The limit is the limit server, sent the same bytes; its figure counts as many "
            "messages for a request as ours does. Claims take 20 messages, which are deleted with "
            "the next request. CPU is the server's processor time for an answer.");
        for (const size_t connections : {1u, 16u, 64u}) TRY(measure_posts({connections, 1, 1}));
        TRY(measure_posts({64, 1, 10}));
        TRY(measure_posts({16, 16, 1}));
        TRY(measure_posts({16, 16, 10}));
        for (const size_t connections : {1u, 16u, 64u}) TRY(measure_claims(connections));
        return product_->stop();
    }

private:
    struct Posts {
        size_t connections;
        size_t depth;
        size_t batch;
    };

    [[nodiscard]] Nanoseconds span() const {
        return bench_.choose(std::chrono::milliseconds(300), std::chrono::milliseconds(100));
    }
    [[nodiscard]] int rounds() const { return bench_.choose(7, 3); }

    Result<void> measure_posts(const Posts& posts) {
        TRY_AS(const auto product_loop, LoadLoop::connect(product_->endpoint(), posts.connections));
        TRY_AS(const auto limit_loop, LoadLoop::connect(limit_->endpoint(), posts.connections));
        QueueRequests requests;
        const LoadCalls calls{
            [&](ConnectionIndex) { return requests.post(queue, {posts.batch, 256}); }, is_created};
        Series series;
        // The first round warms up caches, connections and code; it is not counted.
        for (int round = 0; round <= rounds(); ++round) {
            const LoadPlan plan{span(), posts.depth};
            TRY_AS(const auto limit, run_round(*limit_loop, *limit_, calls, plan));
            TRY_AS(const auto product, run_round(*product_loop, *product_, calls, plan));
            if (round > 0) series.add(product, limit);
        }
        const auto things = static_cast<double>(posts.batch);
        auto what = posts.batch == 1 ? std::string("post one")
                                     : fmt::format("post in batches of {}", posts.batch);
        what +=
            fmt::format(", {} connection{}", posts.connections, posts.connections == 1 ? "" : "s");
        if (posts.depth > 1) what += fmt::format(", {} pipelined", posts.depth);
        auto figure = series.figure(std::move(what), things);
        if (posts.connections == 64 && posts.batch == 1) {
            figure.target = ">= 0.85";
            figure.verdict = verdict(series.rate.ratio() >= post_ratio_min);
        } else if (posts.depth > 1 && posts.batch > 1) {
            figure.target = ">= 300 k/s";
            figure.verdict = verdict(series.rate.product() * things >= batch_rate_min);
        }
        bench_.report().add(std::move(figure));
        return {};
    }

    Result<void> measure_claims(size_t connections) {
        TRY_AS(const auto product_loop, LoadLoop::connect(product_->endpoint(), connections));
        TRY_AS(const auto limit_loop, LoadLoop::connect(limit_->endpoint(), connections));
        Series series;
        for (int round = 0; round <= rounds(); ++round) {
            // More than a round can take.
            TRY(fill_queue(*product_loop, {queue, bench_.choose(100'000u, 40'000u), {100, 256}}));
            Consumers consumers(connections);
            TRY_AS(const auto limit,
                   run_round(*limit_loop, *limit_, consumers.calls_to_limit(), {span(), 1}));
            TRY_AS(const auto product,
                   run_round(*product_loop, *product_, consumers.calls(), {span(), 1}));
            if (consumers.ran_dry()) return fail(ErrorCode::internal, "the queue ran dry");
            if (round > 0) series.add(product, limit);
        }
        // Two requests for as many messages as a claim takes.
        const double things = static_cast<double>(QueueRequests::claim_max) / 2;
        auto figure = series.figure(fmt::format("claim 20 + delete them, {} connection{}",
                                                connections, connections == 1 ? "" : "s"),
                                    things);
        if (connections == 64) {
            figure.target = ">= 100 k/s";
            figure.verdict = verdict(series.rate.product() * things >= claim_rate_min);
        }
        bench_.report().add(std::move(figure));
        return {};
    }

    Bench& bench_;
    std::unique_ptr<Child> product_;
    std::unique_ptr<Child> limit_;
};

}  // namespace

Result<void> measure_queue_throughput(Bench& bench) {
    return Throughput(bench).run();
}

}  // namespace signalbox::bench
