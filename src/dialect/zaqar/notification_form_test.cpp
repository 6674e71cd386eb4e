#include "dialect/zaqar/notification_form.h"

#include <gtest/gtest.h>

namespace signalbox::zaqar {
namespace {

class NotificationFormTest : public testing::Test {
protected:
    NotificationFormTest() {
        options_.secret_key = "0123456789abcdef";
        options_.limits.subscription_ttl = std::chrono::minutes(10);
        effect_.tenant = "p";
        effect_.queue = {QueueKind::queue, "q"};
        effect_.subscription = *SubscriptionId::parse("000102030405060708090a0b");
        effect_.subscriber = "http://sink.example/";
        effect_.ttl = std::chrono::hours(1);
        effect_.options = "{}";
        notification_.ttl = std::chrono::hours(1);
        notification_.body = R"({"text":"é","n":[1.50,null]})";
    }

    [[nodiscard]] WebhookContent message() const {
        return ZaqarNotificationForm(options_).message_webhook(effect_, notification_);
    }
    [[nodiscard]] WebhookContent notice(Effect::Kind kind) {
        effect_.kind = kind;
        return ZaqarNotificationForm(options_).notice_webhook(effect_, issued_at_);
    }
    [[nodiscard]] MailContent mail() const {
        return ZaqarNotificationForm(options_).message_mail(effect_, notification_);
    }
    [[nodiscard]] MailContent notice_mail(Effect::Kind kind) {
        effect_.kind = kind;
        return ZaqarNotificationForm(options_).notice_mail(effect_, issued_at_);
    }

    Options options_;
    Effect effect_;
    Notification notification_;
    const Instant issued_at_ = *parse_instant("2026-01-01T00:00:00Z");
};

// Texts and signatures were made with Python's json and hmac.
constexpr std::string_view message_text =
    R"({"ttl": 3600, "body": {"text": "\u00e9", "n": [1.5, null]}, )"
    R"("Message_Type": "Notification", "queue_name": "q"})";
constexpr std::string_view hour_signature =
    "fe2722510d20782860a35aeb07608ddc99b8045e9e7b241fe4f0d7101affa60c";
constexpr std::string_view minutes_signature =
    "ea9c748fa55a35229562c1b7b55ad5d143b744792a3620da18d15379ded8a3f3";

TEST_F(NotificationFormTest, is_the_original_s) {
    EXPECT_EQ(message().body, message_text);
    EXPECT_TRUE(message().fields.empty());
}

TEST_F(NotificationFormTest, puts_a_message_where_the_template_has_its_mark) {
    effect_.options =
        R"({"post_data":"{\"a\": \"$zaqar_message$\", \"b\": [\"$zaqar_message$\"]}"})";
    EXPECT_EQ(message().body, "{\"a\": " + std::string(message_text) + ", \"b\": [" +
                                  std::string(message_text) + "]}");
    // Without quotes it is no mark.
    effect_.options = R"({"post_data":"$zaqar_message$ and nothing else"})";
    EXPECT_EQ(message().body, "$zaqar_message$ and nothing else");
    effect_.options = R"({"post_data":""})";
    EXPECT_EQ(message().body, "");
}

TEST_F(NotificationFormTest, has_the_fields_that_are_asked_for) {
    effect_.options = R"({"post_headers":{"X-A":"b, c","Content-Type":"text/plain"}})";
    const std::vector<std::pair<std::string, std::string>> fields{{"X-A", "b, c"},
                                                                  {"Content-Type", "text/plain"}};
    EXPECT_EQ(message().fields, fields);
    EXPECT_EQ(notice(Effect::Kind::confirmation).fields, fields);
}

TEST_F(NotificationFormTest, says_how_to_confirm) {
    EXPECT_EQ(notice(Effect::Kind::confirmation).body,
              R"({"Message_Type": "SubscriptionConfirmation", )"
              R"("Message": "You have chosen to subscribe to the queue: q", )"
              R"("URL-Signature": ")" +
                  std::string(hour_signature) +
                  R"(", "URL-Methods": "PUT", )"
                  R"("URL-Paths": "/v2/queues/q/subscriptions/000102030405060708090a0b/confirm", )"
                  R"("X-Project-ID": "p", "URL-Expires": "2026-01-01T01:00:00", )"
                  R"("SubscribeBody": {"confirmed": true}, )"
                  R"("UnsubscribeBody": {"confirmed": false}, "queue_name": "q"})");
}

TEST_F(NotificationFormTest, says_how_to_come_back) {
    options_.public_url = "https://zaqar.example:8888";
    EXPECT_EQ(
        notice(Effect::Kind::unsubscription).body,
        R"({"WSGISubscribeURL": "https://zaqar.example:8888)"
        R"(/v2/queues/q/subscriptions/000102030405060708090a0b/confirm", )"
        R"("Message_Type": "UnsubscribeConfirmation", )"
        R"("Message": "You have unsubscribed successfully to the queue: q, you can resubscribe )"
        R"(it by using confirmed=True.", "URL-Signature": ")" +
            std::string(minutes_signature) +
            R"(", "URL-Methods": "PUT", )"
            R"("URL-Paths": "/v2/queues/q/subscriptions/000102030405060708090a0b/confirm", )"
            R"("X-Project-ID": "p", "URL-Expires": "2026-01-01T00:10:00", )"
            R"("SubscribeBody": {"confirmed": true}, )"
            R"("UnsubscribeBody": {"confirmed": false}, "queue_name": "q"})");
}

TEST_F(NotificationFormTest, signs_what_the_routes_take) {
    const SignedAccess access{{confirmation_path(effect_.queue, effect_.subscription)},
                              {"PUT"},
                              "p",
                              "2026-01-01T01:00:00"};
    EXPECT_TRUE(is_covered(access, hour_signature, "PUT", access.paths.front(), options_.secret_key,
                           issued_at_));
}

TEST_F(NotificationFormTest, is_a_mail_with_the_subject_of_its_address) {
    effect_.subscriber = "mailto:a@example.com";
    EXPECT_EQ(mail().body, message_text);
    EXPECT_EQ(mail().subject, "");
    effect_.options = R"({"subject":"From here"})";
    EXPECT_EQ(mail().subject, "From here");
    effect_.subscriber = "mailto:a@example.com?cc=b@example.com&Subject=From%20there+%C3%A9";
    EXPECT_EQ(mail().subject, "From there é");
    // A template is for webhooks.
    effect_.options = R"({"post_data":"nothing"})";
    EXPECT_EQ(mail().body, message_text);
}

TEST_F(NotificationFormTest, has_a_link_in_a_mail) {
    effect_.subscriber = "mailto:a@example.com";
    effect_.tenant = "a b";
    options_.public_url = "http://zaqar.example:8888";
    const auto asked = notice_mail(Effect::Kind::confirmation);
    EXPECT_EQ(asked.subject, "Zaqar Notification - Subscription Confirmation");
    const SignedAccess access{{confirmation_path(effect_.queue, effect_.subscription)},
                              {"PUT"},
                              "a b",
                              "2026-01-01T01:00:00"};
    const std::string path = "/v2/queues/q/subscriptions/000102030405060708090a0b/confirm";
    EXPECT_EQ(asked.body,
              "You have chosen to subscribe to the queue: q. This queue belongs to project: a b. "
              "To confirm this subscription, click or visit this link below: "
              "http://zaqar.example:8888/zaqar/confirmation?Signature=" +
                  access.signature(options_.secret_key) + "&Methods=PUT&Paths=" + path +
                  "&Project=a%20b&Expires=2026-01-01T01:00:00&Url=http://zaqar.example:8888" +
                  path + "&Queue=q");
    options_.external_confirmation_url = "https://pages.example/confirm.html";
    const auto goodbye = notice_mail(Effect::Kind::unsubscription);
    EXPECT_EQ(goodbye.subject, "Zaqar Notification - Unsubscribe Confirmation");
    EXPECT_TRUE(goodbye.body.starts_with(
        "You have unsubscribed successfully to the queue: q. This queue belongs to project: a b. "
        "To resubscribe this subscription, click or visit this link below: "
        "https://pages.example/confirm.html?Signature="))
        << goodbye.body;
}

}  // namespace
}  // namespace signalbox::zaqar
