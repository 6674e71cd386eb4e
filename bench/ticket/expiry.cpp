#include <ctime>

#include <fmt/format.h>

#include "base/time.h"
#include "bench/harness/statistics.h"
#include "bench/ticket/measurements.h"
#include "bench/ticket/ticket_client.h"

// How late a ticket's end is noticed: from the time that it was to expire until the client that
// waits behind it has its answer.

namespace signalbox::bench {
namespace {

constexpr double lateness_ms_max = 50;
constexpr auto setup_margin = std::chrono::milliseconds(500);
constexpr auto setup_per_ticket = std::chrono::microseconds(150);

using WallClock = std::chrono::system_clock;

// How late a thread of this process wakes up that sleeps until a time: nothing can be better.
Histogram measure_sleeping(size_t count) {
    Histogram lateness;
    auto next = SteadyClock::now();
    for (size_t i = 0; i < count; ++i) {
        next += std::chrono::milliseconds(3);
        const auto since = next.time_since_epoch();
        const auto whole = std::chrono::duration_cast<std::chrono::seconds>(since);
        timespec until{whole.count(),
                       std::chrono::duration_cast<Nanoseconds>(since - whole).count()};
        ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
        lateness.add(SteadyClock::now() - next);
    }
    return lateness;
}

// Lines of two tickets: the first ends at its own time, and then the second is granted.
class Expiry {
public:
    Expiry(LoadLoop& loop, size_t lines, Nanoseconds spread)
        : loop_(loop), lines_(lines), spread_(spread) {}

    Result<Histogram> run() {
        const auto start = WallClock::now() + setup_margin + setup_per_ticket * 2 * lines_;
        for (size_t i = 0; i < lines_; ++i) {
            const auto at =
                start + spread_ * static_cast<int64_t>(i) / static_cast<int64_t>(lines_);
            ends_.push_back(std::chrono::ceil<Duration>(at));
        }
        TRY(make_tickets());
        TRY(wait_for_all());
        return lateness_;
    }

private:
    std::string line_name(size_t index) const { return fmt::format("expiry-{}-{}", lines_, index); }

    // The holder of each line first. Every other one has its life measured by the server, by a
    // span instead of a time of the calendar.
    Result<void> make_tickets() {
        waiting_.resize(lines_);
        size_t answered = 0;
        bool is_good = true;
        loop_.on_answer([&](const Answer& answer) {
            const auto name = TicketName::of_answer(answer.body);
            is_good = is_good && answer.status == 201 && name;
            ++answered;
            if (!is_good) return;
            if (answer.tag % 2 == 1) waiting_[answer.tag / 2] = *name;
            if (answer.tag % 4 == 0) is_good = read_end(answer);
        });
        for (size_t i = 0; i < lines_; ++i) {
            const auto line = line_name(i);
            const auto connection = i % loop_.connection_count();
            const auto tag = static_cast<uint32_t>(2 * i);
            loop_.send(connection, requests_.create(Api::native, line, expiry_of(i)), tag);
            loop_.send(connection, requests_.create(Api::native, line, TicketRequests::for_a_day),
                       tag + 1);
            // Not all at once: what is measured in spans should begin soon after it is sent.
            if (i % 100 != 99) continue;
            TRY(loop_.run([&] { return !is_good || loop_.outstanding() == 0; },
                          SteadyClock::now() + std::chrono::seconds(10)));
        }
        TRY_AS(const bool done, loop_.run([&] { return !is_good || answered == 2 * lines_; },
                                          SteadyClock::now() + std::chrono::seconds(10)));
        if (!is_good || !done) return fail(ErrorCode::internal, "a ticket could not be made");
        return {};
    }

    std::string expiry_of(size_t index) const {
        if (index % 2 == 1)
            return fmt::format(R"("expires_at":"{}")", format_instant(ends_[index]));
        const auto left = std::chrono::duration_cast<Duration>(ends_[index] - WallClock::now());
        return fmt::format(R"("ttl":"{}ms")", left.count());
    }

    // The server says when a span is over.
    bool read_end(const Answer& answer) {
        constexpr std::string_view mark = R"("expires_at":")";
        const size_t at = answer.body.find(mark);
        if (at == std::string_view::npos) return false;
        const auto text = answer.body.substr(at + mark.size());
        const auto instant = parse_instant(text.substr(0, text.find('"')));
        if (instant) ends_[answer.tag / 2] = *instant;
        return instant.has_value();
    }

    Result<void> wait_for_all() {
        if (WallClock::now() + std::chrono::milliseconds(50) > ends_.front()) {
            return fail(ErrorCode::internal, "the machine was too slow to prepare the expiries");
        }
        size_t answered = 0;
        bool is_good = true;
        loop_.on_answer([&](const Answer& answer) {
            const auto late = WallClock::now() - ends_[answer.tag];
            is_good = is_good && answer.status == 200 && late >= -Duration(1);
            lateness_.add(late);
            ++answered;
        });
        for (size_t i = 0; i < lines_; ++i) {
            loop_.send(i, requests_.wait(waiting_[i]), static_cast<uint32_t>(i));
        }
        TRY_AS(const bool done, loop_.run([&] { return !is_good || answered == lines_; },
                                          SteadyClock::now() + std::chrono::seconds(60)));
        loop_.on_answer(nullptr);
        if (!is_good || !done) {
            return fail(ErrorCode::internal, "a wait behind an expiry was not answered well");
        }
        return {};
    }

    LoadLoop& loop_;
    const size_t lines_;
    const Nanoseconds spread_;
    TicketRequests requests_;
    std::vector<Instant> ends_;  // of the holders, by line
    std::vector<TicketName> waiting_;
    Histogram lateness_;
};

std::string times_text(const Histogram& times) {
    return fmt::format("p50 {}, p99 {}, max {}", time_text(times.percentile(0.5)),
                       time_text(times.percentile(0.99)), time_text(times.max()));
}

Result<void> measure(Bench& bench, const Child& server, size_t lines, Nanoseconds spread) {
    TRY_AS(const auto loop, LoadLoop::connect(server.endpoint(), lines));
    const Histogram sleeping = measure_sleeping(200);
    TRY_AS(const auto lateness, Expiry(*loop, lines, spread).run());
    bench.report().add(
        {fmt::format("expiry to the next wait's answer, {} in {:.0f} s", lines, seconds_of(spread)),
         times_text(lateness), times_text(sleeping),
         short_number(milliseconds_of(lateness.percentile(0.5)) /
                      milliseconds_of(sleeping.percentile(0.5))) +
             " at p50",
         "max <= 50 ms", verdict(milliseconds_of(lateness.max()) <= lateness_ms_max)});
    return {};
}

}  // namespace

Result<void> measure_expiry(Bench& bench) {
    TRY_AS(const auto server, bench.start_signalbox("expiry"));
    bench.report().begin(
        "Lateness of expiry",
        "Lines of two tickets: the holder's expires at its own millisecond, half of them by the "
        "calendar and half by a ttl, and the other one has its wait held on a connection of its "
        "own. The time runs from the instant of expiry until that wait's answer has arrived, so "
        "it contains a commit with its fdatasync. The limit is how late a thread of the bench "
        "wakes up that sleeps until a given time.");
    TRY(measure(bench, *server, 40,
                bench.choose(std::chrono::seconds(3), std::chrono::seconds(1))));
    return measure(bench, *server, bench.choose(10'000u, 1'000u),
                   bench.choose(std::chrono::seconds(3), std::chrono::seconds(1)));
}

}  // namespace signalbox::bench
