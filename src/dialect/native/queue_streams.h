#pragma once

#include <memory>
#include <string>

#include "dialect/native/message_flow.h"
#include "dialect/router.h"

// How the messages of a stream travel.

namespace signalbox::native {

// {"window":100,"ttl":"1m"}: what a stream has agreed to, which it says first.
std::string stream_terms(const MessageFlow::Request& request);

void open_event_stream(const Call& call, std::shared_ptr<ClaimWatch> watch,
                       MessageFlow::Request request);
void open_message_socket(const Call& call, std::shared_ptr<ClaimWatch> watch,
                         MessageFlow::Request request);

}  // namespace signalbox::native
