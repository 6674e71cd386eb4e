#include "dialect/zaqar/message_commands.h"

#include <algorithm>

#include <fmt/format.h>

#include "dialect/zaqar/zaqar_json.h"

namespace signalbox::zaqar {

Error unknown_claim() {
    return {ErrorCode::not_found, {}, "claim"};
}

Result<DeleteMessages> deletion_of_one(const QueueName& queue, const MessageId& message,
                                       const std::optional<std::string>& claim) {
    DeleteMessages command;
    command.queue = queue;
    command.ids = {message};
    command.rule = DeleteRule::claim_of_each;
    if (!claim) return command;
    const auto id = ClaimId::parse(*claim);
    if (!id) return fail(unknown_claim());
    command.claims = {*id};
    return command;
}

Result<DeleteMessages> deletion_of_many(const QueueName& queue, const std::vector<std::string>& ids,
                                        const std::vector<std::string>& claims,
                                        const Options& options) {
    DeleteMessages command;
    command.queue = queue;
    command.ids = parse_ids<MessageId>(ids);
    if (!options.delete_with_claim_id) return command;
    command.rule = DeleteRule::claim_of_each;
    command.claims = parse_ids<ClaimId>(claims);
    if (command.claims.size() != claims.size()) return fail(unknown_claim());
    return command;
}

std::optional<DeletionFault> deletion_fault(const Error& error) {
    if (error.code == ErrorCode::forbidden) {
        return DeletionFault{
            403, "The message is claimed by somebody else.",
            "This message is claimed; it cannot be deleted without a valid claim ID."};
    }
    if (error.code == ErrorCode::not_found && error.field == "claim") {
        return DeletionFault{400, "There is no such claim.",
                             "The specified claim does not exist or has expired."};
    }
    if (error.code == ErrorCode::conflict) {
        return DeletionFault{400, "The message is not claimed.",
                             "A claim was specified, but the message is not currently claimed."};
    }
    return std::nullopt;
}

ClaimMessages claiming(const QueueName& queue, size_t limit, const ClaimTimes& times) {
    ClaimMessages command;
    command.queue = queue;
    command.limit = limit;
    command.ttl = std::chrono::seconds(times.ttl);
    command.grace = std::chrono::seconds(times.grace);
    return command;
}

RenewClaim renewal(const QueueName& queue, const ClaimId& claim, const ClaimTimes& times,
                   const ZaqarLimits& limits) {
    RenewClaim command;
    command.queue = queue;
    command.claim = claim;
    command.ttl = std::chrono::seconds(times.ttl);
    // Here Zaqar does not look at it; what is out of range is taken as the nearest that is not.
    command.grace = std::chrono::seconds(
        std::clamp<int64_t>(times.grace, 0, whole_seconds(limits.claim_grace_max)));
    return command;
}

Fault no_such_message(const QueueName& queue, std::string_view project, std::string_view id) {
    return not_found(fmt::format("Message {} does not exist in queue {} for project {}", id,
                                 queue.name, project));
}

Fault no_such_claim(const QueueName& queue, std::string_view project, std::string_view id) {
    return not_found(
        fmt::format("Claim {} does not exist in queue {} for project {}", id, queue.name, project));
}

}  // namespace signalbox::zaqar
