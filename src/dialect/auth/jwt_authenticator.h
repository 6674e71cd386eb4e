#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "codec/jwt.h"
#include "dialect/auth/auth_options.h"
#include "dialect/auth/authenticator.h"
#include "dialect/auth/identity_cache.h"

namespace signalbox {

// Believes what somebody else has signed: whoever holds the private key to one of the public ones
// in the key set. The keys are read when they are first needed, from time to time, and when a
// token names one that is not known, but then not more often than every retry_min.
class JwtAuthenticator : public Authenticator {
public:
    // Gets the text of the key set; calls back once, perhaps at once.
    using ReadKeys = std::function<void(std::function<void(Result<std::string>)>)>;

    static constexpr Duration retry_min = std::chrono::seconds(10);
    // Requests that wait for keys; further ones are told to come back.
    static constexpr size_t waiting_max = 1000;
    static constexpr size_t token_bytes_max = 16u << 10;

    JwtAuthenticator(const AuthOptions& options, ReadKeys read_keys, std::function<Now()> clock);

    std::optional<Answer> identify(const Credential& credential, Now now) override;
    void identify_later(const Credential& credential, Then then) override;
    bool still_holds(const Identity& identity, Now now) override;
    [[nodiscard]] std::string challenge() const override;

private:
    struct Waiting {
        std::string token;
        Then then;
    };

    // Nothing when that needs keys that are on their way, or should be.
    std::optional<Answer> check(std::string_view token, Now now);
    Answer check_claims(const Jwt& token, const std::string& proof, Now now) const;
    [[nodiscard]] bool may_read(Now now) const;
    void read(Now now);
    void on_keys(Result<std::string> text);

    const AuthOptions options_;
    const ReadKeys read_keys_;
    const std::function<Now()> clock_;
    std::set<JwtAlgorithm> algorithms_;
    std::optional<JwtKeySet> keys_;
    IdentityCache cache_;
    bool reading_ = false;
    std::optional<SteadyInstant> read_at_;  // when it was last begun
    std::vector<Waiting> waiting_;
    // The read that is under way may outlive this.
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace signalbox
