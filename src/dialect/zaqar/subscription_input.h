#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "dialect/zaqar/zaqar_fault.h"
#include "dialect/zaqar/zaqar_options.h"

// What a client says of subscriptions, on any transport.

namespace signalbox::zaqar {

// {"subscriber": a URI, "ttl": int, "options": {...}}, what it has of them; null counts as absent.
// Options that say nothing ([], "", 0, false) are none.
struct SubscriptionInput {
    std::optional<std::string> subscriber;
    std::optional<Duration> ttl;
    std::optional<std::string> options;  // a JSON object
};

// Of a new one, which has a subscriber. An empty text says nothing.
Checked<SubscriptionInput> read_new_subscription(std::string_view text, const Options& options,
                                                 Instant now);
// Of one that there is; members that are not known are nothing.
Checked<SubscriptionInput> read_subscription_patch(std::string_view text, const Options& options,
                                                   Instant now);
// Of one without a subscriber.
Checked<SubscriptionInput> read_subscription_settings(std::string_view text, const Options& options,
                                                      Instant now);
// {"confirmed": bool}
Checked<bool> read_confirmation(std::string_view text);

}  // namespace signalbox::zaqar
