#pragma once

#include <vector>

#include "core/event.h"
#include "core/line_key.h"

// What events of tickets are about; readers of the feed name the same topics.

namespace signalbox {

Topic all_tickets_topic();
Topic server_topic(ServerId server);
Topic line_topic(const Resource& resource);
Topic ticket_topic(const Uuid& uuid);

// All of the above that cover one line.
std::vector<Topic> line_topics(const Resource& resource);

}  // namespace signalbox
