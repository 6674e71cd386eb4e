#include "server/server_fixture.h"
#include "support/webhook_sink.h"

// Checks that ask real addresses.

namespace signalbox {
namespace {

class HttpChecks : public ServerFixture {
protected:
    void add(const std::string& name, const std::string& url) {
        const std::string body =
            R"({"Name":")" + name + R"(","HTTP":")" + url + R"(","Interval":"1s"})";
        ASSERT_EQ(wire_.ask(request_bytes("PUT", "/v1/agent/check/register", body)).status, 200);
    }
    // Waits, by blocking reads, until that is in what is told of the checks.
    void wait_for(const std::string& text) {
        std::string index = "0";
        for (;;) {
            const auto answer =
                wire_.ask(request_bytes("GET", "/v1/health/state/any?index=" + index));
            if (answer.body.find(text) != std::string::npos) return;
            index = answer.field("x-consul-index");
        }
    }

    ServerProcess server_{with(GetParam())};
    Wire wire_{server_.port()};
};

TEST_P(HttpChecks, of_a_long_answer_count_the_status) {
    const WebhookSink long_one([](const WebhookSink::Call&) {
        return WebhookSink::Answer{.status = 429, .body = std::string(200'000, 'x')};
    });
    add("long", long_one.url());
    wait_for(R"("CheckID":"long","Name":"long","Status":"warning")");
    const WebhookSink endless([](const WebhookSink::Call&) {
        return WebhookSink::Answer{.status = 200, .is_endless = true};
    });
    add("endless", endless.url());
    wait_for(R"("CheckID":"endless","Name":"endless","Status":"passing")");
}

TEST_P(HttpChecks, do_not_ask_where_clouds_keep_their_credentials) {
    add("metadata", "http://169.254.169.254/latest/meta-data");
    wait_for("link-local");
}

INSTANTIATE_TEST_SUITE_P(Modes, HttpChecks, testing::Values(guest_core, own_core), mode_name);

}  // namespace
}  // namespace signalbox
