#include "server/server_fixture.h"

// A hundred thousand tickets in one line.

namespace signalbox {
namespace {

constexpr size_t depth = 100'000;

class Depth : public ServerFixture {
protected:
    // A thousand at a time share a sync, or it would take long on a busy disk.
    static constexpr size_t at_once = 1000;

    std::vector<std::string> create_deep(const std::string& bytes) {
        return uuids_of(wire_.ask(std::vector<std::string>(depth, bytes), at_once));
    }
    Json ticket(const std::string& uuid) {
        return Json::parse(wire_.get("/api/v1/tickets/" + uuid));
    }

    ServerProcess server_{with(GetParam(), {"--pipelined-max", std::to_string(at_once)})};
    Wire wire_{server_.port()};
};

TEST_P(Depth, of_a_line_changes_nothing_for_those_in_it) {
    const auto line = create_deep(create_bytes("a"));
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

// One mode has to do; it is about the core, and takes a while.
INSTANTIATE_TEST_SUITE_P(Modes, Depth, testing::Values(own_core), mode_name);

}  // namespace
}  // namespace signalbox
