#include "codec/webhook_signature.h"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

// The example that the reference libraries of Standard Webhooks are tested with.
TEST(WebhookSignature, is_that_of_the_standard) {
    const auto key = webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    EXPECT_EQ(
        sign_webhook(key, {"msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330}, R"({"test": 2432232314})"),
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    EXPECT_EQ(webhook_key("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), key);
    EXPECT_EQ(webhook_key("whsec_not base64"), "");
}

TEST(WebhookSignature, secrets_are_of_one_subscription_and_one_server) {
    const auto one = SubscriptionId::parse("0123456789abcdef01234567").value();
    const auto other = SubscriptionId::parse("0123456789abcdef01234568").value();
    const auto secret = webhook_secret("server", one);
    EXPECT_EQ(secret, webhook_secret("server", one));
    EXPECT_NE(secret, webhook_secret("server", other));
    EXPECT_NE(secret, webhook_secret("another server", one));
    EXPECT_TRUE(secret.starts_with("whsec_"));
    EXPECT_EQ(webhook_key(secret).size(), 32u);
}

}  // namespace
}  // namespace signalbox
