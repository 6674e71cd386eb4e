#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/stat.h>

#include "codec/jwt_maker_test.h"
#include "server/server_fixture.h"
#include "support/temporary_directory.h"

// Who may ask the real server, in each mode. What each answer looks like is in
// tests/transcripts/auth.

namespace signalbox {
namespace {

std::string read_line(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    return line;
}

std::string who_am_i(const std::string& token, const std::string& more = {}) {
    const auto field = token.empty() ? "" : "X-Auth-Token: " + token + "\r\n";
    return request_bytes("GET", "/api/v1/identity", {}, field + more);
}

class Auth : public ServerFixture {
protected:
    static std::string user_of(const SimResponse& response) {
        if (response.status != 200) return std::to_string(response.status);
        return Json::parse(response.body).at("user");
    }
    static std::string user_of(Wire& wire, const std::string& token) {
        return user_of(wire.ask(who_am_i(token)));
    }
    static void write(const std::filesystem::path& path, const std::string& text) {
        std::ofstream(path) << text;
    }
    const TemporaryDirectory directory_{"auth"};
};

class TokenAuth : public Auth {
protected:
    std::string create(Wire& wire, const std::string& body) {
        const auto made = wire.ask(
            request_bytes("POST", "/api/v1/tokens", body, "X-Auth-Token: " + root_ + "\r\n"));
        EXPECT_EQ(made.status, 201) << made.body;
        const auto document = Json::parse(made.body);
        id_ = document.at("id");
        return document.at("token");
    }
    void revoke(Wire& wire) {
        const auto gone = wire.ask(request_bytes("DELETE", "/api/v1/tokens/" + id_, {},
                                                 "X-Auth-Token: " + root_ + "\r\n"));
        EXPECT_EQ(gone.status, 204) << gone.body;
    }

    ServerProcess server_{with(GetParam(), {"--auth", "token", "--partitions", "3"})};
    const std::string root_ = read_line(server_.data() / "root-token");
    std::string id_;
};

TEST_P(TokenAuth, begins_with_a_token_for_the_eyes_of_the_owner) {
    struct stat state{};
    ASSERT_EQ(::stat((server_.data() / "root-token").c_str(), &state), 0);
    EXPECT_EQ(state.st_mode & 0777, 0600u);
    EXPECT_EQ(server_.log().find(root_), std::string::npos);
    Wire wire(server_.port());
    EXPECT_EQ(user_of(wire, root_), "root");
    EXPECT_EQ(user_of(wire, ""), "401");
    server_.terminate();
    server_.start();
    Wire again(server_.port());
    EXPECT_EQ(user_of(again, root_), "root");
}

// Each io thread remembers whom it has seen; there are more connections than threads, so each
// thread has some.
TEST_P(TokenAuth, that_is_revoked_is_good_on_no_connection) {
    Wire admin(server_.port());
    std::vector<Wire> wires;
    for (int i = 0; i < 8; ++i) wires.emplace_back(server_.port());
    for (int round = 0; round < 20; ++round) {
        const auto token = create(admin, R"({"tenant":"blue","user":"ann"})");
        for (auto& wire : wires) EXPECT_EQ(user_of(wire, token), "ann");
        revoke(admin);
        for (auto& wire : wires) EXPECT_EQ(user_of(wire, token), "401");
    }
    EXPECT_EQ(admin.metric("signalbox_http_not_admitted_total{reason=\"unauthenticated\"}"),
              20u * wires.size());
}

TEST_P(TokenAuth, outlives_a_crash_and_so_does_its_end) {
    auto wire = std::make_unique<Wire>(server_.port());
    const auto kept = create(*wire, R"({"tenant":"blue","user":"ann"})");
    const auto revoked = create(*wire, R"({"tenant":"blue","user":"bob"})");
    revoke(*wire);
    server_.kill9();
    server_.start();
    wire = std::make_unique<Wire>(server_.port());
    EXPECT_EQ(user_of(*wire, kept), "ann");
    EXPECT_EQ(user_of(*wire, revoked), "401");
}

TEST_P(TokenAuth, keeps_no_token_on_the_disk) {
    Wire wire(server_.port());
    const auto token = create(wire, R"({"tenant":"blue","user":"somebody-to-look-for"})");
    server_.terminate();
    size_t found = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(server_.data())) {
        if (!entry.is_regular_file()) continue;
        std::ostringstream content;
        content << std::ifstream(entry.path(), std::ios::binary).rdbuf();
        EXPECT_EQ(content.str().find(token.substr(4)), std::string::npos) << entry.path();
        if (content.str().find("somebody-to-look-for") != std::string::npos) ++found;
    }
    EXPECT_GT(found, 0u);
    EXPECT_EQ(server_.log().find(token.substr(4)), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Modes, TokenAuth, testing::Values(guest_core, own_core), mode_name);

class JwtAuth : public Auth {
protected:
    std::string claims(const std::string& user, const std::string& more = {}) const {
        return R"({"sub":")" + user + R"(","tenant":"blue","exp":32503680000,"aud":"signalbox")" +
               more + "}";
    }
    std::vector<std::string> options() const {
        return with(GetParam(), {"--auth", "jwt", "--jwt-keys", keys_.string(), "--jwt-audience",
                                 "signalbox", "--jwt-roles-claim", "realm_access.roles"});
    }
    const std::filesystem::path keys_ = directory_.path() / "keys.json";
    const JwtMaker maker_ = JwtMaker::ec();
};

TEST_P(JwtAuth, believes_what_was_signed) {
    write(keys_, R"({"keys":[)" + maker_.jwk("k1") + "]}");
    const ServerProcess server(options());
    Wire wire(server.port());
    EXPECT_EQ(user_of(wire, maker_.token("ES256", "k1", claims("ann"))), "ann");
    EXPECT_EQ(user_of(wire, JwtMaker::ec().token("ES256", "k1", claims("ann"))), "401");
    EXPECT_EQ(user_of(wire, ""), "401");
    const auto root =
        maker_.token("ES256", "k1", claims("root", R"(,"realm_access":{"roles":["admin"]})"));
    EXPECT_EQ(Json::parse(wire.ask(who_am_i(root, "X-Project-ID: green\r\n")).body).at("tenant"),
              "green");
    const auto ann = maker_.token("ES256", "k1", claims("ann"));
    EXPECT_EQ(wire.ask(who_am_i(ann, "X-Project-ID: green\r\n")).status, 403);
}

INSTANTIATE_TEST_SUITE_P(Modes, JwtAuth, testing::Values(guest_core, own_core), mode_name);

class KeystoneAuth : public Auth {
protected:
    KeystoneAuth() {
        write(password_, "pass \"word\"\n");
        const auto said = keystone_.wait_for_output(".");
        const std::string before = "listens on ";
        port_ = std::stoi(said.substr(said.find(before) + before.size()));
    }
    std::vector<std::string> options(const std::vector<std::string>& more = {}) const {
        std::vector<std::string> words{"--auth",
                                       "keystone",
                                       "--keystone-url",
                                       "http://127.0.0.1:" + std::to_string(port_) + "/v3/",
                                       "--keystone-user",
                                       "signalbox",
                                       "--keystone-password-file",
                                       password_.string(),
                                       "--keystone-project",
                                       "service"};
        words.insert(words.end(), more.begin(), more.end());
        return with(GetParam(), std::move(words));
    }
    void control(const std::string& what) const {
        Wire wire(port_);
        EXPECT_EQ(wire.ask(request_bytes("POST", "/control/" + what)).status, 200);
    }
    Json counts() const {
        Wire wire(port_);
        return Json::parse(wire.get("/control/counts"));
    }

    const std::filesystem::path password_ = directory_.path() / "password";
    Subprocess keystone_{{.words = {"python3", SIGNALBOX_KEYSTONE}}};
    int port_ = 0;
};

TEST_P(KeystoneAuth, believes_what_keystone_says) {
    const ServerProcess server(options());
    Wire wire(server.port());
    EXPECT_EQ(user_of(wire, "token-of-ann"), "ann");
    EXPECT_EQ(user_of(wire, "token-of-mallory"), "401");
    EXPECT_EQ(user_of(wire, "token-of-nobody"), "401");
    EXPECT_EQ(user_of(wire, ""), "401");
    const auto green = [&](const std::string& token) {
        return wire.ask(who_am_i(token, "X-Project-ID: green\r\n")).status;
    };
    EXPECT_EQ(green("token-of-ann"), 403);
    EXPECT_EQ(green("token-of-root"), 200);
    const auto touch = [&](const std::string& token) {
        return wire
            .ask(request_bytes("POST", "/api/v1/sessions", R"({"ttl":"10s"})",
                               "X-Auth-Token: " + token + "\r\n"))
            .status;
    };
    EXPECT_EQ(touch("token-of-ann"), 201);
    EXPECT_EQ(touch("token-of-eve"), 403);
}

// Behind each other on one connection, while nobody is known yet: answered in their order, and
// Keystone is asked once for each token.
TEST_P(KeystoneAuth, is_asked_once_and_keeps_the_order) {
    const ServerProcess server(options());
    Wire wire(server.port());
    std::vector<std::string> requests;
    for (int i = 0; i < 20; ++i) {
        requests.push_back(who_am_i("token-of-ann"));
        requests.push_back(who_am_i("token-of-eve"));
        requests.push_back(who_am_i("token-of-mallory"));
    }
    std::vector<std::string> users;
    for (const auto& response : wire.ask(requests)) users.push_back(user_of(response));
    for (size_t i = 0; i < users.size(); i += 3) {
        EXPECT_EQ(users[i], "ann");
        EXPECT_EQ(users[i + 1], "eve");
        EXPECT_EQ(users[i + 2], "401");
    }
    EXPECT_EQ(counts().at("checks"), 3);
    EXPECT_EQ(counts().at("logins"), 1);
}

TEST_P(KeystoneAuth, lets_nobody_in_while_keystone_cannot_be_asked) {
    // Nothing is remembered for long, so that each request asks.
    const ServerProcess server(options({"--keystone-remembered", "1ms"}));
    Wire wire(server.port());
    control("break");
    const auto refused = wire.ask(who_am_i("token-of-ann"));
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.field("retry-after"), "");
    control("mend");
    EXPECT_EQ(user_of(wire, "token-of-ann"), "ann");
    // Its own token is over; it gets another one by itself.
    control("forget");
    EXPECT_EQ(user_of(wire, "token-of-eve"), "eve");
    EXPECT_EQ(counts().at("logins"), 3);
    control("lock");
    EXPECT_EQ(user_of(wire, "token-of-root"), "503");
    keystone_.send_signal(SIGKILL);
    keystone_.wait();
    EXPECT_EQ(user_of(wire, "token-of-root"), "503");
    EXPECT_EQ(wire.ask(request_bytes("GET", "/healthz")).status, 200);
}

// A Keystone that takes the connection and says nothing holds nobody else up.
TEST_P(KeystoneAuth, that_hangs_is_given_up) {
    const ServerProcess server(options({"--keystone-timeout", "300ms"}));
    keystone_.send_signal(SIGSTOP);
    Wire wire(server.port());
    wire.send(who_am_i("token-of-ann"));
    Wire other(server.port());
    EXPECT_EQ(other.ask(request_bytes("GET", "/healthz")).status, 200);
    EXPECT_EQ(wire.read().status, 503);
}

INSTANTIATE_TEST_SUITE_P(Modes, KeystoneAuth, testing::Values(guest_core, own_core), mode_name);

}  // namespace
}  // namespace signalbox
