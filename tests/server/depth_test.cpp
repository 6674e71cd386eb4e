#include "server/server_fixture.h"

// A hundred thousand tickets in one line, and a hundred thousand that have ended.

namespace signalbox {
namespace {

constexpr size_t depth = 100'000;

class Depth : public ServerFixture {
protected:
    Json ticket(const std::string& uuid) {
        return Json::parse(wire_.get("/api/v1/tickets/" + uuid));
    }

    ServerProcess server_{
        with(GetParam(), {"--ended-max", "1000", "--tickets-per-session-max", "1000000"})};
    Wire wire_{server_.port()};
};

TEST_P(Depth, of_a_line_changes_nothing_for_those_in_it) {
    const auto line = create(wire_, "a", depth);
    const auto middle = ticket(line[depth / 2]);
    EXPECT_EQ(middle.at("position"), depth / 2);
    EXPECT_EQ(middle.at("ahead"), depth / 2);
    EXPECT_EQ(ticket(line.back()).at("position"), depth - 1);

    // CNAPI's answer shows the whole line, but no more than a thousand, and the new one is in it.
    const auto created = wire_.ask(request_bytes("POST", "/servers/default/tickets",
                                                 R"({"scope":"vm","id":"a","expires_at":"3000"})"));
    ASSERT_EQ(created.status, 202);
    const auto answer = Json::parse(created.body);
    EXPECT_EQ(answer.at("queue").size(), 1000u);
    EXPECT_EQ(answer.at("queue").back().at("uuid"), answer.at("uuid"));
    EXPECT_EQ(answer.at("queue").back().at("position"), depth);

    // From the front, the middle and the end.
    EXPECT_EQ(wire_.ask(release_bytes(line[0])).status, 204);
    EXPECT_EQ(wire_.ask(release_bytes(line[depth / 2])).status, 204);
    EXPECT_EQ(wire_.ask(delete_bytes(line.back())).status, 204);
    EXPECT_EQ(ticket(line[1]).at("status"), "active");
    EXPECT_EQ(ticket(line[depth / 2 + 1]).at("position"), depth / 2 - 1);
    EXPECT_EQ(ticket(answer.at("uuid")).at("position"), depth - 3);

    server_.kill9();
    server_.start();
    Wire again(server_.port());
    const auto after = Json::parse(again.get("/api/v1/lines/default/vm/a"));
    EXPECT_EQ(after.at("holders"), 1);
    EXPECT_EQ(after.at("queued"), depth - 3);
}

TEST_P(Depth, of_the_past_is_bounded_by_count) {
    const auto session =
        Json::parse(wire_.ask(request_bytes("POST", "/api/v1/sessions", R"({"ttl":"1h"})")).body);
    const std::string id = session.at("id");
    const std::string body = R"({"scope":"vm","id":"a","ttl":"1h","session":")" + id + R"("})";
    const auto line = uuids_of(
        wire_.ask(std::vector<std::string>(depth, request_bytes("POST", "/api/v1/tickets", body))));
    const auto live = create(wire_, "a", 1).front();
    // All of them end with their session, a few at a time.
    EXPECT_EQ(wire_.ask(request_bytes("DELETE", "/api/v1/sessions/" + id)).status, 204);
    wire_.wait_for_metric(R"(signalbox_tickets{status="queued"})", 0);
    EXPECT_EQ(ticket(live).at("status"), "active");
    wire_.wait_for_metric(R"(signalbox_tickets{status="ended"})", 1000);

    // The oldest are gone, and all are of the youngest.
    EXPECT_EQ(wire_.ask(request_bytes("GET", "/tickets/" + line[0])).status, 404);
    EXPECT_EQ(ticket(line.back()).at("status"), "expired");
    const auto listed = Json::parse(wire_.get("/servers/default/tickets?limit=1000"));
    EXPECT_EQ(listed.size(), 1000u);
    const auto of_live = Json::parse(wire_.get("/api/v1/tickets?status=active,queued"));
    ASSERT_EQ(of_live.at("tickets").size(), 1u);
    EXPECT_EQ(of_live.at("tickets")[0].at("uuid"), live);
}

// One mode has to do; it is about the core, and takes a while.
INSTANTIATE_TEST_SUITE_P(Modes, Depth, testing::Values(own_core), mode_name);

}  // namespace
}  // namespace signalbox
