#include "dialect/zaqar/zaqar_checks.h"

#include <algorithm>

#include <fmt/format.h>

namespace signalbox::zaqar {
namespace {

bool is_name_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

int64_t seconds(Duration span) {
    return std::chrono::duration_cast<std::chrono::seconds>(span).count();
}

Checked<void> check_span(int64_t value, Duration min, Duration max, std::string_view what) {
    if (value >= seconds(min) && value <= seconds(max)) return {};
    return refuse(invalid_request(
        fmt::format("The {} may not exceed {} seconds, and must be at least {} seconds long.", what,
                    seconds(max), seconds(min))));
}

Checked<size_t> check_limit(std::optional<int64_t> limit, size_t max, const ZaqarLimits& limits,
                            std::string_view wording) {
    if (!limit) return std::min(limits.page, max);
    if (*limit >= 1 && *limit <= static_cast<int64_t>(max)) return static_cast<size_t>(*limit);
    return refuse(invalid_request(fmt::format(fmt::runtime(wording), max)));
}

constexpr std::string_view limit_text = "Limit must be at least 1 and no greater than {}.";
constexpr std::string_view message_limit_text =
    "Limit must be at least 1 and may not be greater than {}.";

}  // namespace

Checked<void> check_name(std::string_view name, std::string_view kind, const ZaqarLimits& limits) {
    if (name.size() > limits.name_bytes_max) {
        return refuse(invalid_request(fmt::format(
            "{} names may not be more than {} characters long.", kind, limits.name_bytes_max)));
    }
    if (!name.empty() && std::all_of(name.begin(), name.end(), is_name_byte)) return {};
    return refuse(invalid_request(fmt::format(
        "{} names may only contain ASCII letters, digits, underscores, dashes and dots.", kind)));
}

Checked<void> check_message_ttl(int64_t ttl, const ZaqarLimits& limits) {
    return check_span(ttl, limits.message_ttl_min, limits.message_ttl_max, "TTL for a message");
}

Checked<void> check_message_delay(int64_t delay, const ZaqarLimits& limits) {
    return check_span(delay, Duration(0), limits.message_delay_max, "delay for a message");
}

Checked<void> check_claim_ttl(int64_t ttl, const ZaqarLimits& limits) {
    return check_span(ttl, limits.claim_ttl_min, limits.claim_ttl_max, "TTL for a claim");
}

Checked<void> check_claim_grace(int64_t grace, const ZaqarLimits& limits) {
    return check_span(grace, limits.claim_grace_min, limits.claim_grace_max, "grace for a claim");
}

Checked<size_t> check_queue_limit(std::optional<int64_t> limit, const ZaqarLimits& limits) {
    return check_limit(limit, limits.queues_per_page_max, limits, limit_text);
}

Checked<size_t> check_message_limit(std::optional<int64_t> limit, const ZaqarLimits& limits) {
    return check_limit(limit, limits.messages_per_page_max, limits, message_limit_text);
}

Checked<size_t> check_claim_limit(std::optional<int64_t> limit, const ZaqarLimits& limits) {
    return check_limit(limit, limits.messages_per_claim_max, limits, message_limit_text);
}

Checked<size_t> check_subscription_limit(std::optional<int64_t> limit, const ZaqarLimits& limits) {
    return check_limit(limit, limits.subscriptions_per_page_max, limits, message_limit_text);
}

Checked<size_t> check_pool_limit(std::optional<int64_t> limit, const ZaqarLimits& limits) {
    return check_limit(limit, limits.pools_per_page_max, limits, limit_text);
}

Checked<size_t> check_flavor_limit(std::optional<int64_t> limit, const ZaqarLimits& limits) {
    return check_limit(limit, limits.flavors_per_page_max, limits, limit_text);
}

Checked<void> check_deletion(const BulkDeletion& deletion, const Options& options) {
    const auto& limits = options.limits;
    if (deletion.pop && deletion.ids) {
        return refuse(
            invalid_request("pop and id params cannot be present together in the delete request."));
    }
    if (!deletion.pop && !deletion.ids) {
        return refuse(
            invalid_request("The request should have either \"ids\" or \"pop\" parameter in the "
                            "request, to be able to delete."));
    }
    const auto pop_max = static_cast<int64_t>(limits.messages_per_claim_max);
    if (deletion.pop && (*deletion.pop < 1 || *deletion.pop > pop_max)) {
        return refuse(invalid_request(
            fmt::format("Pop value must be at least 1 and may not be greater than {}.", pop_max)));
    }
    if (deletion.ids && (*deletion.ids < 1 || *deletion.ids > limits.messages_per_page_max)) {
        return refuse(invalid_request(
            fmt::format("ids parameter should have at least 1 and not greater than {} values.",
                        limits.messages_per_page_max)));
    }
    if (options.delete_with_claim_id && deletion.claims > limits.messages_per_page_max) {
        return refuse(invalid_request(
            fmt::format("claim_ids parameter should have not greater than {} values.",
                        limits.messages_per_page_max)));
    }
    if (options.delete_with_claim_id && deletion.ids && deletion.claims == 0) {
        return refuse(
            invalid_request("The request should have both \"ids\" and \"claim_ids\" parameter in "
                            "the request when message_delete_with_claim_id is True."));
    }
    return {};
}

Checked<void> check_post_bytes(size_t bytes, const ZaqarLimits& limits) {
    if (bytes <= limits.post_bytes_max) return {};
    return refuse(invalid_request(
        fmt::format("Message collection size is too large. Max size {}", limits.post_bytes_max)));
}

Checked<void> check_metadata_bytes(size_t bytes, const ZaqarLimits& limits) {
    if (bytes <= limits.metadata_bytes_max) return {};
    return refuse(invalid_request(
        fmt::format("Queue metadata is too large. Max size: {}", limits.metadata_bytes_max)));
}

}  // namespace signalbox::zaqar
