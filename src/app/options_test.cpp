#include "app/options.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

// Where options come from, which place wins, and that whatever is wrong is refused by its name.
// That the binary does all this with its own flags and environment is in tests/cli/serve_test.cpp.

namespace signalbox {
namespace {

using namespace std::chrono_literals;

// A configuration file that is there for as long as the test.
class ConfigFile : public testing::Test {
protected:
    ConfigFile() {
        std::string pattern = testing::TempDir() + "options-XXXXXX";
        directory_ = ::mkdtemp(pattern.data());
        path_ = directory_ / "signalbox.toml";
    }
    ~ConfigFile() override { std::filesystem::remove_all(directory_); }

    Result<OptionTexts> read(const std::string& content) {
        std::ofstream(path_) << content;
        return read_config_file(path_);
    }
    std::string error_of(const std::string& content) {
        const auto texts = read(content);
        if (texts) return "read";
        std::string message = texts.error().message;
        const size_t path = message.find(path_.string());
        return path == std::string::npos ? message
                                         : message.replace(path, path_.string().size(), "FILE");
    }

    std::filesystem::path directory_;
    std::filesystem::path path_;
};

Result<OptionTexts> environment(std::vector<const char*> variables) {
    variables.push_back(nullptr);
    return read_environment(variables.data());
}

// With the option as a flag.
Result<ServeOptions> with(const std::string& name, const std::string& text) {
    return make_serve_options({}, {}, {{name, {text}}});
}

std::string error_with(const OptionTexts& flags) {
    const auto options = make_serve_options({}, {}, flags);
    return options ? "fine" : options.error().message;
}

TEST_F(ConfigFile, is_flat_toml) {
    const auto texts = read(R"(
        # A comment.
        data = "/var/lib/signalbox"
        listen = ["127.0.0.1:7400", "triton=127.0.0.1:8080"]
        tls_listen = "127.0.0.1:7443"
        io_threads = 2
        insecure = true
        ended_age_max = "90d"
    )");
    ASSERT_TRUE(texts) << texts.error().message;
    const OptionTexts expected{{"data", {"/var/lib/signalbox"}},
                               {"listen", {"127.0.0.1:7400", "triton=127.0.0.1:8080"}},
                               {"tls_listen", {"127.0.0.1:7443"}},
                               {"io_threads", {"2"}},
                               {"insecure", {"true"}},
                               {"ended_age_max", {"90d"}}};
    EXPECT_EQ(*texts, expected);
}

TEST_F(ConfigFile, is_refused_with_the_key_that_is_wrong) {
    EXPECT_EQ(error_of("io_thread = 2"), "FILE: io_thread is not an option");
    EXPECT_EQ(error_of("[journal]\nsegment_bytes = 1"), "FILE: journal is not an option");
    EXPECT_EQ(error_of("io_threads = 1.5"),
              "FILE: io_threads must be a string, a number or a boolean");
    EXPECT_EQ(error_of("io_threads = [1, 2]"),
              "FILE: io_threads must be a string, a number or a boolean");
    EXPECT_EQ(error_of("listen = [[\"a\"]]"), "FILE: listen must be a list of strings");
    EXPECT_EQ(error_of("listen = {}"), "FILE: listen must be a string or a list of strings");
    EXPECT_TRUE(error_of("io_threads = \n").starts_with("FILE: "));
    EXPECT_NE(error_of("\n\nio_threads = = 2").find("line 3"), std::string::npos);
    EXPECT_FALSE(read_config_file(directory_ / "absent.toml"));
}

TEST(Environment, has_a_variable_for_each_option) {
    for (const auto& spec : option_specs()) {
        const std::string variable = spec.environment() + "=x";
        const auto texts = environment({variable.c_str()});
        ASSERT_TRUE(texts) << texts.error().message;
        EXPECT_EQ(*texts, (OptionTexts{{spec.name, {"x"}}}));
    }
}

TEST(Environment, has_lists_with_commas) {
    const auto texts = environment(
        {"HOME=/root", "SIGNALBOX_LISTEN=127.0.0.1:1,native=127.0.0.1:2", "SIGNALBOX_NODE=a,b=c"});
    ASSERT_TRUE(texts);
    const OptionTexts expected{{"listen", {"127.0.0.1:1", "native=127.0.0.1:2"}},
                               {"node", {"a,b=c"}}};
    EXPECT_EQ(*texts, expected);
}

TEST(Environment, is_refused_with_the_variable_that_is_not_known) {
    const auto misspelt = environment({"SIGNALBOX_IO_THREAD=2"});
    ASSERT_FALSE(misspelt);
    EXPECT_EQ(misspelt.error().message, "environment: SIGNALBOX_IO_THREAD is not an option");
    EXPECT_FALSE(environment({"SIGNALBOX_=2"}));
    EXPECT_FALSE(environment({"SIGNALBOX_TOKENS=2"}));
    EXPECT_FALSE(environment({"SIGNALBOX_io_threads=2"}));
}

TEST(Environment, may_have_variables_that_are_for_others) {
    const auto texts = environment(
        {"SIGNALBOX_CONFIG=a", "SIGNALBOX_URL=a", "SIGNALBOX_TOKEN=a", "SIGNALBOX_TENANT=a",
         "SIGNALBOX_OWNER=a", "SIGNALBOX_TICKET=a", "SIGNALBOX_FENCING_TOKEN=1",
         "SIGNALBOX_TEST_REWRITE=1", "SIGNALBOX_SERVICE_HOST=10.0.0.1",
         "SIGNALBOX_PORT_7400_TCP_ADDR=10.0.0.1", "SIGNALBOXES=2", "SIGNALBOX=2"});
    ASSERT_TRUE(texts) << texts.error().message;
    EXPECT_TRUE(texts->empty());
}

TEST(Environment, says_nothing_with_an_empty_value) {
    const auto texts = environment({"SIGNALBOX_LISTEN=", "SIGNALBOX_IO_THREADS="});
    ASSERT_TRUE(texts);
    for (const auto& [name, values] : *texts) {
        EXPECT_FALSE(make_serve_options({}, {{name, values}}, {})) << name;
    }
    EXPECT_EQ(texts->size(), 2u);
}

TEST(Options, of_a_flag_win_over_the_environment_and_that_over_the_file) {
    const OptionTexts file{{"io_threads", {"1"}}, {"partitions", {"1"}}, {"sessions_max", {"1"}}};
    const OptionTexts variables{{"io_threads", {"2"}}, {"partitions", {"2"}}};
    const OptionTexts flags{{"io_threads", {"3"}}};
    const auto options = make_serve_options(file, variables, flags);
    ASSERT_TRUE(options) << options.error().message;
    EXPECT_EQ(options->io_threads, 3u);
    EXPECT_EQ(options->partitions, 2u);
    EXPECT_EQ(options->core.session.sessions_max, 1u);
}

TEST(Options, that_are_lists_win_as_a_whole) {
    const auto options = make_serve_options({{"listen", {"127.0.0.1:1", "127.0.0.1:2"}}}, {},
                                            {{"listen", {"127.0.0.1:3"}}});
    ASSERT_TRUE(options);
    ASSERT_EQ(options->listen.size(), 1u);
    EXPECT_EQ(options->listen[0].text(), "127.0.0.1:3");
}

TEST(Options, have_defaults_that_fit_together) {
    const auto options = make_serve_options({}, {}, {});
    ASSERT_TRUE(options) << options.error().message;
    ASSERT_EQ(options->listen.size(), 1u);
    EXPECT_EQ(options->listen[0].text(), "127.0.0.1:7400");
    EXPECT_TRUE(options->tls_listen.empty());
    EXPECT_FALSE(options->insecure);
}

// The help says each default; giving it changes nothing, and so each can be given.
TEST(Options, can_be_given_their_defaults) {
    size_t given = 0;
    for (const auto& spec : option_specs()) {
        const size_t begin = spec.help.rfind('[');
        if (begin == std::string::npos || spec.name == "node") continue;
        const auto text = spec.help.substr(begin + 1, spec.help.size() - begin - 2);
        const auto options = with(spec.name, text);
        EXPECT_TRUE(options) << spec.name << ": " << options.error().message;
        ++given;
    }
    EXPECT_GT(given, 40u);
}

TEST(Options, are_read_with_their_units) {
    EXPECT_EQ(with("segment_bytes", "1048576")->segment_bytes, 1u << 20);
    EXPECT_EQ(with("segment_bytes", "2M")->segment_bytes, 2u << 20);
    EXPECT_EQ(with("cache_bytes", "1GiB")->cache_bytes, 1u << 30);
    EXPECT_EQ(with("body_bytes_max", "64KiB")->http.body_bytes_max, 64u << 10);
    EXPECT_EQ(with("idle_timeout", "1h30m")->http.idle_timeout, 90min);
    EXPECT_EQ(with("ended_age_max", "90d")->core.ticket.ended_age_max, 24h * 90);
    EXPECT_EQ(with("ticket_priority_max", "7")->core.ticket.priority_max, 7);
    EXPECT_TRUE(with("insecure", "yes")->insecure);
    EXPECT_FALSE(with("insecure", "off")->insecure);
}

TEST(Options, that_have_wrong_values_are_refused_by_name) {
    EXPECT_EQ(error_with({{"io_threads", {"two"}}}),
              R"(option --io-threads: "two" must be a whole number between 0 and 255)");
    EXPECT_EQ(error_with({{"io_threads", {"256"}}}),
              R"(option --io-threads: "256" must be a whole number between 0 and 255)");
    EXPECT_EQ(error_with({{"partitions", {"0"}}}),
              R"(option --partitions: "0" must be a whole number between 1 and 1024)");
    EXPECT_EQ(error_with({{"tickets_max", {"-1"}}}),
              R"(option --tickets-max: "-1" must be a whole number between 1 and 1000000000)");
    EXPECT_EQ(error_with({{"segment_bytes", {"1KiB"}}}),
              "option --segment-bytes: \"1KiB\" must be a size between 1048576 and 1073741824 "
              "bytes, such as 64MiB");
    // More than 2^64 bytes, which would be few if it went round.
    EXPECT_NE(error_with({{"segment_bytes", {"18014398509481985KiB"}}}), "fine");
    EXPECT_NE(error_with({{"segment_bytes", {"32MB"}}}), "fine");
    EXPECT_EQ(error_with({{"idle_timeout", {"0s"}}}),
              R"(option --idle-timeout: "0s" must be longer than 0)");
    EXPECT_NE(error_with({{"idle_timeout", {"10"}}}), "fine");
    EXPECT_EQ(error_with({{"insecure", {"maybe"}}}),
              R"(option --insecure: "maybe" must be true or false)");
    EXPECT_EQ(error_with({{"data", {""}}}), R"(option --data: "" must not be empty)");
    EXPECT_EQ(error_with({{"ticket_server", {"default", "x"}}}),
              R"(option --ticket-server: "default" must be a UUID)");
    EXPECT_EQ(error_with({{"log_level", {"loud"}}}),
              R"(option --log-level: "loud" must be debug, info, warning, error or off)");
    EXPECT_EQ(error_with({{"log_format", {"xml"}}}),
              R"(option --log-format: "xml" must be logfmt or json)");
    for (const auto* address :
         {"7400", ":7400", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "amqp=127.0.0.1:7400"}) {
        EXPECT_NE(error_with({{"listen", {address}}}), "fine") << address;
    }
}

TEST(Options, that_have_wrong_values_are_refused_with_their_place) {
    const OptionTexts wrong{{"io_threads", {"x"}}};
    const auto in_file = make_serve_options(wrong, {}, {});
    ASSERT_FALSE(in_file);
    EXPECT_TRUE(in_file.error().message.starts_with("configuration file: io_threads: \"x\""));
    const auto in_environment = make_serve_options({}, wrong, {});
    ASSERT_FALSE(in_environment);
    EXPECT_TRUE(
        in_environment.error().message.starts_with("environment SIGNALBOX_IO_THREADS: \"x\""));
}

TEST(Options, allow_listening_beyond_loopback_only_when_that_is_meant) {
    const std::string beyond =
        "listen 0.0.0.0:7400: this is beyond loopback and nobody has to say who they are; say how "
        "with --auth, or, if that is meant, add --insecure";
    EXPECT_EQ(error_with({{"listen", {"0.0.0.0:7400"}}}), beyond);
    EXPECT_EQ(error_with({{"listen", {"127.0.0.1:7400", "triton=0.0.0.0:7400"}}}), beyond);
    EXPECT_EQ(error_with({{"listen", {"0.0.0.0:7400"}}, {"insecure", {"false"}}}), beyond);
    EXPECT_EQ(error_with({{"listen", {"0.0.0.0:7400"}}, {"insecure", {"true"}}}), "fine");
    EXPECT_EQ(error_with({{"listen", {"0.0.0.0:7400"}}, {"auth", {"token"}}}), "fine");
    EXPECT_EQ(error_with({{"listen", {"0.0.0.0:7400"}}, {"auth", {"open"}}}), beyond);
    EXPECT_NE(error_with({{"listen", {"[::]:7400"}}}), "fine");
    EXPECT_NE(error_with({{"listen", {"signalbox.example:7400"}}}), "fine");
    for (const auto* address : {"127.0.0.2:7400", "localhost:7400", "[::1]:7400"}) {
        EXPECT_EQ(error_with({{"listen", {address}}}), "fine") << address;
    }
    // With TLS too: it says who the server is, not who its clients are.
    EXPECT_NE(
        error_with({{"tls_listen", {"0.0.0.0:7443"}}, {"tls_cert", {"c"}}, {"tls_key", {"k"}}}),
        "fine");
}

TEST(Options, say_how_it_is_found_out_who_asks) {
    EXPECT_EQ(with("auth", "token")->auth.mode, AuthMode::token);
    EXPECT_EQ(error_with({{"auth", {"basic"}}}),
              R"(option --auth: "basic" must be open, token, jwt or keystone)");
    EXPECT_EQ(error_with({{"auth", {"jwt"}}}), "auth jwt needs jwt_keys");
    EXPECT_EQ(error_with({{"auth", {"jwt"}}, {"jwt_keys", {"keys.json"}}}), "fine");
    EXPECT_EQ(with("jwt_algorithms", "EdDSA,PS256")->auth.jwt.algorithms,
              (std::vector<std::string>{"EdDSA", "PS256"}));
    // Whatever is asked for: these would let anybody in who has read the public key, or nothing.
    for (const auto* wrong : {"none", "HS256", "RS256,none", "RS256,,ES256", ""}) {
        EXPECT_NE(error_with({{"jwt_algorithms", {wrong}}}), "fine") << wrong;
    }
    OptionTexts keystone{{"auth", {"keystone"}},
                         {"keystone_url", {"https://keystone:5000/v3/"}},
                         {"keystone_user", {"signalbox"}},
                         {"keystone_project", {"service"}},
                         {"keystone_password_file", {"password"}}};
    EXPECT_EQ(make_serve_options({}, {}, keystone)->auth.keystone.url, "https://keystone:5000");
    EXPECT_NE(error_with({{"keystone_url", {"file:///etc/passwd"}}}), "fine");
    for (const auto& [name, values] : OptionTexts(keystone)) {
        auto less = keystone;
        less.erase(name);
        if (name == "auth") continue;
        EXPECT_NE(error_with(less), "fine") << name;
    }
}

TEST(Options, say_which_addresses_checks_may_ask) {
    EXPECT_TRUE(ServeOptions().check_addresses.allows_private);
    const auto options = make_serve_options(
        {}, {}, {{"check_private", {"false"}}, {"check_network", {"10.1.0.0/16"}}});
    ASSERT_TRUE(options) << options.error().message;
    EXPECT_FALSE(options->check_addresses.allows_private);
    EXPECT_EQ(options->check_addresses.allowed.size(), 1u);
    EXPECT_NE(error_with({{"check_network", {"example.org"}}}), "fine");
}

TEST(Options, say_how_subscribers_are_told) {
    const auto options = make_serve_options({}, {},
                                            {{"notify_network", {"10.1.0.0/16", "fd00::1"}},
                                             {"mail_server", {"smtp://mail.example:587"}},
                                             {"mail_from", {"bell@mail.example"}},
                                             {"mail_tls", {"when-offered"}}});
    ASSERT_TRUE(options) << options.error().message;
    EXPECT_FALSE(options->notify.addresses.allows_private);
    EXPECT_EQ(options->notify.addresses.allowed.size(), 2u);
    EXPECT_EQ(options->notify.mail_tls, MailTls::when_offered);
    EXPECT_EQ(ServeOptions().notify.mail_tls, MailTls::required);
    for (const auto* network : {"10.0.0.1/8", "10.0.0.0/33", "example.org", ""}) {
        EXPECT_NE(error_with({{"notify_network", {network}}}), "fine") << network;
    }
    for (const auto* url : {"mail.example:25", "http://mail.example", "smtp://",
                            "smtp://user:password@mail.example", "smtp://mail.example/x"}) {
        EXPECT_NE(error_with({{"mail_server", {url}}, {"mail_from", {"a@b"}}}), "fine") << url;
    }
    EXPECT_EQ(error_with({{"mail_server", {"smtps://mail.example"}}}),
              "mail_server needs mail_from");
    EXPECT_EQ(error_with({{"mail_from", {"a@b"}}}), "mail_from and mail_user need mail_server");
    EXPECT_EQ(
        error_with({{"mail_server", {"smtp://m"}}, {"mail_from", {"a@b"}}, {"mail_user", {"u"}}}),
        "mail_user and mail_password_file need each other");
    EXPECT_EQ(error_with({{"mail_server", {"smtp://m"}}, {"mail_from", {"a b@c"}}}),
              "option --mail-from: \"a b@c\" must be a plain address, such as a@b.example");
}

TEST(Options, have_to_fit_together) {
    EXPECT_EQ(error_with({{"segment_bytes", {"128MiB"}}}),
              "checkpoint_bytes must not be smaller than segment_bytes");
    EXPECT_EQ(error_with({{"segment_bytes", {"64MiB"}}}), "fine");
    EXPECT_EQ(error_with({{"tls_listen", {"127.0.0.1:7443"}}, {"tls_cert", {"c"}}}),
              "tls_listen needs tls_cert and tls_key");
    EXPECT_EQ(error_with({{"tls_listen", {"127.0.0.1:7443"}}, {"tls_key", {"k"}}}),
              "tls_listen needs tls_cert and tls_key");
    EXPECT_EQ(error_with({{"session_ttl_max", {"1ms"}}}),
              "session_ttl_max must not be shorter than session_ttl_min");
    EXPECT_EQ(error_with({{"message_ttl_max", {"10s"}}}), "fine");
    EXPECT_EQ(error_with({{"message_ttl_max", {"10s"}}, {"message_ttl_default", {"1h"}}}),
              "message_ttl_default must not be above message_ttl_max");
    EXPECT_EQ(error_with({{"zaqar_max_claim_ttl", {"2m"}}}), "fine");
    EXPECT_EQ(error_with({{"zaqar_max_claim_ttl", {"2m"}}, {"zaqar_default_claim_ttl", {"3m"}}}),
              "zaqar_default_claim_ttl must not be above zaqar_max_claim_ttl");
    EXPECT_EQ(error_with({{"zaqar_default_claim_ttl", {"10s"}}}),
              "zaqar_default_claim_ttl must not be below zaqar_min_claim_ttl");
    EXPECT_EQ(
        error_with({{"messages_per_answer_max", {"5"}}, {"zaqar_max_messages_per_page", {"6"}}}),
        "zaqar_max_messages_per_page must not be above messages_per_answer_max");
}

// The table of limits in docs/protocol.md names options in its second column: those that are
// limits, and only such as there are.
TEST(Options, that_are_limits_are_in_the_documentation) {
    std::ifstream document(std::filesystem::path(SIGNALBOX_SOURCES) / "docs" / "protocol.md");
    std::set<std::string> told;
    std::string line;
    while (std::getline(document, line) && line != "## 5 Limits") {
    }
    while (std::getline(document, line) && !line.starts_with("## ")) {
        if (!line.starts_with('|')) continue;
        std::istringstream columns(line);
        std::string names;
        std::getline(columns, names, '|');
        std::getline(columns, names, '|');
        std::getline(columns, names, '|');
        std::istringstream parts(names);
        for (std::string part; std::getline(parts, part, '`');) {
            if (std::getline(parts, part, '`')) told.insert(part);
        }
    }
    std::set<std::string> limits;
    std::set<std::string> all;
    for (const auto& spec : option_specs()) {
        all.insert(spec.name);
        const bool is_limit = spec.name.ends_with("_max") || spec.name.ends_with("_min");
        if (is_limit) limits.insert(spec.name);
    }
    for (const auto& name : limits) EXPECT_TRUE(told.contains(name)) << name;
    for (const auto& name : told) EXPECT_TRUE(all.contains(name)) << name;
}

}  // namespace
}  // namespace signalbox
