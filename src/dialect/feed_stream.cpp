#include "dialect/feed_stream.h"

#include <fmt/format.h>

#include "codec/json_writer.h"
#include "codec/sse.h"

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
    if (!stream->state_) return stream->join();
    stream->begin_stream();
    stream->send_state();
}

FeedStream::FeedStream(ExchangePtr exchange, Request request, Refuse refuse)
    : FeedFollower(exchange->frontend(),
                   {std::move(request.tenant), std::move(request.topics),
                    request.state   ? std::optional(end_of(request.state->revision()))
                    : request.after ? std::optional(request.after->position)
                                    : std::nullopt}),
      exchange_(std::move(exchange)),
      render_(std::move(request.render)),
      refuse_(std::move(refuse)),
      is_foreign_(request.after && request.after->history != frontend().node().identity().history),
      has_cursor_(request.after || request.state),
      state_(std::move(request.state)),
      sent_at_(frontend().now().steady) {}

void FeedStream::begin_stream() {
    has_begun_ = true;
    exchange_->begin_stream(stream_head());
    // Nothing is streamed to a client that has ended its side.
    if (is_over()) return;
    send_text(std::string(reconnect_hint));
    exchange_->every_tick([stream = self()] { stream->tick(); });
}

void FeedStream::send_state() {
    if (is_over()) return;
    if (backlog() > limits().backlog_bytes_max) {
        exchange_->when_drained([stream = self()] {
            stream->exchange_->when_drained(nullptr);
            stream->frontend().run_later([stream] { stream->send_state(); });
        });
        return;
    }
    auto some = state_->next();
    if (!some) {
        ended();
        return finish();
    }
    if (*some) {
        send_text(std::move(**some));
        frontend().run_later([stream = self()] { stream->send_state(); });
        return;
    }
    const Revision complete = state_->revision();
    state_.reset();
    std::string data;
    JsonWriter json(data);
    json.begin_object();
    json.member("revision", complete.value);
    json.end_object();
    std::string text;
    append_sse_event(text, cursor_text(end_of(complete)), "complete", data);
    send_text(std::move(text));
    join();
}

void FeedStream::begun(const FeedJoined& joined) {
    if (!has_begun_) begin_stream();
    if (is_over()) return;
    if (is_foreign_) {
        // Whatever it says, it says nothing here.
        lost(joined.floor);
        return finish();
    }
    // A reader that was told nothing yet when its connection breaks would have nothing to come
    // back with, and miss what happened meanwhile.
    if (!has_cursor_) bookmark(joined.joined_at);
}

void FeedStream::refused(const Error& error) {
    if (has_begun_) {
        exchange_->end_stream();
    } else {
        refuse_(exchange_, error);
    }
}

void FeedStream::ended() {
    exchange_->end_stream();
}

void FeedStream::lost(Revision floor) {
    std::string data;
    JsonWriter json(data);
    json.begin_object();
    json.member("oldest", cursor_text(end_of(Revision(floor.value - 1))));
    json.end_object();
    std::string text;
    append_sse_event(text, {}, "resync", data);
    send_text(std::move(text));
    exchange_->end_stream();
}

void FeedStream::send(const std::shared_ptr<const Event>& event) {
    const auto cursor = cursor_text(event->position);
    std::string text;
    if (render_) {
        text = render_(*event, cursor);
    } else {
        const auto& node = frontend().node().identity();
        append_sse_event(text, cursor, event->type, cloud_event(*event, cursor, node.name));
    }
    if (!text.empty()) send_text(std::move(text));
}

void FeedStream::send_text(std::string text) {
    sent_at_ = frontend().now().steady;
    exchange_->send(std::make_shared<const std::string>(std::move(text)));
}

// A client that nothing happens to still learns that the server is alive and how far the feed
// has come, so that it resumes near its head.
void FeedStream::tick() {
    if (frontend().now().steady - sent_at_ < frontend().quiet_max() || !is_live()) return;
    // Who has not taken what he was sent needs no more, and must not be sent more for ever.
    if (exchange_->backlog() > 0) return;
    ask_head([stream = self()](Revision committed) { stream->bookmark(committed); });
}

void FeedStream::bookmark(Revision committed) {
    std::string text;
    append_sse_event(text, cursor_text(std::max(reached(), end_of(committed))), "bookmark", "{}");
    send_text(std::move(text));
}

}  // namespace signalbox
