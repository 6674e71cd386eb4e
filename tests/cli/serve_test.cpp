#include <fstream>

#include <gtest/gtest.h>

#include "signalbox/client/client.h"
#include "support/server_process.h"

// Where the options of the real server come from. What each may be is in src/app/options_test.cpp.

namespace signalbox {
namespace {

class Serve : public testing::Test {
protected:
    using Environment = std::map<std::string, std::string>;

    Subprocess::Spec spec(const std::vector<std::string>& flags, Environment environment) const {
        Subprocess::Spec spec;
        spec.words = {ServerProcess::program(), "serve", "--data",
                      (directory_.path() / "data").string()};
        spec.words.insert(spec.words.end(), flags.begin(), flags.end());
        spec.environment = std::move(environment);
        return spec;
    }
    // What a server that was started so calls itself, which it logs when it is ready.
    std::string node_of(const std::vector<std::string>& flags, Environment environment) const {
        environment["SIGNALBOX_LISTEN"] = "127.0.0.1:0";
        Subprocess server(spec(flags, std::move(environment)));
        server.wait_for_output("ready");
        const std::string log = server.wait_for_errors("start_ms");
        server.send_signal(SIGTERM);
        EXPECT_EQ(server.wait(), 0);
        const size_t begin = log.find("node=") + 5;
        return log.substr(begin, log.find(' ', begin) - begin);
    }
    Outcome refusal(const std::vector<std::string>& flags, Environment environment = {}) const {
        auto outcome = run(spec(flags, std::move(environment)));
        EXPECT_EQ(outcome.output, "");
        return outcome;
    }
    std::string config(const std::string& content) const {
        const auto path = directory_.path() / "signalbox.toml";
        std::ofstream(path) << content;
        return path.string();
    }

    const TemporaryDirectory directory_{"serve"};
};

TEST_F(Serve, takes_a_flag_before_the_environment_before_the_file) {
    const auto file = config("node = \"from-file\"\n");
    EXPECT_EQ(node_of({"--config", file}, {}), "from-file");
    EXPECT_EQ(node_of({}, {{"SIGNALBOX_CONFIG", file}}), "from-file");
    EXPECT_EQ(node_of({"--config", file}, {{"SIGNALBOX_NODE", "from-environment"}}),
              "from-environment");
    EXPECT_EQ(node_of({"--config", file, "--node", "from-flag"},
                      {{"SIGNALBOX_NODE", "from-environment"}}),
              "from-flag");
}

TEST_F(Serve, refuses_what_it_does_not_know_wherever_it_is_said) {
    const auto flag = refusal({"--datacenter", "dc1"});
    EXPECT_EQ(flag.status, 2);
    EXPECT_NE(flag.errors.find("--datacenter"), std::string::npos) << flag.errors;

    const auto variable = refusal({}, {{"SIGNALBOX_IO_THREAD", "2"}});
    EXPECT_EQ(variable.status, 2);
    EXPECT_EQ(variable.errors, "signalbox: environment: SIGNALBOX_IO_THREAD is not an option\n");

    const auto file = config("io_thread = 2\n");
    const auto key = refusal({"--config", file});
    EXPECT_EQ(key.status, 2);
    EXPECT_EQ(key.errors, "signalbox: " + file + ": io_thread is not an option\n");
    EXPECT_EQ(refusal({"--config", file + ".absent"}).status, 2);
}

TEST_F(Serve, refuses_wrong_values_wherever_they_are_said) {
    const std::string why = "\"x\" must be a whole number between 0 and 255\n";
    EXPECT_EQ(refusal({"--io-threads", "x"}).errors, "signalbox: option --io-threads: " + why);
    EXPECT_EQ(refusal({}, {{"SIGNALBOX_IO_THREADS", "x"}}).errors,
              "signalbox: environment SIGNALBOX_IO_THREADS: " + why);
    EXPECT_EQ(refusal({"--config", config("io_threads = \"x\"")}).errors,
              "signalbox: configuration file: io_threads: " + why);
    EXPECT_EQ(refusal({"--io-threads", "x"}).status, 2);
    EXPECT_EQ(refusal({"--listen", "0.0.0.0:0"}).status, 2);
    EXPECT_EQ(refusal({"--segment-bytes", "128MiB"}).status, 2);
}

TEST_F(Serve, refuses_keys_that_are_none) {
    const auto path = (directory_.path() / "keys").string();
    const auto errors_of = [&](const std::string& content) {
        std::ofstream(path) << content;
        const auto refused = refusal({"--queue-encryption-key-file", path, "--log-level", "error"});
        EXPECT_EQ(refused.status, 1);
        return refused.errors;
    };
    const std::string before = "signalbox: queue_encryption_key_file: " + path + ": ";
    EXPECT_EQ(errors_of(""), before + "has no key\n");
    EXPECT_EQ(errors_of(std::string(64, '1') + "\nsecond\n"),
              before + "line 2 must be 64 hexadecimal digits; openssl rand -hex 32 makes them\n");
    std::filesystem::remove(path);
    EXPECT_EQ(refusal({"--queue-encryption-key-file", path, "--log-level", "error"}).errors,
              before + "No such file or directory\n");
    // The one that a server made for itself.
    std::ofstream(directory_.path() / "data" / "queue-encryption-key") << std::string(64, 'x');
    EXPECT_EQ(refusal({"--log-level", "error"}).errors,
              "signalbox: queue-encryption-key is damaged; restore it from a backup\n");
}

// Clients are not servers: their variables are theirs, and a misspelt one of the server's is
// none of their business.
TEST_F(Serve, alone_looks_at_the_variables_of_the_server) {
    EXPECT_EQ(node_of({"--node", "me"}, {{"SIGNALBOX_URL", "http://127.0.0.1:1"},
                                         {"SIGNALBOX_TOKEN", "secret"},
                                         {"SIGNALBOX_TENANT", "blue"},
                                         {"SIGNALBOX_OWNER", "me"}}),
              "me");
    const ServerProcess server;
    const auto listed =
        run({.words = {ServerProcess::program(), "ticket", "list"},
             .environment = {{"SIGNALBOX_URL", server.url()}, {"SIGNALBOX_IO_THREAD", "2"}}});
    EXPECT_EQ(listed.status, 0) << listed.errors;
}

}  // namespace
}  // namespace signalbox
