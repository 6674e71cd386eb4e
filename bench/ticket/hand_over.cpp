#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "base/assert.h"
#include "bench/harness/server_metric.h"
#include "bench/harness/statistics.h"
#include "bench/ticket/measurements.h"
#include "bench/ticket/workload.h"

// From a release to the answer of the wait that it wakes, in lines of different lengths whose
// tickets are all waited for.

namespace signalbox::bench {
namespace {

constexpr auto step_timeout = std::chrono::seconds(20);
constexpr size_t hand_overs_in_a_row = 200;
constexpr double p99_ms_max = 2.0;
constexpr double per_second_min = 5000;

// One line in which the holder releases its ticket on its own connection as soon as it has it.
// Of the connections from `first` on, the first one holds first, and the i-th behind it waits
// for the i-th ticket.
class Chain {
public:
    Chain(LoadLoop& loop, ConnectionIndex first, std::vector<TicketName> tickets)
        : loop_(loop), first_(first), tickets_(std::move(tickets)) {}

    void begin_waits() {
        for (size_t i = 1; i < tickets_.size(); ++i) {
            loop_.send(first_ + i, requests_.wait(tickets_[i]), wait_tag);
        }
    }
    // Hands over `count` times, as far as there are tickets, each time when the one before is
    // done; is_done() tells the end.
    void run(size_t count) {
        end_ = std::min(tickets_.size() - 1, holder_ + count);
        if (!is_done()) release();
    }
    void take(const Answer& answer, Histogram& woken) {
        is_good_ = is_good_ && answer.status == 200;
        if (answer.tag == release_tag) {
            is_released_ = true;
        } else {
            is_good_ = is_good_ && !is_woken_ && answer.connection == first_ + holder_ + 1;
            woken.add(SteadyClock::now() - released_at_);
            is_woken_ = true;
            ++holder_;
        }
        if (is_good_ && is_woken_ && is_released_ && holder_ < end_) release();
    }

    // False after a release has woken another ticket than the next one, or more than one.
    [[nodiscard]] bool is_good() const { return is_good_; }
    [[nodiscard]] bool is_done() const { return holder_ == end_ && is_released_; }
    [[nodiscard]] bool is_over() const { return holder_ + 1 == tickets_.size(); }
    [[nodiscard]] size_t done() const { return holder_; }
    [[nodiscard]] const TicketName& last() const { return tickets_.back(); }

private:
    static constexpr uint32_t wait_tag = 1;
    static constexpr uint32_t release_tag = 2;

    void release() {
        is_woken_ = false;
        is_released_ = false;
        released_at_ = SteadyClock::now();
        loop_.send(first_ + holder_, requests_.release(Api::native, tickets_[holder_]),
                   release_tag);
    }

    LoadLoop& loop_;
    const ConnectionIndex first_;
    const std::vector<TicketName> tickets_;
    TicketRequests requests_;
    size_t holder_ = 0;
    size_t end_ = 0;
    bool is_good_ = true;
    bool is_woken_ = true;
    bool is_released_ = true;
    SteadyClock::time_point released_at_;
};

// Some lines at once, of the same length, on the connections of one loop.
class Chains {
public:
    static Result<Chains> make(LoadLoop& loop, std::string_view name, size_t lines,
                               size_t waiting) {
        Chains chains(loop, waiting + 1);
        for (size_t i = 0; i < lines; ++i) {
            const auto line = fmt::format("{}-{}", name, i);
            TRY_AS(auto tickets, create_tickets(loop, 0, waiting + 1,
                                                [&](size_t) { return std::string_view(line); }));
            chains.chains_.push_back(
                std::make_unique<Chain>(loop, i * (waiting + 1), std::move(tickets)));
        }
        for (auto& chain : chains.chains_) chain->begin_waits();
        TRY(wait_for_metric(loop, 0, "signalbox_waiters", static_cast<double>(lines * waiting)));
        return chains;
    }

    // `count` hand-overs in each line, or as many as are left; returns how many there were.
    Result<size_t> run(size_t count, Histogram& woken) {
        const size_t before = done();
        loop_->on_answer([&](const Answer& answer) {
            chains_[answer.connection / length_]->take(answer, woken);
        });
        for (auto& chain : chains_) chain->run(count);
        const auto is_done = [&] {
            return std::all_of(chains_.begin(), chains_.end(), [](const auto& chain) {
                return !chain->is_good() || chain->is_done();
            });
        };
        const auto ran = loop_->run(is_done, SteadyClock::now() + step_timeout);
        loop_->on_answer(nullptr);
        if (!ran) return fail(ran.error());
        const bool is_good = std::all_of(chains_.begin(), chains_.end(),
                                         [](const auto& chain) { return chain->is_good(); });
        if (!is_good || !*ran) {
            return fail(ErrorCode::internal,
                        "a release has not woken exactly the next ticket of its line");
        }
        return done() - before;
    }

    [[nodiscard]] bool is_over() const {
        return std::all_of(chains_.begin(), chains_.end(),
                           [](const auto& chain) { return chain->is_over(); });
    }
    // The last tickets are released too, so that nothing is left in the lines.
    Result<void> finish() {
        for (const auto& chain : chains_) {
            TRY_AS(const auto released,
                   loop_->ask(0, TicketRequests().release(Api::native, chain->last())));
            if (released.status != 200) return fail(ErrorCode::internal, "a release failed");
        }
        return {};
    }

private:
    Chains(LoadLoop& loop, size_t length) : loop_(&loop), length_(length) {}

    [[nodiscard]] size_t done() const {
        size_t done = 0;
        for (const auto& chain : chains_) done += chain->done();
        return done;
    }

    LoadLoop* loop_;
    size_t length_;  // connections of a chain
    std::vector<std::unique_ptr<Chain>> chains_;
};

class HandOver {
public:
    explicit HandOver(Bench& bench) : bench_(bench) {}

    Result<void> run() {
        TRY_AS(product_, bench_.start_signalbox("hand-over"));
        TRY_AS(limit_, bench_.start_limit("hand-over-limit"));
        bench_.report().begin(
            "Hand-over of a line",
            "Every ticket of the line has a wait held on a connection of its own. The holder "
            "sends its release; the time runs until the next ticket's wait is answered, and the "
            "connection that was woken releases at once. That each release wakes exactly the "
            "next ticket is checked. In one line, hand-overs come one after the other. The limit "
            "is one request after the other at the limit server: one HTTP exchange and one "
            "fdatasync, the least that a durable hand-over can cost; for several lines at once, "
            "the same on as many connections. Two hundred hand-overs and 30 ms of the limit take "
            "turns.");
        TRY(measure({1, 1}, bench_.choose(1000u, 200u)));
        TRY(measure({100, 1}, bench_.choose(20u, 5u)));
        TRY(measure({bench_.choose(10'000u, 2'000u), 1}, 1));
        return measure({100, 64}, bench_.choose(3u, 1u));
    }

private:
    struct Shape {
        size_t waiting = 0;  // in each line
        size_t lines = 0;    // at once
    };

    // The same shape again and again, each time with new lines.
    Result<void> measure(Shape shape, size_t repetitions) {
        TRY_AS(const auto loop,
               LoadLoop::connect(product_->endpoint(), (shape.waiting + 1) * shape.lines));
        TRY_AS(const auto limit_loop, LoadLoop::connect(limit_->endpoint(), shape.lines));
        Histogram woken;
        Histogram limit;
        Rounds rate;
        size_t done = 0;
        Nanoseconds spent{};
        for (size_t i = 0; i < repetitions; ++i) {
            const auto name = fmt::format("hand-over-{}-{}-{}", shape.waiting, shape.lines, i);
            TRY_AS(auto chains, Chains::make(*loop, name, shape.lines, shape.waiting));
            while (!chains.is_over()) {
                const auto started = SteadyClock::now();
                TRY_AS(const size_t count, chains.run(hand_overs_in_a_row, woken));
                spent += SteadyClock::now() - started;
                done += count;
                if (done < hand_overs_in_a_row) continue;
                TRY_AS(const auto round, measure_limit(*limit_loop));
                rate.add(static_cast<double>(done) / seconds_of(spent), round.per_second);
                limit.add(round.latency);
                done = 0;
                spent = {};
            }
            TRY(chains.finish());
        }
        report(shape, woken, limit, rate);
        return {};
    }

    Result<LoadRound> measure_limit(LoadLoop& loop) {
        Workload::Tickets none;
        Workload workload(Api::native, WorkloadKind::release, none, loop.connection_count());
        return run_round(loop, *limit_, workload.calls_to_limit(),
                         {std::chrono::milliseconds(30), 1});
    }

    void report(Shape shape, const Histogram& woken, const Histogram& limit, const Rounds& rate) {
        const auto times = [](const Histogram& histogram) {
            return fmt::format("p50 {}, p99 {}, max {}", time_text(histogram.percentile(0.5)),
                               time_text(histogram.percentile(0.99)), time_text(histogram.max()));
        };
        const bool has_target = shape.waiting >= 1000;
        const auto place = shape.lines == 1 ? fmt::format("{} waiting", shape.waiting)
                                            : fmt::format("{} lines at once, {} waiting in each",
                                                          shape.lines, shape.waiting);
        const double p99 = milliseconds_of(woken.percentile(0.99));
        bench_.report().add({"release to the next wait's answer, " + place, times(woken),
                             times(limit),
                             short_number(milliseconds_of(woken.percentile(0.5)) /
                                          milliseconds_of(limit.percentile(0.5))) +
                                 " at p50",
                             has_target ? "p99 < 2 ms" : "",
                             has_target ? verdict(p99 < p99_ms_max) : Verdict::none});
        bench_.report().add(
            {"hand-overs, " + place, short_number(rate.product()) + "/s",
             short_number(rate.limit()) + "/s", rate.ratio_text(), has_target ? ">= 5,000/s" : "",
             has_target ? verdict(rate.product() >= per_second_min) : Verdict::none});
    }

    Bench& bench_;
    std::unique_ptr<Child> product_;
    std::unique_ptr<Child> limit_;
};

}  // namespace

Result<void> measure_hand_over(Bench& bench) {
    return HandOver(bench).run();
}

}  // namespace signalbox::bench
