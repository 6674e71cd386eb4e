#include "dialect/native/changes.h"

#include "codec/json_writer.h"
#include "dialect/native/problem.h"

namespace signalbox::native {

void ChangesAnswer::open(ExchangePtr exchange, Request request) {
    const auto answer = std::make_shared<ChangesAnswer>(std::move(exchange), std::move(request));
    answer->exchange_->when_gone([answer] { answer->finish(); });
    const std::weak_ptr<ChangesAnswer> weak = answer;
    answer->frontend().every_tick([weak] {
        const auto self = weak.lock();
        if (!self || self->is_over()) return false;
        if (self->is_live() && self->frontend().now().steady >= self->until_) {
            self->ask_head([self](Revision /*committed*/) {
                if (!self->is_over()) self->respond(self->reached());
            });
        }
        return true;
    });
    answer->join();
}

ChangesAnswer::ChangesAnswer(ExchangePtr exchange, Request request)
    : FeedFollower(exchange->frontend(),
                   {std::move(request.tenant), std::move(request.topics), request.after.position}),
      exchange_(std::move(exchange)),
      render_(std::move(request.render)),
      is_foreign_(request.after.history != frontend().node().identity().history),
      until_(saturating_add(frontend().now().steady, request.wait)),
      limit_(request.limit) {}

void ChangesAnswer::begun(const FeedJoined& joined) {
    if (!is_foreign_) return;
    lost(joined.floor);
    finish();
}

void ChangesAnswer::refused(const Error& error) {
    exchange_->respond(problem(error));
}

void ChangesAnswer::ended() {
    exchange_->respond(
        problem({ErrorCode::unavailable, "the server is stopping, or cannot read", {}}));
}

void ChangesAnswer::lost(Revision floor) {
    exchange_->respond(gone_problem(cursor_text(end_of(Revision(floor.value - 1)))));
}

void ChangesAnswer::send(const std::shared_ptr<const Event>& event) {
    auto text = render_(*event);
    if (text.empty()) return;
    bytes_ += text.size();
    changes_.push_back(std::move(text));
    const bool is_full =
        changes_.size() >= limit_ || bytes_ >= partition().limits().collection.answer_bytes_max;
    // What was waited for is here; what comes behind it, the next request gets.
    if (is_full || is_live()) respond(event->position);
}

void ChangesAnswer::caught_up() {
    if (!changes_.empty() || frontend().now().steady >= until_) respond(reached());
}

void ChangesAnswer::respond(FeedPosition position) {
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    json.key("changes");
    json.begin_array();
    for (const auto& change : changes_) json.raw(change);
    json.end_array();
    json.member("revision", position.revision.value);
    json.member("cursor", cursor_text(position));
    json.end_object();
    const auto self = shared_from_this();
    finish();
    exchange_->respond(json_response(200, std::move(body)));
}

}  // namespace signalbox::native
