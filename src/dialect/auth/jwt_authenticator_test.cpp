#include "dialect/auth/jwt_authenticator.h"

#include <gtest/gtest.h>

#include "codec/jwt_maker_test.h"

// What is believed of claims, and when keys are read. The signatures are codec/jwt_test.cpp's.

namespace signalbox {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr int64_t noon = 1'767'225'600;  // 2026-01-01

class JwtAuthenticatorTest : public testing::Test {
protected:
    JwtAuthenticatorTest() {
        now_.wall = Instant(seconds(noon));
        options_.jwt.issuer = "https://issuer";
        options_.jwt.audience = "signalbox";
    }

    JwtAuthenticator& authenticator() {
        if (!authenticator_) {
            authenticator_ = std::make_unique<JwtAuthenticator>(
                options_,
                [this](auto then) {
                    ++reads_;
                    then_ = then;
                    if (!slow_) answer_read();
                },
                [this] { return now_; });
        }
        return *authenticator_;
    }
    void answer_read() {
        const auto then = std::move(then_);
        if (keys_.empty()) return then(fail(ErrorCode::unavailable, "nobody is there"));
        then(R"({"keys":[)" + keys_ + "]}");
    }
    // As the router asks.
    Authenticator::Answer ask(const std::string& token) {
        Credential credential;
        credential.token = token;
        if (auto known = authenticator().identify(credential, now_)) return *known;
        std::optional<Authenticator::Answer> answer;
        authenticator().identify_later(credential,
                                       [&](Authenticator::Answer found) { answer = found; });
        if (!answer) throw std::runtime_error("no answer");
        return *answer;
    }
    std::string claims(const std::string& more = {}) const {
        return R"({"sub":"ann","tenant":"blue","iss":"https://issuer","aud":"signalbox","exp":)" +
               std::to_string(noon + 60) + more + "}";
    }
    Authenticator::Answer ask_with(const std::string& claims) {
        return ask(maker_.token("ES256", "k1", claims));
    }
    std::string refusal_of(const std::string& claims) {
        const auto answer = ask_with(claims);
        return answer ? "none" : answer.error().message;
    }
    void pass(Duration span) {
        now_.wall += span;
        now_.steady += span;
    }

    const JwtMaker maker_ = JwtMaker::ec();
    AuthOptions options_;
    Now now_;
    std::string keys_ = maker_.jwk("k1");
    int reads_ = 0;
    bool slow_ = false;
    std::function<void(Result<std::string>)> then_;
    std::unique_ptr<JwtAuthenticator> authenticator_;
};

TEST_F(JwtAuthenticatorTest, takes_who_it_is_from_claims) {
    options_.jwt.roles_claim = "realm_access.roles";
    const auto answer = ask_with(
        claims(R"(,"realm_access":{"roles":["admin","x"]},"acl":"queues.# tickets.*.read")"));
    ASSERT_TRUE(answer) << answer.error().message;
    const Identity& identity = **answer;
    EXPECT_EQ(identity.tenant, "blue");
    EXPECT_EQ(identity.user, "ann");
    EXPECT_EQ(identity.roles, (std::vector<std::string>{"admin", "x"}));
    EXPECT_EQ(identity.acl, (std::vector<std::string>{"queues.#", "tickets.*.read"}));
    EXPECT_TRUE(identity.is_admin && identity.may_administer);
    EXPECT_EQ(identity.expires_at, Instant(seconds(noon + 60) + options_.jwt.leeway));
}

TEST_F(JwtAuthenticatorTest, refuses_claims_that_do_not_hold) {
    const auto without = [](std::string text, const std::string& part) {
        return text.erase(text.find(part), part.size());
    };
    EXPECT_EQ(refusal_of(claims()), "none");
    EXPECT_EQ(refusal_of(without(claims(), R"("aud":"signalbox",)")),
              "the token is for somebody else");
    EXPECT_EQ(refusal_of(without(claims(R"(,"aud":"x")"), R"("aud":"signalbox",)")),
              "the token is for somebody else");
    EXPECT_EQ(refusal_of(without(claims(R"(,"aud":["x","signalbox"])"), R"("aud":"signalbox",)")),
              "none");
    EXPECT_EQ(refusal_of(without(claims(R"(,"aud":["x",7])"), R"("aud":"signalbox",)")),
              "the token is for somebody else");
    EXPECT_EQ(refusal_of(without(claims(), R"("iss":"https://issuer",)")),
              "the token is of another issuer");
    EXPECT_EQ(
        refusal_of(without(claims(R"(,"iss":"https://issuer/")"), R"("iss":"https://issuer",)")),
        "the token is of another issuer");
    EXPECT_EQ(refusal_of(without(claims(), R"("tenant":"blue",)")), "the token names no tenant");
    EXPECT_EQ(refusal_of(without(claims(R"(,"tenant":"")"), R"("tenant":"blue",)")),
              "the token names no tenant");
    EXPECT_EQ(refusal_of(claims(R"(,"tenant":"green")")), "the token's claims are not well-formed");
    EXPECT_EQ(refusal_of(claims(R"(,"roles":[7])")), "the token's roles or patterns are not texts");
}

TEST_F(JwtAuthenticatorTest, needs_a_time_at_which_it_ends) {
    const std::string others = R"("tenant":"blue","iss":"https://issuer","aud":"signalbox")";
    const auto with = [&](const std::string& exp) {
        return refusal_of("{" + others + R"(,"exp":)" + exp + "}");
    };
    EXPECT_EQ(refusal_of("{" + others + "}"), "the token does not say when it expires");
    for (const auto* wrong : {"null", "\"2999\"", "1e300", "99999999999999", "true", "[]"}) {
        EXPECT_EQ(with(wrong), "the token does not say when it expires") << wrong;
    }
    EXPECT_EQ(with(std::to_string(noon + 1) + ".5"), "none");
    EXPECT_EQ(with(std::to_string(noon - 29)), "none");
    EXPECT_EQ(with(std::to_string(noon - 30)), "the token has expired");
    EXPECT_EQ(refusal_of(claims(R"(,"nbf":)" + std::to_string(noon + 30))), "none");
    EXPECT_EQ(refusal_of(claims(R"(,"nbf":)" + std::to_string(noon + 31))),
              "the token is not good yet");
    EXPECT_EQ(refusal_of(claims(R"(,"nbf":"x")")), "the token is not good yet");
}

// Also when it was found good before, and is remembered.
TEST_F(JwtAuthenticatorTest, ends_with_its_time) {
    const auto token = maker_.token("ES256", "k1", claims());
    const auto answer = ask(token);
    ASSERT_TRUE(answer);
    pass(seconds(89));
    EXPECT_TRUE(ask(token));
    EXPECT_TRUE(authenticator().still_holds(**answer, now_));
    pass(seconds(1));
    EXPECT_FALSE(ask(token));
    EXPECT_FALSE(authenticator().still_holds(**answer, now_));
}

TEST_F(JwtAuthenticatorTest, takes_only_algorithms_that_it_is_told_to) {
    options_.jwt.algorithms = {"RS256"};
    const auto answer = ask_with(claims());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::unauthenticated);
    EXPECT_EQ(reads_, 0);
}

TEST_F(JwtAuthenticatorTest, reads_keys_again_for_one_that_is_not_known_but_not_at_any_rate) {
    const auto next = JwtMaker::ec();
    const auto token = next.token("ES256", "k2", claims());
    ASSERT_TRUE(ask_with(claims()));
    EXPECT_EQ(reads_, 1);
    // Just read: no stranger makes it read on.
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(ask(token));
    EXPECT_EQ(reads_, 1);
    pass(JwtAuthenticator::retry_min);
    keys_ = next.jwk("k2");
    EXPECT_TRUE(ask(token));
    EXPECT_EQ(reads_, 2);
    // The old key is out of the set, and what it signed with it, also what was remembered.
    EXPECT_FALSE(ask_with(claims()));
}

TEST_F(JwtAuthenticatorTest, reads_keys_from_time_to_time_and_keeps_the_old_ones_meanwhile) {
    const auto token = maker_.token("ES256", "k1", claims(R"(,"x":1)"));
    ASSERT_TRUE(ask(token));
    now_.steady += options_.jwt.refresh;
    slow_ = true;
    EXPECT_TRUE(ask(token));
    EXPECT_EQ(reads_, 2);
    keys_.clear();
    answer_read();
    EXPECT_TRUE(ask(token)) << "a server of keys that is away takes nothing from us";
}

TEST_F(JwtAuthenticatorTest, lets_nobody_in_without_keys) {
    keys_.clear();
    const auto refused = ask_with(claims());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_EQ(ask_with(claims()).error().code, ErrorCode::unavailable);
    EXPECT_EQ(reads_, 1);
    keys_ = maker_.jwk("k1");
    pass(JwtAuthenticator::retry_min);
    EXPECT_TRUE(ask_with(claims()));
}

TEST_F(JwtAuthenticatorTest, lets_those_wait_who_come_before_the_keys) {
    slow_ = true;
    const auto token = maker_.token("ES256", "k1", claims());
    Credential credential;
    credential.token = token;
    size_t let_in = 0;
    size_t sent_away = 0;
    for (size_t i = 0; i < JwtAuthenticator::waiting_max + 1; ++i) {
        ASSERT_FALSE(authenticator().identify(credential, now_));
        authenticator().identify_later(credential, [&](const Authenticator::Answer& answer) {
            ++(answer ? let_in : sent_away);
        });
    }
    EXPECT_EQ(sent_away, 1u);
    EXPECT_EQ(let_in, 0u);
    EXPECT_EQ(reads_, 1);
    answer_read();
    EXPECT_EQ(let_in, JwtAuthenticator::waiting_max);
}

}  // namespace
}  // namespace signalbox
