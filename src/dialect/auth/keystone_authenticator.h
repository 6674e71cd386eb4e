#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dialect/auth/auth_options.h"
#include "dialect/auth/authenticator.h"
#include "dialect/auth/identity_cache.h"
#include "port/http_client.h"

namespace signalbox {

// Asks a Keystone (Identity API v3) whom a token stands for, with a token of our own that is got
// with user and password when it is needed. What it said is remembered for a while; that a token
// is good, at most until it expires. A Keystone that does not answer lets nobody in.
class KeystoneAuthenticator : public Authenticator {
public:
    // Tokens that are not good: not for long, because they may be before that.
    static constexpr Duration refused_remembered = std::chrono::seconds(10);
    // Requests that wait for an answer; further ones are told to come back.
    static constexpr size_t waiting_max = 10'000;
    static constexpr size_t token_bytes_max = 8u << 10;

    KeystoneAuthenticator(const AuthOptions& options, HttpClient& client,
                          std::function<Now()> clock);

    std::optional<Answer> identify(const Credential& credential, Now now) override;
    void identify_later(const Credential& credential, Then then) override;
    bool still_holds(const Identity& identity, Now now) override;
    [[nodiscard]] std::string challenge() const override;

private:
    // A token that is being asked about, and everybody who wants to know.
    struct Question {
        std::string token;
        bool asked_again = false;  // with a new token of ours
        std::vector<Then> waiting;
    };

    void ask(const std::string& proof);
    // `with`: the token of ours that it was asked with.
    void on_answer(const std::string& proof, const std::string& with,
                   Result<IncomingResponse> response);
    void answer(const std::string& proof, Answer answer);
    void log_in();
    void on_login(Result<IncomingResponse> response);
    [[nodiscard]] Result<IdentityPtr> read_identity(const std::string& body,
                                                    const std::string& proof) const;
    void send(OutgoingRequest request, std::function<void(Result<IncomingResponse>)> then);

    const AuthOptions options_;
    HttpClient& client_;
    const std::function<Now()> clock_;
    IdentityCache good_;
    // Apart, so that those who guess do not drive out those who know.
    IdentityCache refused_;
    std::map<std::string, Question> questions_;  // by proof
    size_t waiting_ = 0;
    std::string own_token_;
    bool logging_in_ = false;
    // Questions that wait for the login.
    std::vector<std::string> after_login_;
    // Answers may come after this is gone.
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace signalbox
