#pragma once

#include <string_view>

#include "core/subscription_commands.h"
#include "dialect/zaqar/subscription_input.h"
#include "dialect/zaqar/zaqar_fault.h"

// What both transports ask the core about subscriptions, and how they tell what it refused.

namespace signalbox::zaqar {

CreateSubscription creation_of(QueueName queue, SubscriptionInput input, const Options& options);

Fault no_such_subscription(std::string_view id);
// Of a creation. A conflict is told by each transport in its own way.
Fault fault_of_creation(const Error& error);

}  // namespace signalbox::zaqar
