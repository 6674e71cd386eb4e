#include "codec/webhook_signature.h"

#include "codec/base64.h"
#include "codec/hmac.h"

namespace signalbox {
namespace {

constexpr std::string_view secret_prefix = "whsec_";

}  // namespace

std::string webhook_secret(std::string_view server_secret, const SubscriptionId& subscription) {
    // The prefix keeps it apart from whatever else the secret may be used for.
    const auto key = hmac_sha256(server_secret, "webhook " + subscription.text());
    return std::string(secret_prefix) + base64_encode(key);
}

std::string webhook_key(std::string_view secret) {
    if (secret.starts_with(secret_prefix)) secret.remove_prefix(secret_prefix.size());
    return base64_decode(secret).value_or(std::string());
}

std::string sign_webhook(std::string_view key, const WebhookStamp& stamp, std::string_view body) {
    std::string text;
    text.reserve(stamp.id.size() + body.size() + 24);
    text.append(stamp.id).append(".").append(std::to_string(stamp.seconds)).append(".");
    text.append(body);
    return "v1," + base64_encode(hmac_sha256(key, text));
}

}  // namespace signalbox
