#pragma once

#include <functional>

#include "endpoint.h"
#include "sse_parser.h"

namespace signalbox::client {

// What is read from a stream of events and every stream that takes its place.
struct EventStream {
    std::function<HttpCall()> open;            // the request for the next stream
    std::function<bool(SseEvent&&)> on_event;  // false ends it all
};

// Reads a stream and, when it breaks or ends, the next one. Success when on_event ended it;
// else the problem that trying again did not help against.
Result<void> read_event_stream(Endpoint& endpoint, const EventStream& stream,
                               const CallOptions& call);

}  // namespace signalbox::client
