#include <fmt/format.h>

#include "bench/feed/measurements.h"
#include "bench/harness/load_round.h"
#include "bench/load/request.h"

// How many changes of a collection a second are written, told to those who follow it, and told
// again to those who come back.

namespace signalbox::bench {
namespace {

constexpr size_t writers = 64;
constexpr std::string_view body =
    R"({"name":"Meeting with Alice","room":"4.12","guests":["bob@example.com","eve@example.com"],)"
    R"("starts_at":"2026-11-21T09:00:00Z","notes":"What we said last time, and what is new."})";
constexpr auto patience = std::chrono::minutes(2);

class Feed {
public:
    explicit Feed(Bench& bench) : bench_(bench) {}

    Result<void> run() {
        TRY_AS(product_, bench_.start_signalbox("feed"));
        TRY_AS(limit_, bench_.start_limit("feed-limit"));
        bench_.report().begin(
            "Changes of a collection",
            fmt::format(
                "Items of {} bytes, {} connections with one request each, every change durable "
                "when "
                "it is answered. Of writes the limit is the limit server, sent the same bytes. "
                "Changes told are what all followers together get of so many writes, each as a "
                "server-sent event; the limit is as many as there would be if nobody followed, and "
                "all of them were told at once. Those told again are read from the store by a "
                "follower that comes back; their limit is a list of as many items.",
                body.size(), writers));
        TRY(declare("plain", "{}"));
        TRY(declare("job", R"({"appliers":["a"],"deadline":"1h"})"));
        TRY(measure_writes("plain", "change, with its event"));
        TRY(measure_writes("job", "change, with its event and an operation"));
        for (const size_t followers : {1u, 100u}) TRY(measure_told(followers));
        TRY(measure_told_again());
        return product_->stop();
    }

private:
    [[nodiscard]] Nanoseconds span() const {
        return bench_.choose(std::chrono::milliseconds(300), std::chrono::milliseconds(100));
    }

    static std::string request(std::string_view method, std::string_view target,
                               std::string_view content) {
        std::string bytes;
        append_request(bytes, {method, target, {}, content});
        return bytes;
    }

    Result<void> declare(std::string_view type, std::string_view declaration) {
        TRY_AS(const auto loop, LoadLoop::connect(product_->endpoint(), 1));
        TRY_AS(const auto reply,
               loop->ask(0, request("PUT", fmt::format("/api/v1/types/{}", type), declaration)));
        if (reply.status == 201) return {};
        return fail(ErrorCode::internal, "the type is refused: " + reply.body);
    }

    static LoadCalls calls(const std::string& bytes) {
        return {[&bytes](ConnectionIndex) { return std::string_view(bytes); },
                [](const Answer& answer) { return answer.status == 201; }};
    }

    Result<void> measure_writes(std::string_view type, std::string what) {
        TRY_AS(const auto product_loop, LoadLoop::connect(product_->endpoint(), writers));
        TRY_AS(const auto limit_loop, LoadLoop::connect(limit_->endpoint(), writers));
        const auto bytes = request("POST", fmt::format("/api/v1/collections/{}", type), body);
        Series series;
        for (int round = 0; round <= bench_.choose(5, 3); ++round) {
            TRY_AS(const auto limit, run_round(*limit_loop, *limit_, calls(bytes), {span(), 1}));
            TRY_AS(const auto product,
                   run_round(*product_loop, *product_, calls(bytes), {span(), 1}));
            if (round > 0) series.add(product, limit);
        }
        bench_.report().add(series.figure(std::move(what)));
        return {};
    }

    // Writes so many, and counts what followers are told; seconds until they have all.
    Result<double> write_and_follow(LoadLoop& loop, LoadLoop* followers, size_t count) {
        const auto bytes = request("POST", "/api/v1/collections/told", body);
        size_t sent = 0;
        size_t answered = 0;
        size_t told = 0;
        loop.on_answer([&](const Answer& answer) {
            ++answered;
            if (sent < count) {
                ++sent;
                loop.send(answer.connection, bytes);
            }
        });
        const size_t follower_count = followers == nullptr ? 0 : followers->connection_count();
        if (followers != nullptr) {
            followers->on_event([&](ConnectionIndex, const EventReader::Event& event) {
                if (event.name == "item") ++told;
            });
        }
        const auto begun = SteadyClock::now();
        for (size_t i = 0; i < writers && sent < count; ++i, ++sent) loop.send(i, bytes);
        while (answered < count || told < count * follower_count) {
            if (SteadyClock::now() - begun > patience) {
                return fail(ErrorCode::internal, "followers were not told everything");
            }
            const auto turn = SteadyClock::now() + std::chrono::milliseconds(1);
            TRY_AS(const bool written, loop.run([&] { return answered >= count; }, turn));
            static_cast<void>(written);
            if (followers == nullptr) continue;
            TRY_AS(const bool all_told,
                   followers->run([&] { return told >= count * follower_count; },
                                  SteadyClock::now() + std::chrono::milliseconds(1)));
            static_cast<void>(all_told);
        }
        return seconds_of(SteadyClock::now() - begun);
    }

    Result<void> measure_told(size_t follower_count) {
        TRY(declare_again());
        const size_t count = bench_.choose(10'000u, 2000u);
        TRY_AS(const auto loop, LoadLoop::connect(product_->endpoint(), writers));
        Rounds rounds;
        for (int round = 0; round < bench_.choose(5, 3); ++round) {
            TRY_AS(const double alone, write_and_follow(*loop, nullptr, count));
            TRY_AS(const auto followers, LoadLoop::connect(product_->endpoint(), follower_count));
            // From now on, which is the cursor of a list.
            TRY_AS(const auto list,
                   loop->ask(0, request("GET", "/api/v1/collections/told?limit=1", {})));
            TRY_AS(const auto cursor, cursor_of(list.body));
            const auto follow =
                request("GET", "/api/v1/collections/told?watch=true&cursor=" + cursor, {});
            for (size_t i = 0; i < follower_count; ++i) followers->send(i, follow);
            TRY_AS(const bool sent,
                   followers->run([] { return false; },
                                  SteadyClock::now() + std::chrono::milliseconds(200)));
            static_cast<void>(sent);
            TRY_AS(const double followed, write_and_follow(*loop, followers.get(), count));
            const auto all = static_cast<double>(count * follower_count);
            rounds.add(all / followed, all / alone);
        }
        bench_.report().add({fmt::format("changes told, {} follower{}", follower_count,
                                         follower_count == 1 ? "" : "s"),
                             short_number(rounds.product()) + "/s",
                             short_number(rounds.limit()) + "/s", rounds.ratio_text(), "",
                             Verdict::none});
        return {};
    }

    Result<void> declare_again() {
        if (is_declared_) return {};
        is_declared_ = true;
        return declare("told", "{}");
    }

    static Result<std::string> cursor_of(std::string_view text) {
        constexpr std::string_view mark = R"("cursor":")";
        const size_t at = text.find(mark);
        if (at == std::string_view::npos) return fail(ErrorCode::internal, "a list has no cursor");
        text.remove_prefix(at + mark.size());
        return std::string(text.substr(0, text.find('"')));
    }

    // A follower that has been away while all of them were written.
    Result<void> measure_told_again() {
        TRY(declare("again", "{}"));
        const size_t count = bench_.choose(50'000u, 10'000u);
        TRY_AS(const auto loop, LoadLoop::connect(product_->endpoint(), writers));
        TRY_AS(const auto list,
               loop->ask(0, request("GET", "/api/v1/collections/again?limit=1", {})));
        TRY_AS(const auto cursor, cursor_of(list.body));
        const auto post = request("POST", "/api/v1/collections/again", body);
        size_t sent = 0;
        size_t answered = 0;
        loop->on_answer([&](const Answer& answer) {
            ++answered;
            if (sent++ < count) loop->send(answer.connection, post);
        });
        for (; sent < writers; ++sent) loop->send(sent, post);
        TRY_AS(const bool written,
               loop->run([&] { return loop->outstanding() == 0; }, SteadyClock::now() + patience));
        if (!written || answered < count) return fail(ErrorCode::internal, "not all were written");
        Rounds rounds;
        for (int round = 0; round < bench_.choose(5, 3); ++round) {
            TRY_AS(const double listed, read_list(*loop, answered));
            TRY_AS(const auto follower, LoadLoop::connect(product_->endpoint(), 1));
            size_t told = 0;
            follower->on_event([&](ConnectionIndex, const EventReader::Event& event) {
                if (event.name == "item") ++told;
            });
            const auto begun = SteadyClock::now();
            follower->send(
                0, request("GET", "/api/v1/collections/again?watch=true&cursor=" + cursor, {}));
            TRY_AS(const bool all,
                   follower->run([&] { return told >= answered; }, SteadyClock::now() + patience));
            if (!all) return fail(ErrorCode::internal, "the follower was not told everything");
            const double caught_up = seconds_of(SteadyClock::now() - begun);
            rounds.add(static_cast<double>(answered) / caught_up,
                       static_cast<double>(answered) / listed);
        }
        bench_.report().add({"changes told again", short_number(rounds.product()) + "/s",
                             short_number(rounds.limit()) + "/s", rounds.ratio_text(), "",
                             Verdict::none});
        return {};
    }

    Result<double> read_list(LoadLoop& loop, size_t count) {
        const auto begun = SteadyClock::now();
        std::string target = "/api/v1/collections/again?limit=1000";
        size_t listed = 0;
        while (!target.empty()) {
            TRY_AS(const auto page, loop.ask(0, request("GET", target, {})));
            for (size_t at = page.body.find(R"("item":)"); at != std::string::npos;
                 at = page.body.find(R"("item":)", at + 1)) {
                ++listed;
            }
            constexpr std::string_view mark = R"("next":")";
            const size_t next = page.body.find(mark);
            target.clear();
            if (next == std::string::npos) continue;
            const auto rest = std::string_view(page.body).substr(next + mark.size());
            target = rest.substr(0, rest.find('"'));
        }
        if (listed != count) return fail(ErrorCode::internal, "the list is not whole");
        return seconds_of(SteadyClock::now() - begun);
    }

    Bench& bench_;
    std::unique_ptr<Child> product_;
    std::unique_ptr<Child> limit_;
    bool is_declared_ = false;
};

}  // namespace

Result<void> measure_feed(Bench& bench) {
    return Feed(bench).run();
}

}  // namespace signalbox::bench
