#include "dialect/http_session.h"

#include <algorithm>

#include "base/assert.h"
#include "codec/websocket_handshake.h"

namespace signalbox {
namespace {

constexpr size_t input_kept_bytes = 16u << 10;
// Small answers share a piece; a larger one is not copied behind another.
constexpr size_t piece_bytes_max = 64u << 10;
constexpr size_t request_id_bytes_max = 255;

bool is_usable_request_id(std::string_view text) {
    return !text.empty() && text.size() <= request_id_bytes_max &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

HttpSession::HttpSession(Frontend& frontend, Host& host, DialectSet dialects, std::string peer)
    : frontend_(frontend),
      host_(host),
      dialects_(dialects),
      peer_(std::move(peer)),
      idle_since_(frontend.now().steady) {}

HttpSession::~HttpSession() {
    close();
}

void HttpSession::close() {
    if (closed_) return;
    closed_ = true;
    release_parser();
    // Each of them may be the last holder of what it asked for.
    while (!exchanges_.empty()) {
        const ExchangePtr exchange = std::move(exchanges_.front());
        exchanges_.pop_front();
        exchange->leave();
    }
    output_.clear();
    output_bytes_ = 0;
}

void HttpSession::changed() {
    host_.session_changed();
}

bool HttpSession::wants_input() const {
    if (closed_ || input_ended_) return false;
    // A connection that waits for its answer is still read, to notice that its client goes;
    // but not without end.
    return input_.size() <= frontend_.limits().head_bytes_max &&
           output_bytes_ <= frontend_.limits().output_bytes_max;
}

bool HttpSession::is_finished() const {
    if (closed_) return true;
    return (input_ended_ || last_request_seen_) && exchanges_.empty() && output_bytes_ == 0;
}

void HttpSession::finish_soon() {
    stopping_ = true;
    if (!exchanges_.empty() && exchanges_.back()->successor_) {
        const auto successor = exchanges_.back()->successor_;
        successor->finish_soon();
    }
    last_request_seen_ = true;
    input_.clear();
    changed();
}

void HttpSession::receive(std::string_view bytes) {
    if (closed_ || last_request_seen_) return;
    if (input_.empty() && !parser_) request_since_ = frontend_.now().steady;
    input_ += bytes;
    take_input();
}

void HttpSession::receive_end() {
    if (closed_) return;
    input_ended_ = true;
    // The rest of a request that has begun will not come; whole ones may still wait for room.
    if (parser_ && parser_->is_inside_request()) input_.clear();
    release_parser();
    const auto held = std::find_if(exchanges_.begin(), exchanges_.end(),
                                   [](const auto& exchange) { return exchange->is_held(); });
    if (held != exchanges_.end()) give_up(**held);
    changed();
}

bool HttpSession::holds_requests() const {
    return std::any_of(exchanges_.begin(), exchanges_.end(),
                       [](const auto& exchange) { return exchange->is_held(); });
}

void HttpSession::give_up(const Exchange& exchange) {
    last_request_seen_ = true;
    for (bool found = false; !found && !exchanges_.empty();) {
        const ExchangePtr last = std::move(exchanges_.back());
        exchanges_.pop_back();
        found = last.get() == &exchange;
        last->leave();
    }
    changed();
}

// Not entered twice: a handler that answers at once makes room while this runs.
void HttpSession::take_input() {
    if (parsing_ || closed_) return;
    parsing_ = true;
    parse_input();
    feed_successor();
    parsing_ = false;
    if (input_.empty()) {
        // What is idle should cost nothing: a parser that has begun nothing goes back.
        if (parser_ && !parser_->is_inside_request()) release_parser();
        if (input_.capacity() > input_kept_bytes) std::string().swap(input_);
    }
    changed();
}

// Once the turn has come of a request that took the connection over, and as long as there is room
// for what it sends.
void HttpSession::feed_successor() {
    if (exchanges_.empty() || !exchanges_.front()->successor_ || input_.empty() ||
        output_bytes_ > frontend_.limits().output_bytes_max) {
        return;
    }
    const auto successor = exchanges_.front()->successor_;
    input_.erase(0, successor->receive(input_));
}

void HttpSession::end_upgrade() {
    last_request_seen_ = true;
    refused_ = true;
}

// Requests are handled as long as there are whole ones and room for their answers. What stands
// behind one that may take the connection over is none before it has been answered.
void HttpSession::parse_input() {
    size_t consumed = 0;
    while (!closed_ && !last_request_seen_ && !admitting_ && consumed < input_.size() &&
           (exchanges_.empty() || !exchanges_.back()->may_upgrade_) &&
           exchanges_.size() < frontend_.limits().pipelined_max &&
           window_.has_room(output_bytes_, frontend_.limits().output_bytes_max)) {
        if (!parser_) parser_ = frontend_.borrow_parser();
        const auto progress = parser_->parse(std::string_view(input_).substr(consumed));
        consumed += progress.consumed;
        if (progress.refusal) {
            refuse(*progress.refusal);
            break;
        }
        if (progress.wants_continue && exchanges_.empty()) put("HTTP/1.1 100 Continue\r\n\r\n");
        if (!progress.is_complete) break;
        handle();
        release_parser();
        request_since_ = frontend_.now().steady;
    }
    // Behind the last request nothing is of interest; while it was handled, views into this were
    // in use.
    input_.erase(0, last_request_seen_ ? std::string::npos : consumed);
}

void HttpSession::release_parser() {
    if (parser_) frontend_.give_back(std::move(parser_));
    parser_ = nullptr;
}

void HttpSession::handle() {
    const HttpRequest& request = parser_->request();
    Exchange::Origin origin;
    origin.peer = peer_;
    origin.method = request.method;
    origin.is_http_1_1 = request.is_http_1_1;
    origin.keep_alive = request.keep_alive;
    const auto given = request.field("x-request-id");
    origin.request_id = given && is_usable_request_id(*given) ? std::string(*given)
                                                              : frontend_.random().uuid().text();
    if (!request.keep_alive) last_request_seen_ = true;
    const ExchangePtr exchange(new Exchange(*this, frontend_, std::move(origin)));
    exchanges_.push_back(exchange);
    exchange->may_upgrade_ = asks_for_websocket(request);
    if (window_.all_lengthy()) exchange->expect_lengthy();
    frontend_.router().route(request, dialects_, exchange);
    if (exchange->is_being_admitted()) exchange->keep_request(std::move(parser_));
}

// The connection ends with this answer, because nobody knows where the next request begins.
void HttpSession::refuse(const HttpRefusal& refusal) {
    frontend_.probe().request_refused();
    refused_ = true;
    last_request_seen_ = true;
    Exchange::Origin origin;
    origin.peer = peer_;
    const ExchangePtr exchange(new Exchange(*this, frontend_, std::move(origin)));
    exchanges_.push_back(exchange);
    exchange->respond(frontend_.router().unreadable(refusal, parser_->path(), dialects_));
}

bool HttpSession::is_first(const Exchange& exchange) const {
    return !exchanges_.empty() && exchanges_.front().get() == &exchange;
}

void HttpSession::put(std::string_view bytes) {
    if (output_bytes_ == 0) progress_at_ = frontend_.now().steady;
    if (output_.empty() || output_.back().shared || output_.back().own.size() > piece_bytes_max) {
        output_.emplace_back();
    }
    output_.back().own += bytes;
    output_bytes_ += bytes.size();
}

void HttpSession::put(const std::shared_ptr<const std::string>& piece) {
    if (piece->empty()) return;
    if (output_bytes_ == 0) progress_at_ = frontend_.now().steady;
    output_.push_back({{}, piece});
    output_bytes_ += piece->size();
}

// Answers that are complete leave the queue, and the first one that is not gets its turn.
void HttpSession::advance() {
    while (!exchanges_.empty()) {
        const ExchangePtr first = exchanges_.front();
        if (!first->early_.empty()) {
            put(first->early_);
            window_.let_go(first->early_.size());
            first->early_.clear();
        }
        if (first->state_ != Exchange::State::complete) break;
        exchanges_.pop_front();
        first->finish();
    }
    if (exchanges_.empty()) idle_since_ = frontend_.now().steady;
    if (!input_.empty()) take_input();
    changed();
}

size_t HttpSession::gather(std::span<iovec> pieces) const {
    size_t filled = 0;
    size_t offset = first_offset_;
    for (const auto& piece : output_) {
        if (filled == pieces.size()) break;
        const auto bytes = piece.bytes().substr(offset);
        offset = 0;
        pieces[filled].iov_base = const_cast<char*>(bytes.data());
        pieces[filled].iov_len = bytes.size();
        ++filled;
    }
    return filled;
}

void HttpSession::sent(size_t bytes) {
    ASSERT(bytes <= output_bytes_);
    output_bytes_ -= bytes;
    progress_at_ = frontend_.now().steady;
    bytes += first_offset_;
    while (!output_.empty() && bytes >= output_.front().bytes().size()) {
        bytes -= output_.front().bytes().size();
        output_.pop_front();
    }
    first_offset_ = bytes;
    if (output_bytes_ > 0) return;
    idle_since_ = progress_at_;
    if (!exchanges_.empty() && exchanges_.front()->when_drained_) {
        const ExchangePtr first = exchanges_.front();
        const auto call = first->when_drained_;
        call();
    }
    if (!input_.empty()) take_input();
}

bool HttpSession::is_overdue(SteadyInstant now) const {
    const auto& limits = frontend_.limits();
    if (output_bytes_ > 0) return now - progress_at_ > limits.write_timeout;
    if (!exchanges_.empty()) return false;  // it waits for us
    if (!input_.empty() || parser_) return now - request_since_ > limits.head_timeout;
    return now - idle_since_ > limits.idle_timeout;
}

}  // namespace signalbox
