#include <fstream>

#include "cli/cli_fixture.h"

// signalbox token, against a server that asks for them.

namespace signalbox {
namespace {

class TokenCommand : public testing::Test {
protected:
    using Words = std::vector<std::string>;

    TokenCommand() {
        std::ifstream in(server_.data() / "root-token");
        std::getline(in, root_);
    }
    Outcome as(const std::string& token, Words words) const {
        words.insert(words.begin(), ServerProcess::program());
        return run({.words = std::move(words),
                    .environment = {{"SIGNALBOX_URL", server_.url()},
                                    {"SIGNALBOX_TOKEN", token},
                                    {"SIGNALBOX_TENANT", ""}}});
    }
    std::string create(const Words& flags) const {
        Words words{"token", "create"};
        words.insert(words.end(), flags.begin(), flags.end());
        auto made = as(root_, words);
        EXPECT_EQ(made.status, 0) << made.errors;
        EXPECT_EQ(made.output.size(), 48u) << made.output;
        made.output.resize(made.output.size() - 1);
        return made.output;
    }
    nlohmann::json identity(const std::string& token) const {
        const auto shown = as(token, {"token", "show", "--json"});
        EXPECT_EQ(shown.status, 0) << shown.errors;
        return nlohmann::json::parse(shown.output);
    }

    ServerProcess server_{{"--auth", "token"}};
    std::string root_;
};

TEST_F(TokenCommand, makes_a_token_that_is_good_for_what_was_said) {
    const auto token =
        create({"--tenant", "blue", "--user", "ann", "--role", "member", "--role", "writer",
                "--acl", "queues.#", "--acl", "!queues.x.#", "--expires", "1h"});
    const auto ann = identity(token);
    EXPECT_EQ(ann.at("tenant"), "blue");
    EXPECT_EQ(ann.at("user"), "ann");
    EXPECT_EQ(ann.at("roles"), (Words{"member", "writer"}));
    EXPECT_EQ(ann.at("acl"), (Words{"queues.#", "!queues.x.#"}));
    EXPECT_EQ(ann.at("admin"), false);
    EXPECT_NE(ann.at("expires_at"), nullptr);
    const auto flag = as("", {"token", "show", "--token", token});
    EXPECT_EQ(flag.status, 0) << flag.errors;
    EXPECT_NE(flag.output.find("ann"), std::string::npos) << flag.output;
}

TEST_F(TokenCommand, lists_what_is_known_but_no_token) {
    const auto token = create({"--tenant", "blue", "--user", "ann"});
    const auto listed = as(root_, {"token", "list"});
    EXPECT_EQ(listed.status, 0) << listed.errors;
    EXPECT_NE(listed.output.find("ann"), std::string::npos) << listed.output;
    EXPECT_NE(listed.output.find("root"), std::string::npos) << listed.output;
    EXPECT_EQ(listed.output.find(token), std::string::npos) << listed.output;
}

TEST_F(TokenCommand, takes_a_token_back) {
    const auto token = create({"--tenant", "blue"});
    EXPECT_EQ(as(token, {"ticket", "list"}).status, 0);
    const auto listed = nlohmann::json::parse(as(root_, {"token", "list", "--json"}).output);
    const std::string id = listed.at("tokens").at(0).at("id");
    const auto revoked = as(root_, {"token", "revoke", id});
    EXPECT_EQ(revoked.status, 0) << revoked.errors;
    const auto refused = as(token, {"ticket", "list"});
    EXPECT_EQ(refused.status, 1);
    EXPECT_NE(refused.errors.find("token is not known"), std::string::npos) << refused.errors;
    EXPECT_EQ(as(root_, {"token", "revoke", id}).status, 1);
}

TEST_F(TokenCommand, is_for_admins) {
    const auto token = create({"--tenant", "blue"});
    EXPECT_EQ(as(token, {"token", "create", "--tenant", "blue"}).status, 1);
    EXPECT_EQ(as(token, {"token", "list"}).status, 1);
    EXPECT_EQ(as("", {"token", "list"}).status, 1);
    EXPECT_EQ(as(root_, {"token", "create"}).status, 1);
    EXPECT_EQ(as(root_, {"token", "create", "--tenant", "a", "--expires", "soon"}).status, 2);
}

// The history says who it was.
TEST_F(TokenCommand, is_whom_the_history_names) {
    const auto token = create({"--tenant", "blue", "--user", "ann"});
    const auto client = client::Client({.url = server_.url(), .token = token});
    client::TicketRequest request;
    request.resource = {.scope = "vm", .id = "a"};
    request.ttl = std::chrono::hours(1);
    const auto created = client.create_ticket(request);
    ASSERT_TRUE(created) << created.error().text();
    const auto history = client.ticket_history(created->ticket.uuid);
    ASSERT_TRUE(history);
    EXPECT_EQ(history->transitions.at(0).by, "ann");
}

}  // namespace
}  // namespace signalbox
