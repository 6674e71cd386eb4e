#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/ids.h"
#include "codec/http_message.h"
#include "core/command.h"
#include "core/identity.h"
#include "dialect/frontend.h"

namespace signalbox {

class HttpSession;

// One request and its answer, from the moment it was parsed until its answer is handed over or
// its client is gone. A handler keeps it for as long as it means to answer; the connection
// keeps it until its turn has come. Its io thread only.
//
// Exactly one of respond(), begin_stream() and upgrade() is called, once. After the client has
// gone they do nothing.
//
// A client that has ended its side of the connection (HttpSession::receive_end) is answered, but
// nothing is held for it: a stream, or a command that the core may park, makes it gone.
class Exchange : public boost::intrusive_ref_counter<Exchange, boost::thread_unsafe_counter> {
public:
    struct Origin {
        std::string peer;  // the client's address, without port
        HttpMethod method = HttpMethod::other;
        bool is_http_1_1 = true;
        bool keep_alive = false;
        std::string request_id;  // as the client sent it, or made up
    };

    Exchange(HttpSession& session, Frontend& frontend, Origin origin);
    ~Exchange();
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    [[nodiscard]] Frontend& frontend() const { return frontend_; }
    [[nodiscard]] const Origin& origin() const { return origin_; }
    [[nodiscard]] const std::string& request_id() const { return origin_.request_id; }
    // Who asks, and for whom; not for routes that let anybody in.
    [[nodiscard]] const Identity& identity() const {
        ASSERT(identity_);
        return *identity_;
    }
    [[nodiscard]] const IdentityPtr& shared_identity() const { return identity_; }
    // In whose name the core is asked: the user where one is known, else the peer's address.
    [[nodiscard]] Caller caller() const;
    // Whether whoever asks would still be let in; for what goes on for long.
    [[nodiscard]] bool identity_holds() const;
    // By the router; and by a dialect whose connections say later, and again, who they are.
    void set_identity(IdentityPtr identity) { identity_ = std::move(identity); }
    // Since the request was whole.
    [[nodiscard]] std::chrono::microseconds age() const;

    // Sends a command of this exchange to the core; `then` gets its answer, unless the client
    // is gone by then. `then` is called on this thread, perhaps at once.
    template <class Body, class Then>
    void ask(std::string tenant, Body body, Then then) {
        using Answer = Result<typename Body::Answer>;
        ask_core(std::move(tenant), CommandBody(std::move(body)),
                 [then = std::move(then)](Reply reply) mutable {
                     then(std::get<Answer>(std::move(reply)));
                 });
    }

    // Its answer may be large, so that few of its kind are under way on its connection at a time.
    // Known of what asks the core for messages and rows.
    void expect_lengthy();

    void respond(HttpResponse response);
    // The same with a body that is shared with other answers; that of `head` is empty.
    void respond(HttpResponse head, const std::shared_ptr<const std::string>& body);

    // The head of an answer whose body comes piece by piece. Not kept alive for HTTP/1.0, which
    // has no other way to tell the end.
    void begin_stream(HttpResponse head);

    // What a connection is taken over by: from then on its bytes are no HTTP any more.
    class Successor {
    public:
        virtual ~Successor() = default;
        // Takes as much of what has come as it wants; the rest is given to it again, with what
        // comes behind it or by take_input(). Not told while too much of what it sent is unsent.
        virtual size_t receive(std::string_view bytes) = 0;
        // The server stops.
        virtual void finish_soon() = 0;
    };
    // The request asked for it, rightly or not (asks_for_websocket).
    [[nodiscard]] bool may_upgrade() const { return may_upgrade_; }
    // Answers 101, if it may. When its turn has come, what
    // is sent goes out as it is, and what comes in goes to `successor`, until end_stream(), which
    // ends the connection. False when nothing comes of it: the client has gone, or the server
    // stops.
    bool upgrade(HttpResponse head, std::shared_ptr<Successor> successor);
    // The successor wants what it left.
    void take_input();

    // One piece, shared by all streams that send it.
    void send(const std::shared_ptr<const std::string>& piece);
    void end_stream();
    // Called at each tick while the stream goes on. A stream that has ended may still wait for
    // its turn on the connection, so that its client is not gone: it is not enough to ask that.
    void every_tick(std::function<void()> call);
    // Bytes sent to the connection that the client has not taken yet.
    [[nodiscard]] size_t backlog() const;

    // For the router. Between the two the request waits for its sender to be known, and the
    // connection for the request; `enter` is called unless the client has gone meanwhile.
    void begin_admission();
    void end_admission(const std::function<void()>& enter);

    [[nodiscard]] bool is_gone() const { return session_ == nullptr; }
    // Called once when the client has gone before the answer was complete.
    void when_gone(std::function<void()> call) { when_gone_ = std::move(call); }
    // Called whenever the connection has taken everything that was sent.
    void when_drained(std::function<void()> call) { when_drained_ = std::move(call); }

private:
    friend class HttpSession;

    enum class State : uint8_t { open, streaming, complete };

    void ask_core(std::string tenant, CommandBody body, Frontend::Continuation then);
    // It would have to be held for a client that may be gone: then that client counts as gone.
    [[nodiscard]] bool was_given_up();
    [[nodiscard]] bool is_being_admitted() const { return is_being_admitted_; }
    // By the session: what the views of the request point into.
    void keep_request(std::unique_ptr<HttpParser> request) { kept_request_ = std::move(request); }
    // Has it sent when its turn has come.
    void keep(std::string_view bytes);
    void end_lengthy();
    // A stream ends when whoever it is for would not be let in any more.
    void watch_identity();
    // By the session: the answer is complete and on its way.
    void finish();
    // By the session: the connection is closed.
    void leave();
    // Nothing may come of it for a long time.
    [[nodiscard]] bool is_held() const {
        return state_ == State::streaming || (asked_ && is_parked_);
    }

    HttpSession* session_;  // null once the client is gone
    Frontend& frontend_;
    const Origin origin_;
    const std::chrono::nanoseconds started_;
    State state_ = State::open;
    bool is_chunked_ = false;
    bool is_lengthy_ = false;
    bool may_upgrade_ = false;
    std::shared_ptr<Successor> successor_;
    std::string early_;  // what was sent before its turn came
    std::optional<RequestId> asked_;
    bool is_parked_ = false;  // what was asked may be held by the core
    IdentityPtr identity_;
    bool is_being_admitted_ = false;
    std::unique_ptr<HttpParser> kept_request_;
    std::function<void()> when_gone_;
    std::function<void()> when_drained_;
};

using ExchangePtr = boost::intrusive_ptr<Exchange>;

}  // namespace signalbox
