#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/subscription_commands.h"

// What Zaqar's answers show of subscriptions.

namespace signalbox::zaqar {

// {"id","source","subscriber","ttl","age","options","confirmed"}
void append_subscription(std::string& out, const SubscriptionView& view);
// The same, with a comma between each: the elements of an array.
std::string listed_subscriptions(const std::vector<SubscriptionView>& views);
// The same of one, with how far it was told, "delivery": {"pending","delivered","dropped",
// "failures","next_attempt_at","last_error","gone"}; and what its webhook is signed with,
// "signing_secret", unless that is empty. Clients leave what they do not know.
std::string shown_subscription(const SubscriptionView& view, std::string_view signing_secret);

}  // namespace signalbox::zaqar
