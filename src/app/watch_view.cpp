#include "app/watch_view.h"

#include <algorithm>
#include <array>
#include <thread>

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "app/exit_code.h"
#include "app/screen.h"
#include "app/ticket_text.h"

namespace signalbox {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t events_kept_max = 200;
// A burst of events is drawn once; and ages go on without any.
constexpr Duration redraw_interval_min = std::chrono::milliseconds(100);
constexpr Duration redraw_interval_max = std::chrono::seconds(1);

std::string clock_text(Instant instant) {
    return format_instant(instant).substr(11, 8);
}

}  // namespace

client::EventFilter WatchFlags::filter() const {
    return {
        .ticket = ticket, .server = resource.server, .scope = resource.scope, .id = resource.id};
}

std::optional<client::Resource> WatchFlags::line() const {
    if (!resource.scope || !resource.id) return std::nullopt;
    return client::Resource{resource.server.value_or("default"), *resource.scope, *resource.id};
}

std::string event_text(const client::Event& event) {
    std::string text = format_instant(event.time) + "  " + event.type + "  " + event.subject;
    const auto& ticket = event.ticket;
    if (!ticket) return printable(text);
    text += "  " + resource_text(ticket->resource);
    if (ticket->token > 0) text += fmt::format("  token {}", ticket->token);
    if (!ticket->owner.empty()) text += "  owner " + ticket->owner;
    if (!ticket->by.empty()) text += "  by " + ticket->by;
    if (!ticket->reason.empty()) text += "  because " + ticket->reason;
    return printable(text);
}

WatchView::WatchView(const WatchFlags& flags)
    : flags_(flags),
      client_(flags.connect()),
      signals_({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH}) {}

int WatchView::run() {
    std::jthread follower([this](const std::stop_token& stop) { follow(stop); });
    std::optional<Screen> screen(std::in_place);
    auto drawn_at = Clock::time_point();
    bool is_stale = true;
    while (!wants_to_end()) {
        const auto now = Clock::now();
        if (bell_.has_rung()) is_stale = true;
        const auto due = drawn_at + (is_stale ? redraw_interval_min : redraw_interval_max);
        if (now >= due) {
            // What could not be had is asked for again at the next turn.
            is_stale = is_stale && !refresh();
            draw();
            drawn_at = Clock::now();
            continue;
        }
        std::array<pollfd, 2> watched{
            {{signals_.descriptor(), POLLIN, 0}, {bell_.descriptor(), POLLIN, 0}}};
        // A bell that has rung already is looked at when the table may be drawn again.
        const nfds_t count = is_stale ? 1 : watched.size();
        const auto left = std::chrono::ceil<Duration>(due - now);
        ::poll(watched.data(), count, static_cast<int>(left.count()));
    }
    screen.reset();
    follower.request_stop();
    follower.join();
    return ending_ && !ending_->is("cancelled") ? complain(*ending_) : exit_code::done;
}

bool WatchView::wants_to_end() {
    while (const auto signal = signals_.take()) {
        if (signal->number != SIGWINCH) return true;
        bell_.ring();
    }
    const std::lock_guard lock(mutex_);
    return ending_.has_value();
}

void WatchView::follow(const std::stop_token& stop) {
    const auto on_event = [this](const client::Event& event) {
        if (event.kind == client::Event::Kind::happened) {
            const std::lock_guard lock(mutex_);
            events_.push_front(event_text(event));
            if (events_.size() > events_kept_max) events_.pop_back();
        }
        bell_.ring();
        return true;
    };
    client::FollowOptions options;
    options.cursor = flags_.cursor;
    options.call.stop = stop;
    const auto followed = client_.follow(flags_.filter(), on_event, options);
    {
        const std::lock_guard lock(mutex_);
        if (!followed) ending_ = followed.error();
    }
    bell_.ring();
}

bool WatchView::refresh() {
    auto read_now = read();
    trouble_.clear();
    if (read_now) {
        shown_ = std::move(*read_now);
        return true;
    }
    trouble_ = read_now.error().text();
    return false;
}

client::Result<WatchView::Shown> WatchView::read() const {
    // The view must not hang on a server that is away; the next turn comes soon.
    const client::CallOptions once{.retry_for = Duration::zero(),
                                   .deadline = Clock::now() + redraw_interval_max};
    const size_t rows = Screen::size().rows;
    Shown shown;
    auto line = flags_.line();
    if (flags_.ticket) {
        auto ticket = client_.get_ticket(*flags_.ticket, once);
        if (!ticket) return tl::unexpected(ticket.error());
        line = ticket->resource;
        shown.ticket = std::move(*ticket);
    }
    if (line) {
        auto about = client_.get_line(*line, once);
        if (!about) return tl::unexpected(about.error());
        shown.line = std::move(*about);
        auto inside = client_.line_tickets(*line, rows, 0, once);
        if (!inside) return tl::unexpected(inside.error());
        shown.tickets = std::move(inside->tickets);
        return shown;
    }
    auto lines = client_.list_lines({.server = flags_.resource.server, .page_items = rows}, once)
                     .next_page();
    if (!lines) return tl::unexpected(lines.error());
    shown.lines = std::move(*lines);
    return shown;
}

std::string WatchView::Shown::text(Instant now, size_t columns) const {
    if (ticket) return ticket_fields(*ticket, now) + "\n" + tickets_table(tickets, now, columns);
    if (line) return line_fields(*line, now) + "\n" + tickets_table(tickets, now, columns);
    return lines_table(lines, now, columns);
}

void WatchView::draw() {
    const Screen::Size size = Screen::size();
    const Instant now = wall_time();
    std::string text = fmt::format("{}  {}\n\n", clock_text(now),
                                   trouble_.empty() ? flags_.options.url : printable(trouble_));
    text += shown_.text(now, size.columns) + "\n";
    {
        const std::lock_guard lock(mutex_);
        for (const auto& event : events_) text += event + "\n";
    }
    Screen::draw(text);
}

}  // namespace signalbox
