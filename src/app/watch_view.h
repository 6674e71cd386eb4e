#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/client_flags.h"
#include "app/signal_inbox.h"
#include "signalbox/client/client.h"

namespace signalbox {

// What `ticket watch` looks at: one ticket, one line, the lines of a server, or all lines.
struct WatchFlags : ClientFlags {
    ResourceFlags resource;
    std::optional<std::string> ticket;
    std::string cursor;

    [[nodiscard]] client::EventFilter filter() const;
    // Of the line, when it is one.
    [[nodiscard]] std::optional<client::Resource> line() const;
};

// "12:03:04  ticket.granted  <uuid>  vm/a  token 3  by 10.0.0.1"
std::string event_text(const client::Event& event);

// The live view on a terminal: a table that is drawn anew when an event says that it has
// changed, and the latest events below. Shows what the server says, not what could be made of
// the events, so it is right also where they are not enough (the places in a line).
//
// A thread of its own follows the events and rings; the main thread asks, draws, and listens
// for signals. Main thread.
class WatchView {
public:
    explicit WatchView(const WatchFlags& flags);

    // The exit code; until Ctrl-C, or a problem that does not pass.
    int run();

private:
    // What is shown, as the server last said it.
    struct Shown {
        std::optional<client::Ticket> ticket;
        std::optional<client::Line> line;
        std::vector<client::Ticket> tickets;  // of the line
        std::vector<client::Line> lines;

        [[nodiscard]] std::string text(Instant now, size_t columns) const;
    };

    void follow(const std::stop_token& stop);
    // Asks the server for what is shown; false when it could not be had.
    bool refresh();
    client::Result<Shown> read() const;
    void draw();
    [[nodiscard]] bool wants_to_end();

    const WatchFlags& flags_;
    const client::Client client_;
    SignalInbox signals_;
    const Bell bell_;
    Shown shown_;
    std::string trouble_;

    std::mutex mutex_;  // of what the following thread writes
    std::deque<std::string> events_;
    std::optional<client::Problem> ending_;
};

}  // namespace signalbox
