#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.h"

// Signatures of webhooks, as Standard Webhooks 1.0 has them: symmetric ones, version v1.

namespace signalbox {

// What the subscriber checks signatures with: "whsec_" and 32 bytes in base64. The same for a
// subscription as long as `server_secret` is the same, so it is kept nowhere.
std::string webhook_secret(std::string_view server_secret, const SubscriptionId& subscription);

// The part of `secret` that signs. `secret` is one of the above, or the base64 alone; nothing that
// could sign (an empty text) when it is neither.
std::string webhook_key(std::string_view secret);

// What the call says of itself, and is signed with it.
struct WebhookStamp {
    std::string_view id;
    int64_t seconds = 0;  // since 1970
};
// "v1," and the signature in base64.
std::string sign_webhook(std::string_view key, const WebhookStamp& stamp, std::string_view body);

}  // namespace signalbox
