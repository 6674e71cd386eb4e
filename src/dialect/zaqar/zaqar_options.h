#pragma once

#include <string>

#include "base/limits.h"

namespace signalbox::zaqar {

// What an operator can say of Zaqar's routes; the names are those of Zaqar's own options, where it
// has them. Constant once the server runs.
struct Options {
    ZaqarLimits limits;
    bool v1_1 = true;  // /v1.1 beside /v2
    // Pools, flavors and health exist, for those with the role admin.
    bool admin_mode = false;
    bool pooling = false;
    // Bulk deletion needs the claims of its messages.
    bool delete_with_claim_id = false;
    bool checksum = false;  // messages are shown with a checksum of their body
    // A Client-ID has to be a UUID; else anything of 10 to 36 bytes.
    bool client_ids_are_uuids = true;
    // Signs what /share gives out. Whoever knows it can sign anything.
    std::string secret_key;
};

}  // namespace signalbox::zaqar
