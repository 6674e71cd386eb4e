#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "core/step.h"

namespace signalbox {

// What a client's Idempotency-Key stands for: the thing that was created under it, and a digest
// of the request, so that the same key with another request is refused. Kept as rows only, for
// a day by default. Core thread.
class Idempotency {
public:
    explicit Idempotency(const IdempotencyLimits& limits) : limits_(limits) {}

    // The ids of what was created under the key, if it was less than `age_max` ago. `key_reused`
    // when the digest differs, `invalid_argument` when the key is too long.
    Result<std::optional<std::string>> find(TenantId tenant, std::string_view key, uint64_t digest,
                                            Duration age_max, const Step& step) const;
    Result<std::optional<std::string>> find(TenantId tenant, std::string_view key, uint64_t digest,
                                            const Step& step) const {
        return find(tenant, key, digest, limits_.age_max, step);
    }
    void remember(TenantId tenant, std::string_view key, uint64_t digest, std::string_view created,
                  Step& step);

    // Drops up to `rows_max` keys that are too old. True when there may be more.
    Result<bool> forget_old(Step& step, size_t rows_max);

private:
    const IdempotencyLimits& limits_;
    // No key is older than this one: a scan begins here, past the rows erased before.
    std::string oldest_;
};

}  // namespace signalbox
