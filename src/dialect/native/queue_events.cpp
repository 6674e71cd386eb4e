#include "codec/sse.h"
#include "dialect/native/queue_call.h"
#include "dialect/native/queue_streams.h"

// Messages as server-sent events.

namespace signalbox::native {
namespace {

// One client's stream. An event "open" at its begin, one "message" for each message with its id,
// "ended" with a reason at its end when that is the server's, and comments in between.
class EventStream : public std::enable_shared_from_this<EventStream> {
public:
    explicit EventStream(ExchangePtr exchange)
        : exchange_(std::move(exchange)), sent_at_(exchange_->frontend().now().steady) {}

    void open(std::shared_ptr<ClaimWatch> watch, MessageFlow::Request request) {
        const auto self = shared_from_this();
        MessageFlow::Sink sink;
        sink.begin = [self] { self->begin(); };
        sink.deliver = [self](const MessagesClaimed& claimed) { self->deliver(claimed); };
        sink.has_room = [self] { return self->has_room(); };
        sink.refuse = [self](const Error& error) { self->refuse(error); };
        sink.finish = [self] { self->end("its limit is reached"); };
        flow_ = std::make_shared<MessageFlow>(exchange_->frontend(), std::move(watch),
                                              std::move(request), std::move(sink));
        exchange_->when_gone([self] { self->leave(); });
        flow_->go_on();
    }

private:
    void begin() {
        has_begun_ = true;
        HttpResponse head;
        head.content_type = std::string(sse_content_type);
        head.fields = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
        exchange_->begin_stream(std::move(head));
        if (flow_ == nullptr) return;
        const auto self = shared_from_this();
        exchange_->every_tick([self] { self->tick(); });
        send({}, "open", stream_terms(flow_->request()));
    }

    void deliver(const MessagesClaimed& claimed) {
        std::string text;
        for (const auto& view : claimed.messages) {
            std::string data;
            JsonWriter json(data);
            write_message(json, view);
            std::string line;
            append_one_line(line, data);
            append_sse_event(text, view.id.text(), "message", line);
        }
        send_text(std::move(text));
    }

    bool has_room() {
        if (exchange_->backlog() <= exchange_->frontend().limits().output_bytes_max / 2) {
            return true;
        }
        const auto self = shared_from_this();
        exchange_->when_drained([self] {
            self->exchange_->when_drained(nullptr);
            self->exchange_->frontend().run_later([self] {
                if (self->flow_) self->flow_->go_on();
            });
        });
        return false;
    }

    void refuse(const Error& error) {
        if (has_begun_) return end(error.message);
        exchange_->respond(problem(error));
        leave();
    }

    void end(const std::string& reason) {
        std::string data;
        JsonWriter json(data);
        json.begin_object();
        json.member("reason", reason);
        json.end_object();
        send({}, "ended", data);
        exchange_->end_stream();
        leave();
    }

    void tick() {
        const auto& frontend = exchange_->frontend();
        // What has not been taken yet does the same service, and must not grow for ever.
        if (frontend.now().steady - sent_at_ >= frontend.quiet_max() && exchange_->backlog() == 0) {
            std::string text;
            append_sse_comment(text, "waiting");
            send_text(std::move(text));
        }
        if (flow_) flow_->tick();
    }

    void send(std::string_view id, std::string_view name, const std::string& data) {
        std::string text;
        append_sse_event(text, id, name, data);
        send_text(std::move(text));
    }

    void send_text(std::string text) {
        sent_at_ = exchange_->frontend().now().steady;
        exchange_->send(std::make_shared<const std::string>(std::move(text)));
    }

    // The flow holds this, too.
    void leave() {
        const auto flow = std::move(flow_);
        flow_ = nullptr;
        if (flow) flow->stop();
    }

    const ExchangePtr exchange_;
    std::shared_ptr<MessageFlow> flow_;
    bool has_begun_ = false;
    SteadyInstant sent_at_;
};

}  // namespace

void open_event_stream(const Call& call, std::shared_ptr<ClaimWatch> watch,
                       MessageFlow::Request request) {
    std::make_shared<EventStream>(call.exchange)->open(std::move(watch), std::move(request));
}

}  // namespace signalbox::native
