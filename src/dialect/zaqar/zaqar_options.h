#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/ids.h"
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
    // Signs what /share gives out, and what subscribers confirm with. Whoever knows it can sign
    // anything.
    std::string secret_key;
    // Schemes of those that can be subscribed.
    std::vector<std::string> subscriber_types{"http", "https", "mailto"};
    // A subscriber is told nothing before it has confirmed that it wants to be.
    bool require_confirmation = false;
    // Where subscribers reach this server: "https://zaqar.example:8888"; empty: it is not known.
    std::string public_url;
    // The page that mails link to for a confirmation; empty: this server's own, at public_url.
    std::string external_confirmation_url;
    // What calls of a subscription's webhook are signed with, as its subscriber is told it; empty:
    // they are not signed.
    std::function<std::string(const SubscriptionId& id)> webhook_secret;
};

}  // namespace signalbox::zaqar
