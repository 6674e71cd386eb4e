#include <array>
#include <span>

#include <fmt/format.h>

#include "base/random.h"
#include "bench/harness/statistics.h"
#include "bench/ticket/measurements.h"
#include "bench/ticket/ticket_client.h"

// Whether what is done with a ticket costs more in a longer line.

namespace signalbox::bench {
namespace {

constexpr double p99_ms_max = 5.0;
constexpr size_t cnapi_share = 10;  // one creation in so many by the old API: its answers are long

enum class Operation : uint8_t { create, show, release, cnapi_create };
constexpr std::array<std::pair<Operation, std::string_view>, 4> operations{
    {{Operation::create, "create at the end"},
     {Operation::show, "get any one"},
     {Operation::release, "release the holder"},
     {Operation::cnapi_create, "create by CNAPI (shows 1,000 of the line)"}}};

struct DeepLine {
    size_t depth = 0;
    std::string name;
    std::vector<TicketName> tickets;  // in their order
    size_t holder = 0;                // tickets before this one are released
    std::array<Histogram, operations.size()> times;

    Histogram& times_of(Operation operation) { return times[static_cast<size_t>(operation)]; }
};

class Depth {
public:
    explicit Depth(Bench& bench) : bench_(bench) {}

    Result<void> run() {
        TRY_AS(server_, bench_.start_signalbox("depth"));
        TRY_AS(loop_, LoadLoop::connect(server_->endpoint(), 1));
        bench_.report().begin(
            "Cost by depth of the line",
            "One server holds lines of all these depths at once; one connection does one thing "
            "after the other, in turn in each line, so that whatever else the machine does hits "
            "all depths alike. The limit is the same in the line of depth 10, and the ratio is "
            "of the medians. Creating and releasing contain one fdatasync.");
        for (const size_t depth : {10u, 1'000u, 100'000u, 1'000'000u}) {
            if (bench_.is_quick() && depth > 100'000) continue;
            lines_.push_back({depth, fmt::format("deep-{}", depth), {}, 0, {}});
            auto& line = lines_.back();
            TRY_AS(line.tickets, create_tickets(*loop_, 0, depth, [&](size_t) {
                       return std::string_view(line.name);
                   }));
        }
        const size_t rounds = bench_.choose(2000u, 300u);
        for (size_t round = 0; round < rounds; ++round) {
            for (const auto& [operation, name] : operations) {
                if (operation == Operation::cnapi_create && round % cnapi_share != 0) continue;
                for (auto& line : lines_) TRY(measure(operation, line));
            }
        }
        for (const auto& [operation, name] : operations) report(operation, name);
        return {};
    }

private:
    Result<void> measure(Operation operation, DeepLine& line) {
        std::string_view request;
        uint16_t expected = 200;
        switch (operation) {
            case Operation::create:
                request = requests_.create(Api::native, line.name, TicketRequests::for_a_day);
                expected = 201;
                break;
            case Operation::cnapi_create:
                request = requests_.create(Api::cnapi, line.name, TicketRequests::until_2100);
                expected = 202;
                break;
            case Operation::show: {
                const size_t left = line.tickets.size() - line.holder;
                request = requests_.show(line.tickets[line.holder + random_.below(left)]);
                break;
            }
            case Operation::release:
                request = requests_.release(Api::native, line.tickets[line.holder]);
                ++line.holder;
                break;
        }
        TRY_AS(const auto reply, loop_->ask(0, request));
        if (reply.status != expected) {
            return fail(ErrorCode::internal, fmt::format("the server answered {}", reply.status));
        }
        line.times_of(operation).add(reply.latency);
        if (expected == 200) return {};
        const auto name = TicketName::of_answer(reply.body);
        if (!name) return fail(ErrorCode::internal, "a new ticket has no name");
        line.tickets.push_back(*name);
        return {};
    }

    void report(Operation operation, std::string_view what) {
        const auto text = [](const Histogram& times) {
            return fmt::format("p50 {}, p99 {}", time_text(times.percentile(0.5)),
                               time_text(times.percentile(0.99)));
        };
        const Histogram& shallow = lines_.front().times_of(operation);
        for (auto& line : std::span(lines_).subspan(1)) {
            const Histogram& times = line.times_of(operation);
            const bool has_target = operation != Operation::cnapi_create;
            const double p99 = milliseconds_of(times.percentile(0.99));
            bench_.report().add({fmt::format("{}, depth {}", what, line.depth), text(times),
                                 text(shallow),
                                 short_number(milliseconds_of(times.percentile(0.5)) /
                                              milliseconds_of(shallow.percentile(0.5))),
                                 has_target ? "p99 < 5 ms" : "",
                                 has_target ? verdict(p99 < p99_ms_max) : Verdict::none});
        }
    }

    Bench& bench_;
    std::unique_ptr<Child> server_;
    std::unique_ptr<LoadLoop> loop_;
    std::vector<DeepLine> lines_;
    TicketRequests requests_;
    Random random_{1};
};

}  // namespace

Result<void> measure_depth(Bench& bench) {
    return Depth(bench).run();
}

}  // namespace signalbox::bench
