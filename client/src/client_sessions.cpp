#include "documents.h"
#include "endpoint.h"
#include "event_stream.h"
#include "problems.h"
#include "signalbox/client/client.h"
#include "text.h"
#include "try.h"

namespace signalbox::client {
namespace {

constexpr int not_found = 404;

std::string path_of(const std::string& id, std::string_view rest = {}) {
    return "/api/v1/sessions/" + percent_encode(id) + std::string(rest);
}

}  // namespace

// A second session by mistake would end by itself, but until then nobody would know which of
// the two is meant; there is no idempotency key for sessions.
Result<Session> Client::create_session(const SessionRequest& request,
                                       const CallOptions& call) const {
    TRY_AS(auto body, write_session_request(request));
    TRY_AS(const auto answer,
           endpoint_
               ->call({.method = "POST", .target = "/api/v1/sessions", .body = std::move(body)},
                      Repeat::unless_it_arrived, call)
               .answer);
    return read_session(answer.body);
}

Result<Session> Client::get_session(const std::string& id, const CallOptions& call) const {
    TRY_AS(const auto answer,
           endpoint_->call({.target = path_of(id)}, Repeat::always, call).answer);
    return read_session(answer.body);
}

Result<Session> Client::renew_session(const std::string& id, const CallOptions& call) const {
    TRY_AS(const auto answer,
           endpoint_->call({.method = "PUT", .target = path_of(id)}, Repeat::always, call).answer);
    return read_session(answer.body);
}

Result<void> Client::end_session(const std::string& id, const CallOptions& call) const {
    const auto outcome =
        endpoint_->call({.method = "DELETE", .target = path_of(id)}, Repeat::always, call);
    if (outcome.answer) return {};
    // What an attempt that got no answer has ended, the next one did not find.
    if (outcome.may_be_second && outcome.answer.error().status == not_found) return {};
    return tl::unexpected(outcome.answer.error());
}

Pager<Session> Client::list_sessions(size_t page_items, const CallOptions& call) const {
    const auto first = "/api/v1/sessions?limit=" + std::to_string(page_items);
    return Pager<Session>([endpoint = endpoint_, first,
                           call](const std::string& place) -> Result<Page<Session>> {
        TRY_AS(
            const auto answer,
            endpoint->call({.target = place.empty() ? first : place}, Repeat::always, call).answer);
        return read_session_page(answer.body);
    });
}

Result<std::string> Client::hold_session(const std::string& id,
                                         const std::function<void(const Session&)>& on_held,
                                         const CallOptions& call) const {
    bool was_held = false;
    std::string reason;
    Result<void> understood;
    EventStream stream;
    stream.open = [&] { return HttpCall{.target = path_of(id, "/connection")}; };
    stream.on_event = [&](SseEvent&& event) {
        if (event.name == "held") {
            was_held = true;
            auto session = read_session(event.data);
            if (!session) {
                understood = tl::unexpected(std::move(session).error());
                return false;
            }
            if (on_held) on_held(*session);
        }
        if (event.name != "ended") return true;
        // A server that stops says "ended" too, but its sessions go on when it is back.
        const auto session = get_session(id, call);
        if (session || session.error().status != not_found) return true;
        reason = read_text(event.data, "reason");
        return false;
    };
    const auto read = read_event_stream(*endpoint_, stream, call);
    if (!understood) return tl::unexpected(understood.error());
    if (read) return reason;
    if (was_held && read.error().status == not_found) {
        return tl::unexpected(
            local_problem("lost", "session " + id + " ended while no connection held it"));
    }
    return tl::unexpected(read.error());
}

}  // namespace signalbox::client
