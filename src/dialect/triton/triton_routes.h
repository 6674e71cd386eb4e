#pragma once

#include <set>
#include <string>

#include "core/line_key.h"
#include "dialect/router.h"

// Triton's CNAPI, the part of it that serialises work: /servers/:server/tickets and
// /tickets/:ticket as every CNAPI since 2014 has them, the paths of the first sketch
// (/servers/:server/waitlist) beside them, /servers and /ping. docs/protocol.md says where we
// go further than the original, and where it crashed, hung or lied and we do not.

namespace signalbox::triton {

struct Options {
    Uuid headnode;  // shown as the one head node
    std::string hostname;
    std::set<Uuid> servers;  // when not empty, every other server is unknown
};

void add_routes(Router& router, const Options& options);

}  // namespace signalbox::triton
