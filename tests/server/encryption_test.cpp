#include <filesystem>
#include <fstream>
#include <sstream>

#include "server/server_fixture.h"
#include "support/temporary_directory.h"

// What of messages is to be found in the files of the real server, and who can read them again.

namespace signalbox {
namespace {

const std::string secret = "nobody-shall-find-this-on-the-disk";
const std::string open_word = "anybody-may-find-this-on-the-disk";

std::string zaqar(std::string_view method, const std::string& target, std::string_view body = {}) {
    return request_bytes(method, "/v2/queues/" + target, body,
                         "Client-ID: 3381af92-2b9e-11e3-b191-71861300734c\r\n"
                         "X-Project-ID: p\r\n");
}

// How many files below there contain the text.
size_t files_with(const std::filesystem::path& directory, const std::string& text) {
    size_t found = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream in(entry.path(), std::ios::binary);
        std::ostringstream content;
        content << in.rdbuf();
        if (content.str().find(text) != std::string::npos) ++found;
    }
    return found;
}

class Encryption : public ServerFixture {
protected:
    // In a queue that is encrypted; the id of the message.
    static std::string post(Wire& wire, const std::string& word) {
        const auto made = wire.ask(zaqar("PUT", "sealed", R"({"_enable_encrypt_messages":true})"));
        EXPECT_LT(made.status, 300) << made.body;
        return post_to(wire, "sealed", word);
    }
    static std::string post_to(Wire& wire, const std::string& queue, const std::string& word) {
        const auto posted = wire.ask(
            zaqar("POST", queue + "/messages", R"({"messages":[{"body":")" + word + R"("}]})"));
        EXPECT_EQ(posted.status, 201) << posted.body;
        const std::string path = Json::parse(posted.body).at("resources").at(0);
        return path.substr(path.rfind('/') + 1);
    }
    static std::vector<std::string> bodies(Wire& wire) {
        const auto listed = wire.ask(zaqar("GET", "sealed/messages?echo=true"));
        EXPECT_EQ(listed.status, 200) << listed.body;
        std::vector<std::string> bodies;
        const auto document = Json::parse(listed.body);
        for (const auto& message : document.at("messages")) {
            bodies.push_back(message.at("body"));
        }
        return bodies;
    }
    std::string key_file(const std::string& lines) const {
        const auto path = directory_.path() / "keys";
        std::ofstream(path) << lines;
        return path.string();
    }

    const TemporaryDirectory directory_{"encryption"};
};

using Words = std::vector<std::string>;

TEST_P(Encryption, keeps_bodies_from_the_disk_and_gives_them_back_after_a_crash) {
    ServerProcess server(with(GetParam()));
    {
        Wire wire(server.port());
        post(wire, secret);
        post_to(wire, "open", open_word);
    }
    // Of the other queue's message the journal has the text, so it would have this one's too.
    EXPECT_GT(files_with(server.data(), open_word), 0u);
    EXPECT_EQ(files_with(server.data(), secret), 0u);
    server.kill9();
    server.start();
    {
        Wire wire(server.port());
        EXPECT_EQ(bodies(wire), Words{secret});
    }
    // And with a checkpoint.
    EXPECT_EQ(server.terminate(), 0);
    EXPECT_EQ(files_with(server.data(), secret), 0u);
    server.start();
    Wire wire(server.port());
    const auto claimed = wire.ask(zaqar("POST", "sealed/claims", R"({"ttl":60,"grace":60})"));
    EXPECT_EQ(claimed.status, 201) << claimed.body;
    EXPECT_EQ(Json::parse(claimed.body).at("messages").at(0).at("body"), secret);
    EXPECT_EQ(server.log().find(secret), std::string::npos);
}

TEST_P(Encryption, goes_on_with_the_keys_of_a_file_however_they_change) {
    const std::string one = std::string(64, '1') + "\n";
    const std::string two = std::string(64, '2') + "\n";
    ServerProcess server(with(GetParam(), {"--queue-encryption-key-file", key_file(one)}));
    EXPECT_FALSE(std::filesystem::exists(server.data() / "queue-encryption-key"));
    std::string first;
    {
        Wire wire(server.port());
        first = post(wire, "first");
    }
    key_file(two + one);
    server.kill9();
    server.start();
    {
        Wire wire(server.port());
        EXPECT_EQ(bodies(wire), Words{"first"});
        post(wire, "second");
        EXPECT_EQ(bodies(wire), (Words{"first", "second"}));
    }
    // Without the key of the first one everything else goes on.
    key_file(two);
    EXPECT_EQ(server.terminate(), 0);
    server.start();
    {
        Wire wire(server.port());
        EXPECT_EQ(bodies(wire), Words{"second"});
        const auto refused = wire.ask(zaqar("GET", "sealed/messages/" + first));
        EXPECT_EQ(refused.status, 503);
        EXPECT_NE(refused.body.find("which this server does not have"), std::string::npos)
            << refused.body;
        wire.wait_for_metric("signalbox_messages_unreadable_total", 2);
        server.wait_for_log("event=messages.unreadable");
    }
    key_file(one + two);
    EXPECT_EQ(server.terminate(), 0);
    server.start();
    Wire wire(server.port());
    EXPECT_EQ(bodies(wire), (Words{"first", "second"}));
}

// A server that has made a key of its own gets a file: what was there before stays readable.
TEST(EncryptionKeys, that_were_kept_still_decrypt_beside_a_file) {
    const TemporaryDirectory directory("encryption-keys");
    const auto path = (directory.path() / "keys").string();
    std::ofstream(path) << std::string(64, '1');
    ServerProcess server({"--log-level", "info"});
    const auto kept = server.data() / "queue-encryption-key";
    ASSERT_TRUE(std::filesystem::exists(kept));
    EXPECT_EQ(server.terminate(), 0);
    ServerProcess other({"--queue-encryption-key-file", path, "--log-level", "info"});
    other.wait_for_log("decrypt_too=\"\"");
    EXPECT_EQ(other.terminate(), 0);
    std::filesystem::copy_file(kept, other.data() / "queue-encryption-key");
    other.start();
    const auto log = other.wait_for_log("event=server.ready");
    EXPECT_EQ(log.find("decrypt_too=\"\""), std::string::npos) << log;
}

INSTANTIATE_TEST_SUITE_P(Modes, Encryption, testing::Values(guest_core, own_core), mode_name);

}  // namespace
}  // namespace signalbox
