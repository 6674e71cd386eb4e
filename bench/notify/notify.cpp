#include <algorithm>

#include <fmt/format.h>

#include "bench/harness/load_round.h"
#include "bench/load/request.h"
#include "bench/notify/curl_posts.h"
#include "bench/notify/measurements.h"
#include "bench/notify/sink.h"
#include "bench/queue/queue_client.h"

// How fast subscribers are told, beside libcurl alone.

namespace signalbox::bench {
namespace {

constexpr double delivery_rate_min = 10e3;
constexpr size_t queues = 10;
constexpr size_t subscribers = 10;  // of each
constexpr size_t batch = 10;
constexpr size_t connections = 16;
constexpr size_t crowd = 100;
constexpr auto patience = std::chrono::minutes(5);
constexpr std::string_view identity =
    "Client-ID: 3381af92-2b9e-11e3-b191-71861300734c\r\nX-Project-ID: bench\r\n";
// As Zaqar's subscribers are told it.
std::string webhook_body() {
    return fmt::format(R"({{"ttl": 3600, "body": "{:x<62}", "Message_Type": "Notification", )"
                       R"("queue_name": "notify-0"}})",
                       1234567890123456789);
}

class Notifying {
public:
    explicit Notifying(Bench& bench) : bench_(bench) {}

    Result<void> run() {
        TRY_AS(server_, bench_.start_signalbox("notify", {"--notify-private"}));
        TRY_AS(sink_, Sink::start());
        TRY_AS(loop_, LoadLoop::connect(server_->endpoint(), connections));
        bench_.report().begin(
            "Notifications",
            "Webhooks of Zaqar's subscriptions, signed, to a sink on the same two cores that "
            "answers 204; messages have bodies of 64 bytes. Deliveries are counted from the first "
            "post of a burst (10 messages a request, 10 queues with 10 subscribers each) to the "
            "last arrival. The limit is libcurl alone, which posts the same bytes to the same sink "
            "over as many connections as there are subscribers. The delay is that from the post of "
            "one message, sent when the one before has arrived, to its arrival.");
        TRY(measure_deliveries());
        TRY(measure_delay());
        TRY(measure_posts());
        loop_.reset();
        TRY(server_->stop());
        bench_.forget("notify");
        return {};
    }

private:
    Result<void> subscribe(std::string_view queue, std::string_view path) {
        std::string request;
        const auto body = fmt::format(R"({{"subscriber":"{}","ttl":86400}})", sink_->url(path));
        const auto target = fmt::format("/v2/queues/{}/subscriptions", queue);
        append_request(request, {"POST", target, identity, body});
        TRY_AS(const auto reply, loop_->ask(0, request));
        if (reply.status != 201) return fail(ErrorCode::internal, "not subscribed: " + reply.body);
        return {};
    }

    // Messages that say when they were posted.
    std::string_view post(std::string_view queue, size_t count) {
        const auto now = SteadyClock::now().time_since_epoch().count();
        const auto message = fmt::format(R"({{"body":"{:x<62}","ttl":3600}})", now);
        std::string body = R"({"messages":[)";
        for (size_t i = 0; i < count; ++i) body += (i == 0 ? "" : ",") + message;
        body += "]}";
        request_.clear();
        const auto target = fmt::format("/v2/queues/{}/messages", queue);
        append_request(request_, {"POST", target, identity, body});
        return request_;
    }

    // Looks after the loop until so many have arrived.
    Result<void> wait_for(uint64_t arrivals) {
        const auto have_come = [&] {
            return sink_->count() >= arrivals && loop_->outstanding() == 0;
        };
        // The loop looks up when it is answered, but not when something arrives.
        const auto give_up_at = SteadyClock::now() + patience;
        while (SteadyClock::now() < give_up_at) {
            const auto look_again_at = SteadyClock::now() + std::chrono::milliseconds(1);
            TRY_AS(const auto came, loop_->run(have_come, look_again_at));
            if (came) return {};
        }
        return fail(ErrorCode::internal,
                    fmt::format("{} of {} notifications arrived", sink_->count(), arrivals));
    }

    Result<void> measure_deliveries() {
        for (size_t i = 0; i < queues; ++i) {
            for (size_t k = 0; k < subscribers; ++k) {
                TRY(subscribe(fmt::format("notify-{}", i), fmt::format("/{}/{}", i, k)));
            }
        }
        const size_t requests = bench_.choose(3000u, 500u);
        Rounds rounds;
        // The first round warms up caches, connections and code; it is not counted.
        for (int round = 0; round <= bench_.choose(5, 2); ++round) {
            TRY_AS(const double limit,
                   run_curl_posts({sink_->url("/limit"), webhook_body(), queues * subscribers,
                                   bench_.choose(std::chrono::milliseconds(1000),
                                                 std::chrono::milliseconds(300))}));
            TRY_AS(const double rate, burst(requests));
            if (round > 0) rounds.add(rate, limit);
        }
        bench_.report().add({"deliveries a second", short_number(rounds.product()) + "/s",
                             short_number(rounds.limit()) + "/s", rounds.ratio_text(), ">= 10 k/s",
                             verdict(rounds.product() >= delivery_rate_min)});
        bench_.report().add({"processor time of the server for a delivery",
                             fmt::format("{:.1f} us", processor_us_), "", "", "", Verdict::none});
        return {};
    }

    // Deliveries a second.
    Result<double> burst(size_t requests) {
        const uint64_t before = sink_->count();
        const uint64_t deliveries = requests * batch * subscribers;
        const auto processor_before = server_->processor_time();
        const auto began = SteadyClock::now();
        size_t sent = 0;
        bool is_refused = false;
        const auto next = [&](ConnectionIndex connection) {
            if (sent == requests) return;
            loop_->send(connection, post(fmt::format("notify-{}", sent++ % queues), batch));
        };
        loop_->on_answer([&](const Answer& answer) {
            is_refused = is_refused || answer.status != QueueRequests::created_status;
            next(answer.connection);
        });
        for (ConnectionIndex c = 0; c < connections; ++c) next(c);
        const auto came = wait_for(before + deliveries);
        loop_->on_answer(nullptr);
        TRY(came);
        if (is_refused) return fail(ErrorCode::internal, "a post was refused");
        const auto count = static_cast<double>(deliveries);
        const double took = seconds_of(SteadyClock::now() - began);
        processor_us_ = seconds_of(server_->processor_time() - processor_before) * 1e6 / count;
        return count / took;
    }

    Result<void> measure_delay() {
        TRY(subscribe("one", "/one"));
        static_cast<void>(sink_->take_latencies());
        for (int i = 0; i < bench_.choose(5000, 500); ++i) {
            const uint64_t before = sink_->count();
            loop_->send(0, post("one", 1));
            TRY(wait_for(before + 1));
        }
        const auto latencies = sink_->take_latencies();
        for (const auto& [name, fraction] : {std::pair("median", 0.5), std::pair("p99", 0.99)}) {
            bench_.report().add({fmt::format("delay from post to arrival, {}", name),
                                 time_text(latencies.percentile(fraction)), "", "", "",
                                 Verdict::none});
        }
        return {};
    }

    // Of messages that nobody subscribed to, and of those that many did.
    Result<void> measure_posts() {
        for (size_t i = 0; i < crowd; ++i) TRY(subscribe("crowd", fmt::format("/crowd/{}", i)));
        const auto span =
            bench_.choose(std::chrono::milliseconds(500), std::chrono::milliseconds(100));
        Series series;
        const auto calls = [this](std::string_view queue) {
            return LoadCalls{[this, queue](ConnectionIndex) { return post(queue, 1); },
                             [](const Answer& answer) {
                                 return answer.status == QueueRequests::created_status;
                             }};
        };
        for (int round = 0; round <= bench_.choose(5, 2); ++round) {
            TRY_AS(const auto alone, run_round(*loop_, *server_, calls("nobody"), {span, 1}));
            const uint64_t before = sink_->count();
            TRY_AS(const auto told, run_round(*loop_, *server_, calls("crowd"), {span, 1}));
            // All that it leads to, so that the next round begins with nothing to do.
            const auto posted = static_cast<uint64_t>(told.latency.count());
            TRY(wait_for(before + posted * crowd));
            if (round > 0) series.add(told, alone);
        }
        bench_.report().add(series.figure(
            fmt::format("post one while {} subscribers listen, 16 connections", crowd)));
        return {};
    }

    Bench& bench_;
    std::unique_ptr<Sink> sink_;
    std::unique_ptr<Child> server_;
    std::unique_ptr<LoadLoop> loop_;
    std::string request_;
    double processor_us_ = 0;
};

}  // namespace

Result<void> measure_notify(Bench& bench) {
    return Notifying(bench).run();
}

}  // namespace signalbox::bench
