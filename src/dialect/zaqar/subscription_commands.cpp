#include "dialect/zaqar/subscription_commands.h"

#include <fmt/format.h>

namespace signalbox::zaqar {

CreateSubscription creation_of(QueueName queue, SubscriptionInput input, const Options& options) {
    CreateSubscription command;
    command.queue = std::move(queue);
    command.subscriber = std::move(input.subscriber).value_or("");
    command.ttl = input.ttl.value_or(options.limits.subscription_ttl);
    command.options = std::move(input.options).value_or("{}");
    command.needs_confirmation = options.require_confirmation;
    return command;
}

Fault no_such_subscription(std::string_view id) {
    return not_found(fmt::format("Subscription {} does not exist", id));
}

Fault fault_of_creation(const Error& error) {
    // Waiting does not help.
    if (error.code == ErrorCode::overloaded && error.field == "subscriber") {
        return {403, "Quota exceeded", error.field + " " + error.message + "."};
    }
    return fault_of(error);
}

}  // namespace signalbox::zaqar
