#include "runtime/courier.h"

#include <fmt/format.h>

namespace signalbox {

std::string delivery_id(const Telling& telling, Instant now) {
    const auto subscription = telling.effect.subscription.text();
    if (telling.notification != nullptr) {
        return telling.notification->message.text() + "-" + subscription;
    }
    const bool is_confirmation = telling.effect.kind == Effect::Kind::confirmation;
    return fmt::format("{}-{}-{}", is_confirmation ? "confirmation" : "unsubscription",
                       now.time_since_epoch().count(), subscription);
}

}  // namespace signalbox
