#include "sim/event_follower.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/assert.h"
#include "core/cursor.h"

namespace signalbox {

void EventFollower::act() {
    auto* connection = http_.connection();
    SimResponse ignored;
    if (http_.is_waiting() && connection == nullptr) http_.poll(ignored);
    if (!http_.is_waiting()) {
        begun_ = false;
        buffer_.clear();
        SimHttp::Request request{"GET", "/api/v1/tickets/events", {}, {}};
        if (cursor_.empty()) {
            // The beginning of all.
            if (!world_.is_up()) return;
            const auto history = world_.history();
            request.target += "?cursor=" + Cursor{history, end_of(Revision())}.text();
        } else {
            request.fields = {{"last-event-id", cursor_}};
        }
        http_.send(request);
        return;
    }
    auto& responses = connection->responses();
    if (!begun_) {
        const auto head = responses.take_stream_head();
        if (head) {
            ASSERT(head->status == 200);
            begun_ = true;
        }
    }
    if (begun_) {
        buffer_ += responses.take_stream_body();
        for (size_t end = buffer_.find("\n\n"); end != std::string::npos;
             end = buffer_.find("\n\n")) {
            take_event(buffer_.substr(0, end));
            buffer_.erase(0, end + 2);
        }
        if (!responses.stream_has_ended() && connection->is_open()) return;
        http_.cut();
    }
    // A refusal while the server starts or stops, or a broken connection.
    SimResponse refused;
    if (http_.poll(refused) == SimHttp::Progress::answered) ASSERT(refused.status == 503);
}

void EventFollower::take_event(const std::string& text) {
    std::string id;
    std::string type;
    std::string data;
    std::istringstream lines(text);
    std::string line;
    while (std::getline(lines, line)) {
        if (line.starts_with("id: ")) id = line.substr(4);
        if (line.starts_with("event: ")) type = line.substr(7);
        if (line.starts_with("data: ")) data += line.substr(6);
    }
    if (type == "resync") id = nlohmann::json::parse(data).at("oldest").get<std::string>();
    if (id.empty()) return;
    const auto cursor = Cursor::parse(id);
    ASSERT(cursor);
    cursor_ = id;
    if (type == "resync") return oracle_.gave(number_, FeedOracle::Resync{cursor->position});
    if (type == "bookmark") return oracle_.gave(number_, FeedOracle::Bookmark{cursor->position});
    const auto envelope = nlohmann::json::parse(data);
    SeenEvent event;
    event.cursor = id;
    event.revision = cursor->position.revision.value;
    event.index = cursor->position.index;
    event.type = type;
    event.subject = envelope.at("subject").get<std::string>();
    event.data = envelope.at("data").dump();
    const auto time = parse_instant(envelope.at("time").get<std::string>());
    ASSERT(time);
    event.time = *time;
    oracle_.gave(number_, std::move(event));
}

}  // namespace signalbox
