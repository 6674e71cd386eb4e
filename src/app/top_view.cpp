#include "app/top_view.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "app/exit_code.h"
#include "app/queue_text.h"
#include "app/screen.h"
#include "app/ticket_text.h"
#include "codec/json_writer.h"

namespace signalbox {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t page_items_max = 100;
constexpr Duration interval_default = std::chrono::seconds(1);
constexpr size_t heading_rows = 4;

// A counter may begin anew when the server does.
double rate(uint64_t before, uint64_t now, double seconds) {
    return now > before && seconds > 0 ? static_cast<double>(now - before) / seconds : 0;
}

std::string rate_text(double rate) {
    return rate < 10 ? fmt::format("{:.1f}", rate) : grouped(static_cast<uint64_t>(rate + 0.5));
}

Duration oldest_age(const QueueRates& queue) {
    return queue.stats.oldest ? queue.stats.oldest->age : Duration::zero();
}

template <class Key>
void sort_downwards(std::vector<QueueRates>& rates, Key key) {
    std::stable_sort(rates.begin(), rates.end(),
                     [&](const auto& a, const auto& b) { return key(a) > key(b); });
}

}  // namespace

std::vector<QueueRates> rates_between(const QueuesSeen& before, const QueuesSeen& now) {
    const double seconds = std::chrono::duration<double>(now.at - before.at).count();
    std::vector<QueueRates> rates;
    for (const auto& [name, stats] : now.queues) {
        const auto known = before.queues.find(name);
        // What is new is all of this interval; unless it was only not looked at before.
        const auto then = known == before.queues.end() ? client::QueueStats() : known->second;
        QueueRates queue{name, stats, 0, 0};
        queue.posted = rate(then.posted, stats.posted, seconds);
        // What was there, and what came, and is not there now.
        queue.deleted = rate(stats.total, then.total + stats.posted - then.posted, seconds);
        if (stats.posted < then.posted) queue.deleted = 0;
        rates.push_back(std::move(queue));
    }
    return rates;
}

void sort_rates(std::vector<QueueRates>& rates, const std::string& by) {
    if (by == "posted") sort_downwards(rates, [](const auto& queue) { return queue.posted; });
    if (by == "claimed")
        sort_downwards(rates, [](const auto& queue) { return queue.stats.claimed; });
    if (by == "deleted") sort_downwards(rates, [](const auto& queue) { return queue.deleted; });
    if (by == "depth") sort_downwards(rates, [](const auto& queue) { return queue.stats.total; });
    if (by == "size") sort_downwards(rates, [](const auto& queue) { return queue.stats.bytes; });
    if (by == "oldest") sort_downwards(rates, [](const auto& queue) { return oldest_age(queue); });
}

std::string rates_table(const std::vector<QueueRates>& rates, size_t columns) {
    Table table(
        {"QUEUE", "POSTED/S", "DELETED/S", "DEPTH", "CLAIMED", "SIZE", "OLDEST", "WAITING"});
    for (const auto& queue : rates) {
        table.add({queue.name, rate_text(queue.posted), rate_text(queue.deleted),
                   grouped(queue.stats.total), grouped(queue.stats.claimed),
                   size_text(queue.stats.bytes),
                   queue.stats.oldest ? rough_duration(queue.stats.oldest->age) : "",
                   grouped(queue.stats.waiters)});
    }
    return table.text(columns);
}

std::string rates_json(const std::vector<QueueRates>& rates, bool has_more) {
    std::string out;
    JsonWriter json(out);
    const auto number = [&](std::string_view name, double value) {
        json.key(name);
        json.raw(fmt::format("{:.1f}", value));
    };
    json.begin_object();
    json.member("time", format_instant(wall_time()));
    json.key("queues");
    json.begin_array();
    for (const auto& queue : rates) {
        json.begin_object();
        json.member("name", queue.name);
        number("posted_per_second", queue.posted);
        number("deleted_per_second", queue.deleted);
        json.key("stats");
        json.raw(queue.stats.json);
        json.end_object();
    }
    json.end_array();
    json.member("more", has_more);
    json.end_object();
    return out;
}

TopView::TopView(const TopFlags& flags)
    : flags_(flags),
      client_(flags.connect()),
      signals_({SIGINT, SIGTERM, SIGHUP, SIGQUIT}),
      is_live_(::isatty(STDOUT_FILENO) == 1 && !flags.json && !flags.once) {}

Duration TopView::interval() const {
    return flags_.interval.value_or(interval_default);
}

client::Result<QueuesSeen> TopView::look(const client::CallOptions& call) const {
    client::QueueFilter filter;
    filter.prefix = flags_.prefix;
    filter.with_stats = true;
    filter.page_items = std::min(flags_.queues_max, page_items_max);
    QueuesSeen seen;
    seen.at = Clock::now();
    auto pager = client_.list_queues(filter, call);
    for (;;) {
        auto queue = pager.next();
        if (!queue) return tl::unexpected(queue.error());
        if (!*queue) return seen;
        if (seen.queues.size() == flags_.queues_max) {
            seen.has_more = true;
            return seen;
        }
        if ((*queue)->stats) seen.queues.emplace((*queue)->name, std::move(*(*queue)->stats));
    }
}

bool TopView::pause() {
    const auto until = Clock::now() + interval();
    for (;;) {
        if (signals_.take()) return false;
        const auto left = std::chrono::ceil<Duration>(until - Clock::now());
        if (left <= Duration::zero()) return true;
        pollfd watched{signals_.descriptor(), POLLIN, 0};
        ::poll(&watched, 1, static_cast<int>(left.count()));
    }
}

void TopView::show(const QueuesSeen& before, const QueuesSeen& now) const {
    auto rates = rates_between(before, now);
    sort_rates(rates, flags_.sort);
    const auto room = is_live_ ? Screen::size() : Screen::Size{SIZE_MAX, 0};
    size_t rows = flags_.rows == 0 ? SIZE_MAX : flags_.rows;
    if (is_live_) rows = std::min(rows, room.rows > heading_rows ? room.rows - heading_rows : 1);
    if (rates.size() > rows) rates.resize(rows);
    if (flags_.json) return print_line(rates_json(rates, now.has_more));
    if (!is_live_) return print(rates_table(rates, 0));
    double posted = 0;
    double deleted = 0;
    uint64_t depth = 0;
    for (const auto& queue : rates_between(before, now)) {
        posted += queue.posted;
        deleted += queue.deleted;
        depth += queue.stats.total;
    }
    const auto more = now.has_more ? fmt::format(", the first {} by name", now.queues.size()) : "";
    Screen::draw(fmt::format("{}  {}\n{} queues{}: {}/s posted, {}/s deleted, {} messages\n\n{}",
                             format_instant(wall_time()).substr(11, 8),
                             trouble_.empty() ? flags_.options.url : printable(trouble_),
                             grouped(now.queues.size()), more, rate_text(posted),
                             rate_text(deleted), grouped(depth), rates_table(rates, room.columns)));
}

int TopView::run() {
    // A wrong address is told at once; later on we are patient.
    auto before = look({.retry_for = Duration::zero()});
    if (!before) return complain(before.error());
    std::optional<Screen> screen;
    if (is_live_) {
        screen.emplace();
        show(*before, *before);
    }
    while (pause()) {
        auto now = look({.retry_for = Duration::zero(), .deadline = Clock::now() + interval() * 2});
        if (!now) {
            if (!is_live_) return complain(now.error());
            trouble_ = now.error().text();
            show(*before, *before);
            continue;
        }
        trouble_.clear();
        show(*before, *now);
        if (flags_.once) return exit_code::done;
        before = std::move(now);
    }
    return exit_code::done;
}

}  // namespace signalbox
