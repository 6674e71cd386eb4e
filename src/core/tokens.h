#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "core/step.h"

namespace signalbox {

// The tokens that this server has given out. They are rows and nothing else; whoever checks one
// reads its row from a snapshot (find_token), on a thread of their own. Core thread.
class Tokens {
public:
    explicit Tokens(const TokenLimits& limits) : limits_(limits) {}

    Result<void> load(const RowReader& rows);

    Result<TokenRecord> create(CreateToken command, Step& step);
    Result<TokenRevoked> revoke(const RevokeToken& command, Step& step);
    // Drops some of those that have expired. True when there may be more.
    Result<bool> forget_expired(Step& step);

    [[nodiscard]] size_t count() const { return count_; }

private:
    void erase(const TokenRecord& record, Step& step);

    const TokenLimits& limits_;
    size_t count_ = 0;  // expired ones that have a row still included
};

// The token with that SHA-256, be it expired or not. Any thread, with a snapshot.
Result<std::optional<TokenRecord>> find_token(const RowReader& rows, std::string_view hash);

struct TokenPage {
    std::vector<TokenRecord> tokens;  // in the order of their ids
    bool more = false;
};
Result<TokenPage> list_tokens(const RowReader& rows, const std::optional<Uuid>& after,
                              size_t limit);

// For the fuzzer; nothing when the row is damaged.
std::optional<TokenRecord> decode_token(std::string_view key, std::string_view value);
std::string encode_token(const TokenRecord& record);

}  // namespace signalbox
