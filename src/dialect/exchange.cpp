#include "dialect/exchange.h"

#include "base/assert.h"
#include "dialect/http_session.h"

namespace signalbox {

Exchange::Exchange(HttpSession& session, Frontend& frontend, Origin origin)
    : session_(&session),
      frontend_(frontend),
      origin_(std::move(origin)),
      started_(frontend.node().clock().stopwatch()) {}

Exchange::~Exchange() = default;

std::chrono::microseconds Exchange::age() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(
        frontend_.node().clock().stopwatch() - started_);
}

void Exchange::begin_admission() {
    ASSERT(session_ != nullptr && !is_being_admitted_);
    is_being_admitted_ = true;
    session_->admitting_ = true;
}

void Exchange::end_admission(const std::function<void()>& enter) {
    ASSERT(is_being_admitted_);
    is_being_admitted_ = false;
    const auto request = std::move(kept_request_);
    if (is_gone()) return;
    const ExchangePtr self(this);
    session_->admitting_ = false;
    enter();
    // What was answered at once has let the connection go on already.
    if (!is_gone()) session_->advance();
}

Caller Exchange::caller() const {
    const bool is_named = identity_ && !identity_->user.empty();
    return {is_named ? identity_->user : origin_.peer, origin_.request_id};
}

bool Exchange::identity_holds() const {
    return !identity_ || identity_->proof.empty() ||
           frontend_.authenticator().still_holds(*identity_, frontend_.now());
}

void Exchange::watch_identity() {
    if (!identity_ || identity_->proof.empty()) return;
    every_tick([this] {
        if (!identity_holds()) session_->give_up(*this);
    });
}

void Exchange::ask_core(std::string tenant, CommandBody body, Frontend::Continuation then) {
    if (is_gone()) return;
    is_parked_ = Frontend::may_park(body);
    if (is_parked_ && was_given_up()) return;
    if (Frontend::may_be_lengthy(body)) expect_lengthy();
    Command command;
    command.tenant = std::move(tenant);
    command.caller = caller();
    command.body = std::move(body);
    // The exchange lives until its answer; the answer is dropped when the client has gone.
    const ExchangePtr self(this);
    const auto request =
        frontend_.submit(std::move(command), [self, then = std::move(then)](Reply reply) {
            self->asked_.reset();
            if (!self->is_gone()) then(std::move(reply));
        });
    if (request) asked_ = request;
}

bool Exchange::was_given_up() {
    if (!session_->has_input_ended()) return false;
    session_->give_up(*this);
    return true;
}

void Exchange::expect_lengthy() {
    if (is_gone() || is_lengthy_ || state_ != State::open) return;
    is_lengthy_ = true;
    session_->window_.begin_lengthy();
}

void Exchange::end_lengthy() {
    if (is_lengthy_) session_->window_.end_lengthy();
    is_lengthy_ = false;
}

void Exchange::keep(std::string_view bytes) {
    early_ += bytes;
    session_->window_.keep(bytes.size());
}

void Exchange::respond(HttpResponse response) {
    if (is_gone()) return;
    ASSERT(state_ == State::open);
    state_ = State::complete;
    frontend_.probe().responded(response.status, frontend_.node().clock().stopwatch() - started_);
    const bool bodiless =
        response.status == 204 || response.status == 304 || origin_.method == HttpMethod::head;
    const bool keep_alive = origin_.keep_alive && !session_->last_request_seen_;
    std::string bytes;
    bytes.reserve(response.body.size() + 512);
    append_response_head(bytes, response, bodiless ? HttpFraming::none : HttpFraming::length,
                         keep_alive, frontend_.http_date());
    if (!bodiless) bytes += response.body;
    if (session_->is_first(*this)) {
        session_->put(bytes);
    } else {
        keep(bytes);
    }
    session_->window_.answered(bytes.size(), is_lengthy_);
    end_lengthy();
    session_->advance();
}

void Exchange::respond(HttpResponse head, const std::shared_ptr<const std::string>& body) {
    // Small ones are cheaper to copy than to send as a piece of their own.
    constexpr size_t copied_max = 4096;
    const bool is_now = !is_gone() && session_->is_first(*this);
    if (!is_now || body->size() <= copied_max || origin_.method == HttpMethod::head) {
        head.body = *body;
        return respond(std::move(head));
    }
    ASSERT(state_ == State::open);
    state_ = State::complete;
    frontend_.probe().responded(head.status, frontend_.node().clock().stopwatch() - started_);
    const bool keep_alive = origin_.keep_alive && !session_->last_request_seen_;
    std::string bytes;
    append_response_head(bytes, head, HttpFraming::length, keep_alive, frontend_.http_date(),
                         body->size());
    session_->put(bytes);
    session_->put(body);
    session_->window_.answered(bytes.size() + body->size(), is_lengthy_);
    end_lengthy();
    session_->advance();
}

void Exchange::begin_stream(HttpResponse head) {
    if (is_gone()) return;
    ASSERT(state_ == State::open);
    if (was_given_up()) return;
    state_ = State::streaming;
    is_chunked_ = origin_.is_http_1_1;
    frontend_.probe().responded(head.status, frontend_.node().clock().stopwatch() - started_);
    const bool keep_alive = origin_.keep_alive && is_chunked_;
    if (!keep_alive) session_->last_request_seen_ = true;
    std::string bytes;
    append_response_head(bytes, head, is_chunked_ ? HttpFraming::chunked : HttpFraming::until_close,
                         keep_alive, frontend_.http_date());
    keep(bytes);
    end_lengthy();
    watch_identity();
    session_->advance();
}

bool Exchange::upgrade(HttpResponse head, std::shared_ptr<Successor> successor) {
    if (is_gone()) return false;
    ASSERT(state_ == State::open && may_upgrade_);
    if (was_given_up()) return false;
    if (session_->stopping_) {
        HttpResponse refusal;
        refusal.status = 503;
        respond(std::move(refusal));
        return false;
    }
    state_ = State::streaming;
    successor_ = std::move(successor);
    session_->last_request_seen_ = false;
    frontend_.probe().responded(head.status, frontend_.node().clock().stopwatch() - started_);
    std::string bytes;
    append_response_head(bytes, head, HttpFraming::upgrade, true, frontend_.http_date());
    keep(bytes);
    end_lengthy();
    // The successor looks at the identity itself: it has something to say when that ends.
    session_->advance();
    return true;
}

void Exchange::take_input() {
    if (!is_gone()) session_->take_input();
}

void Exchange::send(const std::shared_ptr<const std::string>& piece) {
    if (is_gone() || piece->empty()) return;
    ASSERT(state_ == State::streaming);
    std::string size_line;
    if (is_chunked_) append_chunk_size(size_line, piece->size());
    if (!session_->is_first(*this)) {
        if (is_chunked_) keep(size_line);
        keep(*piece);
        if (is_chunked_) keep(chunk_end);
        return;
    }
    if (is_chunked_) {
        session_->put(size_line);
        session_->put(piece);
        session_->put(chunk_end);
    } else {
        session_->put(piece);
    }
    session_->changed();
}

void Exchange::end_stream() {
    if (is_gone()) return;
    ASSERT(state_ == State::streaming);
    state_ = State::complete;
    if (is_chunked_) {
        std::string last;
        append_last_chunk(last);
        keep(last);
    }
    if (successor_) session_->end_upgrade();
    session_->advance();
}

void Exchange::every_tick(std::function<void()> call) {
    frontend_.every_tick([self = ExchangePtr(this), call = std::move(call)] {
        if (self->state_ == State::streaming) call();
        return self->state_ == State::streaming;
    });
}

size_t Exchange::backlog() const {
    return is_gone() ? 0 : session_->backlog() + early_.size();
}

void Exchange::finish() {
    session_ = nullptr;
    // Either of them may hold this exchange.
    when_gone_ = nullptr;
    when_drained_ = nullptr;
    successor_ = nullptr;
}

void Exchange::leave() {
    end_lengthy();
    session_->window_.let_go(early_.size());
    early_.clear();
    const bool was_complete = state_ == State::complete;
    state_ = State::complete;
    if (asked_) {
        const RequestId asked = *asked_;
        asked_.reset();
        frontend_.forget(asked);
    }
    const auto call = std::move(when_gone_);
    finish();
    if (call && !was_complete) call();
}

}  // namespace signalbox
