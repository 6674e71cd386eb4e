#include "dialect/feed_stream.h"

#include <fmt/format.h>

#include "codec/json_writer.h"
#include "codec/sse.h"
#include "core/tenants.h"

namespace signalbox {
namespace {

constexpr std::string_view reconnect_hint = "retry: 2000\n\n";

HttpResponse stream_head() {
    HttpResponse head;
    head.content_type = std::string(sse_content_type);
    head.fields = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
    return head;
}

}  // namespace

std::string cloud_event(const Event& event, const std::string& cursor, const std::string& node) {
    std::string out;
    JsonWriter json(out);
    json.begin_object();
    json.member("specversion", "1.0");
    json.member("id", cursor);
    json.member("source", "/signalbox/" + node);
    json.member("type", "signalbox." + event.type);
    json.member("subject", event.subject);
    json.member("time", format_instant(event.time));
    json.member("datacontenttype", "application/json");
    json.key("data");
    json.raw(event.data);
    json.end_object();
    return out;
}

void FeedStream::open(ExchangePtr exchange, Request request, Refuse refuse) {
    const auto stream =
        std::make_shared<FeedStream>(std::move(exchange), std::move(request), std::move(refuse));
    stream->exchange_->when_gone([stream] { stream->finish(); });
    stream->join();
}

FeedStream::FeedStream(ExchangePtr exchange, Request request, Refuse refuse)
    : exchange_(std::move(exchange)),
      request_(std::move(request)),
      refuse_(std::move(refuse)),
      sent_at_(exchange_->frontend().now().steady) {}

Partition& FeedStream::partition() const {
    return exchange_->frontend().node().partition_of(request_.tenant);
}

const FeedLimits& FeedStream::limits() const {
    return partition().limits().feed;
}

std::string FeedStream::cursor_text(FeedPosition position) const {
    return Cursor{exchange_->frontend().node().identity().history, position}.text();
}

void FeedStream::join() {
    state_ = State::joining;
    Command command;
    command.tenant = request_.tenant;
    command.caller = exchange_->caller();
    command.body = SubscribeFeed{{request_.topic}};
    auto& frontend = exchange_->frontend();
    const auto self = shared_from_this();
    subscription_ = frontend.submit(std::move(command), [self](Reply reply) {
        self->joined(std::get<Result<FeedJoined>>(std::move(reply)));
    });
    if (!subscription_) return;
    frontend.on_events(*subscription_, [self](std::shared_ptr<const Event> event) {
        self->receive(std::move(event));
    });
}

void FeedStream::joined(Result<FeedJoined> answer) {
    if (state_ == State::over) return;
    if (!answer) {
        leave_feed();
        if (begun_) {
            exchange_->end_stream();
        } else {
            refuse_(exchange_, answer.error());
        }
        return finish();
    }
    joined_at_ = answer->joined_at;
    if (!begun_) {
        begun_ = true;
        exchange_->begin_stream(stream_head());
        // Nothing is streamed to a client that has ended its side.
        if (state_ == State::over) return;
        send_text(std::string(reconnect_hint));
        const auto self = shared_from_this();
        exchange_->every_tick([self] { self->tick(); });
        reached_ = request_.after ? request_.after->position : end_of(joined_at_);
        const auto& history = exchange_->frontend().node().identity().history;
        const bool foreign = request_.after && request_.after->history != history;
        // A cursor from the future belongs to a history that was rolled back.
        if (foreign || reached_.revision > joined_at_) return resync(answer->floor);
        // A reader that was told nothing yet when its connection breaks would have nothing to come
        // back with, and miss what happened meanwhile.
        if (!request_.after) bookmark(joined_at_);
    }
    if (!is_kept(reached_, answer->floor)) return resync(answer->floor);
    state_ = State::catching_up;
    catch_up();
}

void FeedStream::catch_up() {
    if (state_ != State::catching_up) return;
    const auto self = shared_from_this();
    if (exchange_->backlog() > limits().backlog_bytes_max) {
        exchange_->when_drained([self] {
            self->exchange_->when_drained(nullptr);
            self->exchange_->frontend().run_later([self] { self->catch_up(); });
        });
        return;
    }
    const auto done = send_page();
    if (!done) {
        exchange_->end_stream();
        return finish();
    }
    if (*done) return go_live();
    exchange_->frontend().run_later([self] { self->catch_up(); });
}

// One page from the store; true when everything up to joined_at_ has been sent.
Result<bool> FeedStream::send_page() {
    if (reached_ >= end_of(joined_at_)) return true;
    const auto snapshot = partition().snapshot();
    TRY_AS(const auto floor, FeedReader::floor(*snapshot));
    if (!is_kept(reached_, floor)) {
        resync(floor);
        return true;
    }
    TRY_AS(const TenantId tenant, find_tenant(*snapshot, request_.tenant));
    FeedReader reader(snapshot, tenant, {request_.topic}, reached_);
    TRY_AS(const auto page, reader.next(limits().page_rows_max));
    for (const auto& event : page.events) {
        // Later ones are delivered, or will be read when we join again.
        if (event.position.revision > joined_at_) break;
        send(event);
    }
    const bool done = page.at_end || page.reached.revision >= joined_at_;
    reached_ = done ? end_of(joined_at_) : page.reached;
    return done;
}

void FeedStream::go_live() {
    if (state_ == State::over) return;
    if (overflowed_) return fall_behind();
    state_ = State::live;
    while (!buffer_.empty() && state_ == State::live) {
        const auto event = std::move(buffer_.front());
        buffer_.pop_front();
        receive(event);
    }
}

void FeedStream::receive(std::shared_ptr<const Event> event) {
    if (!event) {
        // The server stops; the client comes back with its cursor.
        exchange_->end_stream();
        return finish();
    }
    switch (state_) {
        case State::live:
            if (exchange_->backlog() > limits().backlog_bytes_max) return fall_behind();
            send(*event);
            reached_ = event->position;
            return;
        case State::joining:
        case State::catching_up:
            if (overflowed_) return;
            buffer_.push_back(std::move(event));
            overflowed_ = buffer_.size() > limits().buffered_events_max;
            if (overflowed_) buffer_.clear();
            return;
        case State::draining:
        case State::over: return;
    }
}

// Leaves the live feed and joins again when the client has taken what it was sent; `reached_`
// says from where.
void FeedStream::fall_behind() {
    leave_feed();
    buffer_.clear();
    overflowed_ = false;
    state_ = State::draining;
    const auto self = shared_from_this();
    const auto rejoin = [self] {
        if (self->state_ != State::draining) return;
        self->exchange_->when_drained(nullptr);
        self->join();
    };
    if (exchange_->backlog() == 0) {
        exchange_->frontend().run_later(rejoin);
    } else {
        exchange_->when_drained([self, rejoin] { self->exchange_->frontend().run_later(rejoin); });
    }
}

void FeedStream::leave_feed() {
    if (subscription_) exchange_->frontend().forget(*subscription_);
    subscription_.reset();
}

void FeedStream::resync(Revision floor) {
    std::string data;
    JsonWriter json(data);
    json.begin_object();
    json.member("oldest", cursor_text(end_of(Revision(floor.value - 1))));
    json.end_object();
    std::string text;
    append_sse_event(text, {}, "resync", data);
    send_text(std::move(text));
    exchange_->end_stream();
    finish();
}

void FeedStream::finish() {
    if (state_ == State::over) return;
    state_ = State::over;
    leave_feed();
    buffer_.clear();
}

void FeedStream::send(const Event& event) {
    const auto& node = exchange_->frontend().node().identity();
    const auto cursor = cursor_text(event.position);
    std::string text;
    append_sse_event(text, cursor, event.type, cloud_event(event, cursor, node.name));
    send_text(std::move(text));
}

void FeedStream::send_text(std::string text) {
    sent_at_ = exchange_->frontend().now().steady;
    exchange_->send(std::make_shared<const std::string>(std::move(text)));
}

// A client that nothing happens to still learns that the server is alive and how far the feed
// has come, so that it resumes near its head.
void FeedStream::tick() {
    const auto& frontend = exchange_->frontend();
    if (frontend.now().steady - sent_at_ < frontend.quiet_max()) return;
    if (state_ != State::live || asking_head_) return;
    // Who has not taken what he was sent needs no more, and must not be sent more for ever.
    if (exchange_->backlog() > 0) return;
    asking_head_ = true;
    Command command;
    command.tenant = request_.tenant;
    command.body = ReadFeedHead{};
    const auto self = shared_from_this();
    exchange_->frontend().submit(std::move(command), [self](Reply reply) {
        self->asking_head_ = false;
        const auto head = std::get<Result<FeedHead>>(std::move(reply));
        if (head && self->state_ == State::live) self->bookmark(head->committed);
    });
}

void FeedStream::bookmark(Revision committed) {
    reached_ = std::max(reached_, end_of(committed));
    std::string text;
    append_sse_event(text, cursor_text(reached_), "bookmark", "{}");
    send_text(std::move(text));
}

}  // namespace signalbox
