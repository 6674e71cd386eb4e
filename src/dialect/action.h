#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/http_message.h"
#include "core/identity.h"
#include "dialect/router.h"

namespace signalbox {

// What a request does, in the words in which patterns (core/acl.h) speak of it:
// "queues.orders.messages.create", "zaqar.queues.orders.read". First the dialect, unless it is
// native, then the path's words with their parameters filled in, without what names the version,
// then a verb: `read`, `create` for POST, `update` for PUT, PATCH and a GET that changes
// something, `delete`.
//
// A dot within a word would make two of it, so it becomes a slash; a slash becomes a `%`, which
// no pattern can say.
std::string action_name(Dialect dialect, const std::vector<std::string_view>& words,
                        std::string_view verb);
std::string_view action_verb(HttpMethod method, bool changes);

// Whether the identity's patterns give the action; without any, everything is given.
Result<void> check_action(const Identity& identity, const std::string& action);

}  // namespace signalbox
