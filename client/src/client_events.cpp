#include "documents.h"
#include "event_stream.h"
#include "signalbox/client/client.h"
#include "text.h"

namespace signalbox::client {
namespace {

std::string target_of(const EventFilter& filter) {
    std::string target = "/api/v1/tickets/events";
    char separator = '?';
    const auto add = [&](std::string_view name, const std::optional<std::string>& value) {
        if (!value) return;
        target += separator;
        target += name;
        target += '=';
        target += percent_encode(*value);
        separator = '&';
    };
    add("ticket", filter.ticket);
    add("server_uuid", filter.server);
    add("scope", filter.scope);
    add("id", filter.id);
    return target;
}

// Where a reader of the feed is, over all the connections that it takes.
class Following {
public:
    Following(const OnEvent& on_event, std::string cursor)
        : on_event_(on_event), cursor_(std::move(cursor)) {}

    [[nodiscard]] const std::string& cursor() const { return cursor_; }
    [[nodiscard]] const Result<void>& understood() const { return understood_; }

    bool take(const SseEvent& sse) {
        // Told when the next stream has begun: only then is what the reader reads meanwhile as
        // new as what it will be told.
        if (sse.name == "resync") {
            cursor_.clear();
            must_resync_ = true;
            return true;
        }
        Event event;
        if (sse.name == "bookmark") {
            event.kind = must_resync_ ? Event::Kind::resync : Event::Kind::bookmark;
            must_resync_ = false;
        } else {
            auto read = read_event(sse.data);
            if (!read) {
                understood_ = tl::unexpected(std::move(read).error());
                return false;
            }
            event = std::move(*read);
        }
        event.cursor = sse.id;
        const bool go_on = on_event_(event);
        cursor_ = sse.id;
        return go_on;
    }

private:
    const OnEvent& on_event_;
    std::string cursor_;  // behind the last event that was told
    bool must_resync_ = false;
    Result<void> understood_;
};

}  // namespace

Result<std::string> Client::follow(const EventFilter& filter, const OnEvent& on_event,
                                   const FollowOptions& options) const {
    Following following(on_event, options.cursor);
    const auto target = target_of(filter);
    EventStream stream;
    stream.open = [&] {
        HttpCall call{.target = target};
        if (!following.cursor().empty()) {
            call.fields.push_back("Last-Event-ID: " + following.cursor());
        }
        return call;
    };
    stream.on_event = [&](SseEvent&& event) { return following.take(event); };
    const auto read = read_event_stream(*endpoint_, stream, options.call);
    if (!following.understood()) return tl::unexpected(following.understood().error());
    if (!read) return tl::unexpected(read.error());
    return following.cursor();
}

}  // namespace signalbox::client
