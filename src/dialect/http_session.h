#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <sys/uio.h>

#include "base/time.h"
#include "dialect/answer_window.h"
#include "dialect/exchange.h"
#include "dialect/frontend.h"
#include "dialect/router.h"

namespace signalbox {

// One HTTP/1.1 connection without its socket: bytes go in, requests are handed to the router,
// and the bytes of their answers come out, in the order of the requests, whatever the order in
// which they were ready. Bounded: it stops asking for input while too many requests are under
// way or too much output waits, be it for the client or for its turn. Its io thread only.
class HttpSession {
public:
    // The socket's side.
    class Host {
    public:
        virtual ~Host() = default;
        // There is something to send, to read again, or to close; the host looks when it has
        // finished what it is doing.
        virtual void session_changed() = 0;
    };

    HttpSession(Frontend& frontend, Host& host, DialectSet dialects, std::string peer);
    ~HttpSession();
    HttpSession(const HttpSession&) = delete;
    HttpSession& operator=(const HttpSession&) = delete;

    void receive(std::string_view bytes);
    // The peer sends nothing more. It cannot be told from one that is gone, so nothing is held
    // for it any more: the answers in front of the first request that is held, or that would be
    // now, are sent, and the connection ends behind them (docs/protocol.md, "Held requests").
    void receive_end();
    [[nodiscard]] bool has_input_ended() const { return input_ended_; }
    // The connection is gone.
    void close();

    [[nodiscard]] bool wants_input() const;
    // Fills `pieces` with what is to be sent first; returns how many it filled.
    size_t gather(std::span<iovec> pieces) const;
    void sent(size_t bytes);
    [[nodiscard]] size_t backlog() const { return output_bytes_; }
    [[nodiscard]] const AnswerWindow& window() const { return window_; }
    // Nothing more will be sent or read.
    [[nodiscard]] bool is_finished() const;
    // It was finished by a refusal, or by what the connection was upgraded to, so the client may
    // still be sending what nobody will read.
    [[nodiscard]] bool was_refused() const { return refused_; }
    // Somebody waits here for something that may not come for a long time.
    [[nodiscard]] bool holds_requests() const;
    // The server stops: no further request is taken, and the connection ends with its last
    // answer.
    void finish_soon();

    // Closes connections that hang; called every second or so. True when this one is over.
    [[nodiscard]] bool is_overdue(SteadyInstant now) const;

private:
    friend class Exchange;

    // Output is a list of pieces, of which many may be shared with other connections.
    struct Piece {
        std::string own;
        std::shared_ptr<const std::string> shared;  // instead, when set
        [[nodiscard]] std::string_view bytes() const { return shared ? *shared : own; }
    };

    void take_input();
    void parse_input();
    void feed_successor();
    void end_upgrade();
    void handle();
    void refuse(const HttpRefusal& refusal);
    void release_parser();
    // This exchange and all behind it get no answer.
    void give_up(const Exchange& exchange);
    // For Exchange: its output, if it is its turn.
    [[nodiscard]] bool is_first(const Exchange& exchange) const;
    void put(std::string_view bytes);
    void put(const std::shared_ptr<const std::string>& piece);
    void advance();
    void changed();

    Frontend& frontend_;
    Host& host_;
    const DialectSet dialects_;
    const std::string peer_;

    std::string input_;  // received and not yet parsed
    std::unique_ptr<HttpParser> parser_;
    std::deque<ExchangePtr> exchanges_;  // oldest first
    std::deque<Piece> output_;
    size_t output_bytes_ = 0;
    AnswerWindow window_;
    size_t first_offset_ = 0;  // of the first piece, what was sent of it

    bool input_ended_ = false;
    bool last_request_seen_ = false;  // no further one is taken
    bool stopping_ = false;
    bool refused_ = false;
    bool closed_ = false;
    bool parsing_ = false;
    bool admitting_ = false;  // it is being found out who sent the last request
    SteadyInstant idle_since_;
    SteadyInstant request_since_;  // first byte of the request being received
    SteadyInstant progress_at_;    // of the output
};

}  // namespace signalbox
