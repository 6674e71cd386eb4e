#pragma once

#include "dialect/zaqar/zaqar_call.h"

namespace signalbox::zaqar {

// Answers with a page of the queues of a project, or of its topics, in the order of their names;
// read from a snapshot, in slices between which others get their turn.
Checked<void> list_queues(const ZaqarCall& call);
Checked<void> list_topics(const ZaqarCall& call);

// Of messages when neither they nor their queue say one.
Duration default_message_ttl(const Node& node);

}  // namespace signalbox::zaqar
