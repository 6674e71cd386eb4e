#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/queue_commands.h"
#include "dialect/zaqar/message_input.h"
#include "dialect/zaqar/zaqar_fault.h"
#include "dialect/zaqar/zaqar_options.h"

// What a request about messages or a claim asks of the core, and what is wrong when the core
// refuses it; for all transports.

namespace signalbox::zaqar {

// Those of them that could be ids at all: every other one is the id of nothing.
template <class Id>
std::vector<Id> parse_ids(const std::vector<std::string>& texts) {
    std::vector<Id> ids;
    for (const auto& text : texts) {
        if (const auto id = Id::parse(text)) ids.push_back(*id);
    }
    return ids;
}

// As the core says it of a claim that it does not know.
Error unknown_claim();

// Fail with `unknown_claim` when a claim is named that can be none.
Result<DeleteMessages> deletion_of_one(const QueueName& queue, const MessageId& message,
                                       const std::optional<std::string>& claim);
Result<DeleteMessages> deletion_of_many(const QueueName& queue, const std::vector<std::string>& ids,
                                        const std::vector<std::string>& claims,
                                        const Options& options);

// What is wrong with the claim that a deletion names, or does not; nothing for other errors.
struct DeletionFault {
    uint16_t status = 400;
    std::string_view exception;  // what the original calls it within
    std::string_view description;
};
std::optional<DeletionFault> deletion_fault(const Error& error);

ClaimMessages claiming(const QueueName& queue, size_t limit, const ClaimTimes& times);
RenewClaim renewal(const QueueName& queue, const ClaimId& claim, const ClaimTimes& times,
                   const ZaqarLimits& limits);

Fault no_such_message(const QueueName& queue, std::string_view project, std::string_view id);
Fault no_such_claim(const QueueName& queue, std::string_view project, std::string_view id);

}  // namespace signalbox::zaqar
