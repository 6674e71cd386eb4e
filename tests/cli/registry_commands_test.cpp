#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli_fixture.h"
#include "server/wire.h"
#include "support/temporary_directory.h"
#include "support/webhook_sink.h"

// wait, exec and register, against a server that speaks Consul's HTTP API.

namespace signalbox {
namespace {

class RegistryCommands : public CliFixture {
protected:
    void put(const std::string& key, const std::string& value) {
        ASSERT_EQ(wire_->ask(request_bytes("PUT", "/v1/kv/" + key, value)).body, "true");
    }
    void erase(const std::string& prefix) {
        ASSERT_EQ(wire_->ask(request_bytes("DELETE", "/v1/kv/" + prefix + "?recurse")).body,
                  "true");
    }
    void put_service(const std::string& body) {
        ASSERT_EQ(wire_->ask(request_bytes("PUT", "/v1/agent/service/register", body)).status, 200);
    }
    nlohmann::json passing(const std::string& service) {
        return parse(wire_->get("/v1/health/service/" + service + "?passing"));
    }
    // Waits, by blocking reads, until so many instances are passing.
    void wait_for_passing(const std::string& service, size_t count) {
        std::string index = "0";
        for (;;) {
            const auto answer = wire_->ask(
                request_bytes("GET", "/v1/health/service/" + service + "?passing&index=" + index));
            if (parse(answer.body).size() == count) return;
            index = answer.field("x-consul-index");
        }
    }
    // Says what it has in its environment, and goes on until it is told to end.
    static Words exec(const Words& flags, const std::string& script) {
        Words words{"exec", "--settle", "1ms"};
        words.insert(words.end(), flags.begin(), flags.end());
        for (const auto* word : {"--", "sh", "-c"}) words.emplace_back(word);
        words.push_back(script);
        return words;
    }
    static std::string goes_on(const std::string& says) {
        return "trap 'kill -9 $!; exit 7' TERM; trap 'echo hup' HUP\n"
               "tail -f /dev/null & echo " +
               says + "; while :; do wait; done";
    }

    // Says that it has been asked to end, and goes on; it ends by another signal.
    static std::string ends_only_by(const std::string& signal) {
        return "trap 'echo term' TERM; trap 'kill -9 $!; exit 7' " + signal +
               "\ntail -f /dev/null & echo now $V; while :; do wait; done";
    }
    // Something of the first command stays behind when that ends.
    static constexpr const char* leaves_behind_first =
        "test $V != 1 || sh -c 'tail -f /dev/null >/dev/null 2>&1 & echo left $!'\n";
    // What a script has said behind a word.
    static pid_t pid_behind(Subprocess& cli, const std::string& word) {
        const auto output = cli.wait_for_output(word);
        return static_cast<pid_t>(std::stoi(output.substr(output.find(word) + word.size())));
    }

    std::optional<Wire> wire_{std::in_place, server_.port()};
};

TEST_F(RegistryCommands, WaitsForServicesAndKeys) {
    const auto cli =
        start_cli({"wait", "--service", "db:2", "--key", "ready", "--deadline", "60s"});
    cli->wait_for_errors("waiting for service db (0 of 2 passing)");
    put_service(R"({"ID":"db1","Name":"db","Check":{"TTL":"1h","Status":"passing"}})");
    cli->wait_for_errors("(1 of 2 passing)");
    put_service(R"({"ID":"db2","Name":"db"})");
    cli->wait_for_errors("waiting for key ready");
    put("ready", "");
    EXPECT_EQ(cli->wait(), 0);
    // Now everything is there.
    const auto again = run_cli({"wait", "--service", "db:2", "--key", "ready"});
    EXPECT_EQ(again.status, 0);
    EXPECT_EQ(again.errors, "");
}

TEST_F(RegistryCommands, WaitGivesUp) {
    const auto late = run_cli({"wait", "--key", "nothing", "--deadline", "1ms"});
    EXPECT_EQ(late.status, 75);
    EXPECT_NE(late.errors.find("gave up waiting for key nothing"), std::string::npos);
    const auto away =
        run_cli({"wait", "--key", "nothing", "--deadline", "1ms", "--url", "http://127.0.0.1:1"});
    EXPECT_EQ(away.status, 69);
    EXPECT_EQ(run_cli({"wait"}).status, 2);
    EXPECT_EQ(run_cli({"wait", "--service", "a:b"}).status, 2);
    EXPECT_EQ(run_cli({"wait", "--key", "a", "--url", "nowhere"}).status, 2);
    // What the server refuses does not become better.
    EXPECT_EQ(run_cli({"wait", "--key", "a/../b%01"}).status, 1);
}

TEST_F(RegistryCommands, ExecHasKeysInItsEnvironment) {
    put("app/db/host", "a b");
    put("app/log-level", "debug");
    put("application", "other");
    put("more/LOG_LEVEL", "info");
    const auto outcome = run_cli(exec({"--prefix", "app"}, "echo \"$DB_HOST $LOG_LEVEL\"; exit 3"));
    EXPECT_EQ(outcome.output, "a b debug\n");
    EXPECT_EQ(outcome.status, 3);
    const auto two = run_cli(exec({"--prefix", "app/", "--prefix", "more"}, "echo $LOG_LEVEL"));
    EXPECT_EQ(two.output, "info\n");
    const auto kept = run_cli(exec({"--prefix", "app", "--keep-case"}, "echo \"$db_host\""));
    EXPECT_EQ(kept.output, "a b\n");
}

TEST_F(RegistryCommands, ExecRestartsWhenKeysChange) {
    put("app/v", "1");
    const auto cli = start_cli(exec({"--prefix", "app"}, goes_on("now $V")));
    cli->wait_for_output("now 1\n");
    put("app/v", "2");
    cli->wait_for_output("now 2\n");
    put("app/v", "3");
    cli->wait_for_output("now 3\n");
    // Its end is the end.
    cli->send_signal(SIGTERM);
    EXPECT_EQ(cli->wait(), 7);
}

TEST_F(RegistryCommands, ExecSendsASignalInstead) {
    put("app/v", "1");
    const auto cli = start_cli(exec({"--prefix", "app", "--on-change", "HUP"}, goes_on("now $V")));
    cli->wait_for_output("now 1\n");
    put("app/v", "2");
    cli->wait_for_output("hup\n");
    cli->send_signal(SIGTERM);
    EXPECT_EQ(cli->wait(), 7);
    EXPECT_EQ(cli->output().find("now 2"), std::string::npos);
}

// Whatever happens to the keys or to the server, the command goes on with what was good last.
TEST_F(RegistryCommands, ExecKeepsTheLastGoodValues) {
    put("app/v", "1");
    const auto cli = start_cli(exec({"--prefix", "app"}, goes_on("now $V")));
    cli->wait_for_output("now 1\n");
    erase("app/");
    cli->wait_for_errors("app/: there are no keys; the last ones stay in force");
    put("app/v", "2");
    cli->wait_for_output("now 2\n");
    // Two keys that would be the same variable.
    put("app/V", "x");
    cli->wait_for_errors("app/V and app/v would both be the variable V");
    server_.kill9();
    cli->wait_for_errors("the last values stay in force");
    server_.start();
    Wire again(server_.port());
    EXPECT_EQ(again.ask(request_bytes("DELETE", "/v1/kv/app/V")).body, "true");
    EXPECT_EQ(again.ask(request_bytes("PUT", "/v1/kv/app/v", "3")).body, "true");
    cli->wait_for_output("now 3\n");
    EXPECT_FALSE(cli->has_ended());
    EXPECT_EQ(cli->output(), "now 1\nnow 2\nnow 3\n");
    cli->send_signal(SIGTERM);
    EXPECT_EQ(cli->wait(), 7);
}

// Neither a hangup, which is the command's own affair, nor an end that it has not taken as one
// keeps it from having the next values.
TEST_F(RegistryCommands, ExecGoesOnBehindSignalsThatItsCommandSurvives) {
    put("app/v", "1");
    const auto cli = start_cli(exec({"--prefix", "app", "--kill-after", "1ms"},
                                    "trap 'echo int' INT; " + goes_on("now $V")));
    cli->wait_for_output("now 1\n");
    cli->send_signal(SIGHUP);
    cli->wait_for_output("hup\n");
    put("app/v", "2");
    cli->wait_for_output("now 2\n");
    cli->send_signal(SIGINT);
    cli->wait_for_output("int\n");
    put("app/v", "3");
    cli->wait_for_output("now 3\n");
    cli->send_signal(SIGKILL);
    cli->wait();
}

TEST_F(RegistryCommands, ExecEndsWhatItsCommandLeavesBehindBeforeItStartsAgain) {
    put("app/v", "1");
    const auto cli = start_cli(
        exec({"--prefix", "app"},
             "sh -c 'tail -f /dev/null >/dev/null 2>&1 & echo left $!'\n" + goes_on("now $V")));
    const auto last_left = [&] {
        const std::string output = cli->output();
        return static_cast<pid_t>(std::stoi(output.substr(output.rfind("left ") + 5)));
    };
    cli->wait_for_output("now 1\n");
    const pid_t left = last_left();
    EXPECT_EQ(::kill(left, 0), 0);
    put("app/v", "2");
    cli->wait_for_output("now 2\n");
    // It has ended, and is buried as well.
    EXPECT_EQ(::kill(left, 0), -1);
    cli->send_signal(SIGTERM);
    EXPECT_EQ(cli->wait(), 7);
    ::kill(last_left(), SIGKILL);
}

// A shell that becomes `exec` leaves it children that the command has not started.
TEST_F(RegistryCommands, ExecLeavesAloneWhatWasThereBefore) {
    put("app/v", "1");
    auto made = spec(exec({"--prefix", "app"}, goes_on("now $V")));
    const Words shell{"sh", "-c",
                      "(tail -f /dev/null & echo child $!; wait) 2>&1 & echo parent $!\n"
                      "exec \"$@\"",
                      "sh"};
    made.words.insert(made.words.begin(), shell.begin(), shell.end());
    Subprocess cli(made);
    cli.wait_for_output("now 1\n");
    const pid_t parent = pid_behind(cli, "parent ");
    const pid_t child = pid_behind(cli, "child ");
    put("app/v", "2");
    cli.wait_for_output("now 2\n");
    EXPECT_EQ(::kill(parent, 0), 0);
    EXPECT_EQ(::kill(child, 0), 0);
    cli.send_signal(SIGTERM);
    EXPECT_EQ(cli.wait(), 7);
    ::kill(child, SIGKILL);
}

// Whoever is traced is there, even when it has been killed, until its tracer has seen that: to the
// command line it is one that cannot be killed.
class Traced {
public:
    explicit Traced(pid_t pid) : pid_(pid) {
        EXPECT_EQ(::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr), 0);
    }
    ~Traced() { let_go(); }
    Traced(const Traced&) = delete;
    Traced& operator=(const Traced&) = delete;

    void let_go() {
        if (pid_ < 0) return;
        ::kill(pid_, SIGKILL);
        // It may have stopped for a signal before.
        for (int status = 0; ::waitpid(pid_, &status, __WALL) == pid_ && WIFSTOPPED(status);) {
        }
        pid_ = -1;
    }

private:
    pid_t pid_;
};

TEST_F(RegistryCommands, ExecGoesOnWithoutWhatCannotBeKilled) {
    put("app/v", "1");
    const auto cli = start_cli(
        exec({"--prefix", "app", "--kill-after", "1ms"}, leaves_behind_first + goes_on("now $V")));
    cli->wait_for_output("now 1\n");
    const Traced left(pid_behind(*cli, "left "));
    put("app/v", "2");
    cli->wait_for_errors("left behind cannot be killed");
    cli->wait_for_output("now 2\n");
    // It is not in the way of the next one again.
    put("app/v", "3");
    cli->wait_for_output("now 3\n");
    cli->send_signal(SIGTERM);
    EXPECT_EQ(cli->wait(), 7);
}

// Somebody who asks for the end while the command is being restarted gets it, however long what it
// has left behind takes.
TEST_F(RegistryCommands, ExecDoesNotStartAgainBehindTheEnd) {
    put("app/v", "1");
    const auto cli = start_cli(
        exec({"--prefix", "app", "--kill-after", "0ms"}, leaves_behind_first + goes_on("now $V")));
    cli->wait_for_output("now 1\n");
    Traced left(pid_behind(*cli, "left "));
    put("app/v", "2");
    cli->wait_for_errors("killing it");
    cli->send_signal(SIGTERM);
    // Long enough for a second attempt, which comes after `kill-after`.
    put("app/v", "3");
    left.let_go();
    // Its own end, unless it was killed first.
    const int status = cli->wait();
    EXPECT_TRUE(status == 7 || status == 128 + SIGKILL) << status;
    EXPECT_EQ(cli->output().find("now 3"), std::string::npos);
}

// The terminal has gone; a command that would be started behind that would outlive it.
TEST_F(RegistryCommands, ExecEndsByAHangupWhileItRestarts) {
    put("app/v", "1");
    const auto cli = start_cli(exec({"--prefix", "app"}, ends_only_by("HUP")));
    cli->wait_for_output("now 1\n");
    put("app/v", "2");
    cli->wait_for_output("term\n");
    cli->send_signal(SIGHUP);
    EXPECT_EQ(cli->wait(), 7);
    EXPECT_EQ(cli->output().find("now 2"), std::string::npos);
}

// What the command leaves behind has as long as the command had, from when it is asked to end.
TEST_F(RegistryCommands, ExecGivesWhatIsLeftBehindItsOwnTime) {
    put("app/v", "1");
    const auto cli = start_cli(exec(
        {"--prefix", "app", "--kill-after", "2s"},
        "test $V != 1 || sh -c \"trap '' TERM; echo left; exec tail -f /dev/null >/dev/null\" &\n" +
            ends_only_by("USR1")));
    cli->wait_for_output("left\n");
    cli->wait_for_output("now 1\n");
    put("app/v", "2");
    cli->wait_for_output("term\n");
    for (int i = 0; i < 2000; ++i) put("other", "takes its time");
    const auto before = std::chrono::steady_clock::now();
    cli->send_signal(SIGUSR1);
    cli->wait_for_errors("killing it");
    EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::seconds(2));
    cli->wait_for_output("now 2\n");
    cli->send_signal(SIGUSR1);
    EXPECT_EQ(cli->wait(), 7);
}

TEST_F(RegistryCommands, ExecEndsThoughItsCommandCannotBeKilled) {
    put("app/v", "1");
    const auto cli = start_cli(
        exec({"--prefix", "app", "--kill-after", "1ms"}, "echo pid $$; " + goes_on("on")));
    cli->wait_for_output("on\n");
    const Traced command(pid_behind(*cli, "pid "));
    put("app/v", "2");
    cli->wait_for_errors("killing it");
    cli->send_signal(SIGTERM);
    EXPECT_EQ(cli->wait(), 128 + SIGTERM);
}

// A program that becomes another user: it may not be signalled.
TEST_F(RegistryCommands, ExecGoesOnWithoutWhatItMayNotKill) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs two users";
    const TemporaryDirectory directory("registry");
    const auto become_root = directory.path() / "setpriv";
    std::filesystem::copy_file("/usr/bin/setpriv", become_root);
    std::filesystem::permissions(directory.path(), std::filesystem::perms{0755});
    std::filesystem::permissions(become_root, std::filesystem::perms{04755});
    put("app/v", "1");
    const auto leaves_behind =
        become_root.string() + " --reuid=0 sh -c 'echo left $$; exec tail -f /dev/null' &\n";
    auto made = spec(exec({"--prefix", "app", "--kill-after", "1ms"},
                          "test $V != 1 || " + leaves_behind + "exec tail -f /dev/null"));
    const Words other_user{"setpriv", "--reuid=65534"};
    made.words.insert(made.words.begin(), other_user.begin(), other_user.end());
    Subprocess cli(made);
    const pid_t left = pid_behind(cli, "left ");
    put("app/v", "2");
    cli.wait_for_errors("left behind cannot be killed");
    EXPECT_EQ(::kill(left, SIGKILL), 0);
    cli.send_signal(SIGTERM);
    EXPECT_EQ(cli.wait(), 128 + SIGTERM);
}

// What says that there is nothing, and cannot know it.
TEST_F(RegistryCommands, DoNotTakeEverythingForAnAnswer) {
    const auto status_with = [this](const WebhookSink::Answer& answer) {
        const WebhookSink server([&](const WebhookSink::Call&) { return answer; });
        const Words flags{"--key", "a", "--deadline", "1ms", "--url", server.url("")};
        Words words{"wait"};
        words.insert(words.end(), flags.begin(), flags.end());
        return run_cli(words).status;
    };
    EXPECT_EQ(status_with({404, {{"X-Consul-Index", "1"}}, ""}), 75);
    EXPECT_EQ(status_with({404, {}, "no such site"}), 69);
    EXPECT_EQ(status_with({200, {}, "[{}]"}), 69);
    EXPECT_EQ(status_with({200, {{"X-Consul-Index", "1"}}, "[{}]"}), 0);
    EXPECT_EQ(status_with({200, {{"X-Consul-Index", "1"}}, "[null]"}), 70);
    EXPECT_EQ(
        status_with(
            {404, {{"X-Consul-Index", "1"}, {"X-Consul-Results-Filtered-By-ACLs", "true"}}, ""}),
        1);
    const WebhookSink filtered([](const WebhookSink::Call&) {
        return WebhookSink::Answer{
            200, {{"X-Consul-Index", "1"}, {"X-Consul-Results-Filtered-By-ACLs", "true"}}, "[]"};
    });
    EXPECT_EQ(run_cli(exec({"--prefix", "app", "--allow-empty", "--url", filtered.url("")}, "true"))
                  .status,
              1);
}

// A server that hangs behind its first answer: what that said counts.
TEST_F(RegistryCommands, WaitIsOverAtItsDeadline) {
    const WebhookSink server([](const WebhookSink::Call& call) {
        if (call.number > 1) return WebhookSink::Answer{.hangs = true};
        return WebhookSink::Answer{404, {{"X-Consul-Index", "5"}}, ""};
    });
    const auto late =
        run_cli({"wait", "--key", "a", "--deadline", "100ms", "--url", server.url("")});
    EXPECT_EQ(late.status, 75);
}

// A pause that ends with the deadline is not followed by one more look.
TEST_F(RegistryCommands, WaitDoesNotLookAgainBehindItsDeadline) {
    std::atomic<size_t> calls = 0;
    const WebhookSink server([&](const WebhookSink::Call&) {
        ++calls;
        return WebhookSink::Answer{503, {}, "away"};
    });
    const auto late =
        run_cli({"wait", "--key", "a", "--deadline", "90ms", "--url", server.url("")});
    EXPECT_EQ(late.status, 69);
    // The first pause is longer than that.
    EXPECT_EQ(calls, 1);
}

TEST_F(RegistryCommands, ExecSaysWhyThereIsNothingToBeginWith) {
    std::atomic<bool> is_there = false;
    const WebhookSink server([&](const WebhookSink::Call&) {
        if (!is_there) return WebhookSink::Answer{503, {}, "away"};
        return WebhookSink::Answer{404, {{"X-Consul-Index", "5"}}, ""};
    });
    const auto cli = start_cli(exec({"--prefix", "app", "--url", server.url("")}, "echo ran"));
    cli->wait_for_errors("503 away");
    is_there = true;
    cli->wait_for_errors("there are no keys");
    cli->send_signal(SIGTERM);
    EXPECT_EQ(cli->wait(), 128 + SIGTERM);
}

TEST_F(RegistryCommands, ExecStartsWithNothingOnlyWhenItMay) {
    const auto late = run_cli(exec({"--prefix", "app", "--deadline", "1ms"}, "echo ran"));
    EXPECT_EQ(late.status, 75);
    EXPECT_EQ(late.output, "");
    const auto away = run_cli(exec(
        {"--prefix", "app", "--deadline", "500ms", "--url", "http://127.0.0.1:1"}, "echo ran"));
    EXPECT_EQ(away.status, 69);
    EXPECT_EQ(run_cli(exec({"--prefix", "app", "--allow-empty"}, "echo ran")).output, "ran\n");
    const auto waits = start_cli(exec({"--prefix", "app"}, "echo ran $V"));
    waits->wait_for_errors("there are no keys");
    put("app/v", "1");
    EXPECT_EQ(waits->wait(), 0);
    EXPECT_EQ(waits->wait_for_output("\n"), "ran 1\n");
    EXPECT_EQ(run_cli({"exec", "--prefix", "app", "--", "no-such-command"}).status, 127);
    EXPECT_EQ(run_cli({"exec", "--prefix", "app"}).status, 2);
    EXPECT_EQ(run_cli({"exec", "--", "true"}).status, 2);
    EXPECT_EQ(run_cli(exec({"--prefix", "a", "--on-change", "dance"}, "true")).status, 2);
}

TEST_F(RegistryCommands, RegistersForAsLongAsItsCommandRuns) {
    const auto cli =
        start_cli({"register", "--service", "pg", "--id", "scope/pg1", "--port", "5432", "--tag",
                   "primary", "--meta", "a=b", "--ttl", "10s", "--", "sh", "-c", goes_on("ready")});
    wait_for_passing("pg", 1);
    const auto found = passing("pg").at(0).at("Service");
    EXPECT_EQ(found.at("ID"), "scope/pg1");
    EXPECT_EQ(found.at("Port"), 5432);
    EXPECT_EQ(found.at("Tags").at(0), "primary");
    EXPECT_EQ(found.at("Meta").at("a"), "b");
    cli->wait_for_output("ready");
    cli->send_signal(SIGTERM);
    EXPECT_EQ(cli->wait(), 7);
    EXPECT_TRUE(passing("pg").empty());
}

TEST_F(RegistryCommands, RegistersAgainWhatTheServerHasLost) {
    const auto cli = start_cli({"register", "--service", "pg", "--ttl", "1s"});
    wait_for_passing("pg", 1);
    cli->wait_for_errors("is registered");
    EXPECT_EQ(wire_->ask(request_bytes("PUT", "/v1/agent/service/deregister/pg")).status, 200);
    cli->wait_for_errors("registering again");
    wait_for_passing("pg", 1);
    // It stays well for longer than its TTL.
    cli->send_signal(SIGINT);
    EXPECT_EQ(cli->wait(), 0);
    EXPECT_TRUE(passing("pg").empty());
}

TEST_F(RegistryCommands, RegisterSurvivesTheServer) {
    const auto cli = start_cli({"register", "--service", "pg", "--ttl", "1s"});
    wait_for_passing("pg", 1);
    cli->wait_for_errors("is registered");
    server_.kill9();
    cli->wait_for_errors("registering again");
    server_.start();
    wire_.emplace(server_.port());
    wait_for_passing("pg", 1);
    cli->send_signal(SIGTERM);
    EXPECT_EQ(cli->wait(), 0);
}

TEST_F(RegistryCommands, RegisterRefusesWhatTheServerRefuses) {
    const auto outcome = run_cli({"register", "--service", "a", "--address", "0.0.0.0"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.errors.find("Invalid service address"), std::string::npos);
    EXPECT_EQ(run_cli({"register"}).status, 2);
    EXPECT_EQ(run_cli({"register", "--service", "a", "--meta", "b"}).status, 2);
    EXPECT_EQ(run_cli({"register", "--service", "a", "--", "no-such-command"}).status, 127);
}

// Where the registry is, in the order in which it is looked for.
TEST_F(RegistryCommands, FindTheRegistry) {
    put("here", "");
    const TemporaryDirectory directory("registry");
    const auto path = (directory.path() / "consul").string();
    const auto port = std::to_string(server_.port());
    std::ofstream(path) << "# written by an installer\nWAZO_CONSUL_HOST=\"127.0.0.1\"\n"
                        << "WAZO_CONSUL_PORT=" << port << "\nexport WAZO_CONSUL_SCHEME='http'\n";
    const auto wait_with = [&](const std::map<std::string, std::string>& environment) {
        auto made = spec({"wait", "--key", "here", "--deadline", "5s", "--consul-file", path});
        for (const auto* name : {"SIGNALBOX_URL", "WAZO_CONSUL_HOST", "WAZO_CONSUL_PORT",
                                 "WAZO_CONSUL_SCHEME", "CONSUL_HTTP_ADDR"}) {
            made.environment[name] = "";
        }
        for (const auto& [name, value] : environment) made.environment[name] = value;
        return run(made).status;
    };
    EXPECT_EQ(wait_with({}), 0);
    // The environment wins over the file, each variable by itself.
    EXPECT_EQ(wait_with({{"WAZO_CONSUL_PORT", port}, {"WAZO_CONSUL_HOST", "localhost"}}), 0);
    EXPECT_EQ(wait_with({{"WAZO_CONSUL_SCHEME", "ftp"}}), 2);
    EXPECT_EQ(wait_with({{"SIGNALBOX_URL", server_.url()}, {"WAZO_CONSUL_SCHEME", "ftp"}}), 0);
    std::ofstream(path).close();
    EXPECT_EQ(wait_with({{"CONSUL_HTTP_ADDR", "127.0.0.1:" + port}}), 0);
    EXPECT_EQ(wait_with({{"CONSUL_HTTP_ADDR", server_.url() + "/"}}), 0);
}

}  // namespace
}  // namespace signalbox
