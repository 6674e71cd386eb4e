#include <gtest/gtest.h>

#include "dialect/zaqar/notification_form.h"
#include "sim/world.h"
#include "transcript.h"

// The page behind the link of a mail, whose signature no transcript can know before.

namespace signalbox {
namespace {

const std::vector<std::string> fields{"client-id: 30387f00b39d11ee9ea30242ac120002",
                                      "x-project-id: <p> & \"co\""};

class ConfirmationPage : public testing::Test {
protected:
    ConfirmationPage()
        : world_(world_options({"zaqar_secret_key=0123456789abcdef",
                                "zaqar_require_confirmation=true", "public_url=http://sim"})) {
        EXPECT_TRUE(world_.start());
        const auto made =
            ask(request_bytes("POST /v2/queues/q/subscriptions "
                              R"({"subscriber":"mailto:a@example.com","ttl":3600})",
                              fields));
        id_ = made.body.substr(made.body.find(R"(:")") + 2, 24);
    }

    SimResponse ask(const std::string& bytes) {
        const auto connection = world_.connect();
        connection->send(bytes);
        world_.settle();
        const auto response = connection->responses().take();
        EXPECT_TRUE(response);
        return response.value_or(SimResponse());
    }

    // Of the mail that asks for a confirmation, behind the server's address.
    std::string link() {
        zaqar::Options options;
        options.secret_key = "0123456789abcdef";
        options.public_url = "http://sim";
        Effect effect;
        effect.kind = Effect::Kind::confirmation;
        effect.tenant = "<p> & \"co\"";
        effect.queue = {QueueKind::queue, "q"};
        effect.subscription = *SubscriptionId::parse(id_);
        effect.subscriber = "mailto:a@example.com";
        effect.ttl = std::chrono::hours(1);
        effect.options = "{}";
        const auto mail =
            zaqar::ZaqarNotificationForm(options).notice_mail(effect, world_.clock().now().wall);
        return mail.body.substr(mail.body.find("http://sim/") + 10);
    }

    SimResponse post(const std::string& to, const std::string& form,
                     const std::string& origin = "http://sim") {
        return ask(request_bytes(
            "POST " + to + " " + form,
            {"content-type: application/x-www-form-urlencoded", "origin: " + origin}));
    }

    bool is_confirmed() {
        const auto shown = ask(request_bytes("GET /v2/queues/q/subscriptions/" + id_, fields));
        EXPECT_EQ(shown.status, 200);
        return shown.body.find(R"("confirmed":true)") != std::string::npos;
    }

    World world_;
    std::string id_;
};

TEST_F(ConfirmationPage, asks_before_it_confirms) {
    const auto shown = ask(request_bytes("GET " + link(), {}));
    EXPECT_EQ(shown.status, 200);
    EXPECT_NE(shown.body.find("<b>q</b>"), std::string::npos) << shown.body;
    EXPECT_NE(shown.body.find("<b>&lt;p&gt; &amp; &quot;co&quot;</b>"), std::string::npos);
    EXPECT_FALSE(is_confirmed());
    EXPECT_EQ(post(link(), "confirmed=true").status, 200);
    EXPECT_TRUE(is_confirmed());
    EXPECT_EQ(post(link(), "confirmed=false").status, 200);
    EXPECT_FALSE(is_confirmed());
}

TEST_F(ConfirmationPage, does_nothing_without_a_choice) {
    EXPECT_EQ(post(link(), "confirmed=maybe").status, 400);
    EXPECT_EQ(post(link(), "").status, 400);
    EXPECT_EQ(post(link(), "confirmed=%").status, 400);
    EXPECT_FALSE(is_confirmed());
}

TEST_F(ConfirmationPage, is_not_there_for_links_that_are_not_good) {
    auto forged = link();
    const size_t digit = forged.find("Signature=") + 10;
    forged[digit] = forged[digit] == '0' ? '1' : '0';
    EXPECT_EQ(ask(request_bytes("GET " + forged, {})).status, 404);
    EXPECT_EQ(post(forged, "confirmed=true").status, 404);
    EXPECT_EQ(ask(request_bytes("GET /zaqar/confirmation", {})).status, 404);
    auto other = link();
    other.replace(other.find("queues/q/"), 9, "queues/r/");
    EXPECT_EQ(post(other, "confirmed=true").status, 404);
    EXPECT_FALSE(is_confirmed());
    const auto late = link();
    world_.advance(std::chrono::minutes(59));
    EXPECT_EQ(ask(request_bytes("GET " + late, {})).status, 200);
    world_.advance(std::chrono::minutes(2));
    EXPECT_EQ(ask(request_bytes("GET " + late, {})).status, 404);
}

TEST_F(ConfirmationPage, is_not_used_by_pages_of_others) {
    EXPECT_EQ(post(link(), "confirmed=true", "https://evil.example").status, 403);
    EXPECT_FALSE(is_confirmed());
}

TEST_F(ConfirmationPage, knows_when_its_subscription_is_gone) {
    const auto before = link();
    ask(request_bytes("DELETE /v2/queues/q/subscriptions/" + id_, fields));
    EXPECT_EQ(post(before, "confirmed=true").status, 404);
}

}  // namespace
}  // namespace signalbox
