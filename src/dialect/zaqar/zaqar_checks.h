#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "dialect/zaqar/zaqar_fault.h"
#include "dialect/zaqar/zaqar_options.h"

// What Zaqar asks of the values of a request, in its own words; for all its transports.

namespace signalbox::zaqar {

// 1 to 64 of "A-Za-z0-9_.-". Descriptions speak of `kind`: "Queue", "Topic", "Pool", "Flavor".
Checked<void> check_name(std::string_view name, std::string_view kind, const ZaqarLimits& limits);

// Nothing stands for what is not given. All of seconds.
Checked<void> check_message_ttl(int64_t ttl, const ZaqarLimits& limits);
Checked<void> check_message_delay(int64_t delay, const ZaqarLimits& limits);
Checked<void> check_claim_ttl(int64_t ttl, const ZaqarLimits& limits);
Checked<void> check_claim_grace(int64_t grace, const ZaqarLimits& limits);

Checked<size_t> check_queue_limit(std::optional<int64_t> limit, const ZaqarLimits& limits);
// For pages of messages, and of ids.
Checked<size_t> check_message_limit(std::optional<int64_t> limit, const ZaqarLimits& limits);
Checked<size_t> check_claim_limit(std::optional<int64_t> limit, const ZaqarLimits& limits);
Checked<size_t> check_subscription_limit(std::optional<int64_t> limit, const ZaqarLimits& limits);
Checked<size_t> check_pool_limit(std::optional<int64_t> limit, const ZaqarLimits& limits);
Checked<size_t> check_flavor_limit(std::optional<int64_t> limit, const ZaqarLimits& limits);

// What a deletion of many messages gives: ids, how many to pop, claims.
struct BulkDeletion {
    std::optional<size_t> ids;
    std::optional<int64_t> pop;
    size_t claims = 0;
};
Checked<void> check_deletion(const BulkDeletion& deletion, const Options& options);

Checked<void> check_post_bytes(size_t bytes, const ZaqarLimits& limits);
Checked<void> check_metadata_bytes(size_t bytes, const ZaqarLimits& limits);

}  // namespace signalbox::zaqar
