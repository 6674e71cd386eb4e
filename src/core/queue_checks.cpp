#include "core/queue_checks.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/queue.h"

namespace signalbox {
namespace {

constexpr size_t small_name_bytes_max = 255;
// With the queue's number it makes a key of Idempotency, which has 255 bytes.
constexpr size_t dedup_bytes_max = 240;

bool is_name_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

Result<void> check_span(std::optional<Duration> span, Duration min, Duration max,
                        std::string_view field) {
    if (!span || (*span >= min && *span <= max)) return {};
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("must be between {} and {}", format_duration(min), format_duration(max)),
        std::string(field));
}

Result<void> check_at_least(std::optional<int64_t> number, int64_t min, std::string_view field) {
    if (!number || *number >= min) return {};
    return fail(ErrorCode::invalid_argument, fmt::format("must be at least {}", min),
                std::string(field));
}

Result<void> check_bytes(size_t bytes, size_t max, std::string field) {
    if (bytes <= max) return {};
    return fail(ErrorCode::invalid_argument, fmt::format("must have at most {} bytes", max),
                std::move(field));
}

}  // namespace

Result<void> check_queue_name(std::string_view name, const QueueLimits& limits) {
    if (name.empty() || name.size() > limits.name_bytes_max ||
        !std::all_of(name.begin(), name.end(), is_name_byte)) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must have 1 to {} characters of A-Z, a-z, 0-9, '_', '.' and '-'",
                                limits.name_bytes_max),
                    "queue");
    }
    return {};
}

Result<void> check_settings(const QueueSettings& settings, std::string_view metadata,
                            const QueueLimits& limits) {
    constexpr Duration moment(1);
    TRY(check_span(settings.ttl, moment, limits.ttl_max, "ttl"));
    TRY(check_span(settings.delay, Duration::zero(), limits.delay_max, "delay"));
    TRY(check_span(settings.dead_letter_ttl, moment, limits.ttl_max, "dead_letter_ttl"));
    TRY(check_span(settings.dedup_window, Duration::zero(), limits.dedup_window_max,
                   "dedup_window"));
    TRY(check_at_least(settings.post_bytes_max, 1, "post_bytes_max"));
    TRY(check_at_least(settings.claims_max, 0, "claims_max"));
    TRY(check_at_least(settings.messages_max, 1, "messages_max"));
    TRY(check_at_least(settings.bytes_max, 1, "bytes_max"));
    if (settings.dead_letter_queue) {
        if (auto checked = check_queue_name(*settings.dead_letter_queue, limits); !checked) {
            checked.error().field = "dead_letter_queue";
            return checked;
        }
    }
    if (metadata.size() > limits.metadata_bytes_max) {
        return fail(ErrorCode::too_large,
                    fmt::format("must have at most {} bytes", limits.metadata_bytes_max),
                    "metadata");
    }
    return {};
}

Result<void> check_messages(const PostMessages& command, const QueueLimits& limits) {
    TRY(check_count(command.messages.size(), limits.messages_per_post_max, "messages"));
    for (size_t i = 0; i < command.messages.size(); ++i) {
        const NewMessage& message = command.messages[i];
        const auto field = [i](std::string_view name) {
            return fmt::format("messages[{}].{}", i, name);
        };
        if (message.ttl && (*message.ttl < Duration(1) || *message.ttl > limits.ttl_max)) {
            TRY(check_span(message.ttl, Duration(1), limits.ttl_max, field("ttl")));
        }
        if (message.delay &&
            (*message.delay < Duration::zero() || *message.delay > limits.delay_max)) {
            TRY(check_span(message.delay, Duration::zero(), limits.delay_max, field("delay")));
        }
        if (message.priority > priority_max) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("must be between 0 and {}", priority_max), field("priority"));
        }
        if (message.group.size() > small_name_bytes_max) {
            TRY(check_bytes(message.group.size(), small_name_bytes_max, field("group")));
        }
        if (message.dedup.size() > dedup_bytes_max) {
            TRY(check_bytes(message.dedup.size(), dedup_bytes_max, field("dedup")));
        }
    }
    if (command.idempotency_key.size() > dedup_bytes_max) {
        return check_bytes(command.idempotency_key.size(), dedup_bytes_max, "Idempotency-Key");
    }
    return {};
}

Result<void> check_claim_times(Duration ttl, Duration grace, const QueueLimits& limits) {
    TRY(check_span(ttl, Duration(1), limits.claim_ttl_max, "ttl"));
    return check_span(grace, Duration::zero(), limits.claim_ttl_max, "grace");
}

Result<void> check_count(size_t count, size_t max, std::string_view field) {
    if (count >= 1 && count <= max) return {};
    return fail(ErrorCode::invalid_argument, fmt::format("must be between 1 and {}", max),
                std::string(field));
}

Result<void> check_reader_name(std::string_view reader) {
    if (!reader.empty() && reader.size() <= small_name_bytes_max) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("must have 1 to {} bytes", small_name_bytes_max), "reader");
}

}  // namespace signalbox
