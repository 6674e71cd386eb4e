#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/effect.h"

namespace signalbox {

// One thing to tell one subscriber.
struct Telling {
    const Effect& effect;
    const Notification* notification;  // null for a confirmation or an unsubscription
    uint32_t attempt;                  // from 1
};

// What tells one thing from all others for its subscriber, the same at every attempt, after a
// restart too. What asks for a confirmation has links of its own each time, and so a name.
std::string delivery_id(const Telling& telling, Instant now);

// Tells subscribers of one kind, in whatever way they are told. On the dispatcher's thread.
class Courier {
public:
    // Nothing: it was told.
    using Outcome = std::optional<ReportDelivery::Failure>;
    using Then = std::function<void(Outcome)>;

    virtual ~Courier() = default;
    // As metrics call it: "webhook".
    [[nodiscard]] virtual std::string_view kind() const = 0;
    // Calls `then` once, later or at once. `telling` is good for the call only.
    virtual void tell(const Telling& telling, Then then) = 0;
};

}  // namespace signalbox
