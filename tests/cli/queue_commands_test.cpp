#include <fstream>

#include <signal.h>

#include "cli/cli_fixture.h"
#include "support/temporary_directory.h"

namespace signalbox {
namespace {

class QueueCommands : public CliFixture {
protected:
    std::string sure(const Words& words, const std::string& input = {}) {
        auto process = start_cli(words);
        process->write(input);
        process->close_input();
        EXPECT_EQ(process->wait(), 0) << process->errors();
        process->drain();
        EXPECT_EQ(process->errors(), "");
        return process->output();
    }
    Outcome run_with_input(const Words& words, const std::string& input) {
        auto process = start_cli(words);
        process->write(input);
        process->close_input();
        Outcome outcome;
        outcome.status = process->wait();
        process->drain();
        outcome.output = process->output();
        outcome.errors = process->errors();
        return outcome;
    }
    client::QueueStats stats() {
        const auto stats = client_.queue_stats("q");
        if (!stats) throw std::runtime_error(stats.error().text());
        return *stats;
    }
    static bool has(const std::string& text, const std::string& part) {
        return text.find(part) != std::string::npos;
    }
};

TEST_F(QueueCommands, MakeAndChangeQueues) {
    EXPECT_TRUE(has(sure({"queue", "create", "q", "--ttl", "1h", "--claims-max", "3",
                          "--dead-letter-queue", "dead", "--metadata", R"({"a":1})"}),
                    "queue         q\n"));
    EXPECT_EQ(run_cli({"queue", "create", "q"}).status, 1);
    EXPECT_EQ(parse(sure({"queue", "create", "q", "--may-exist", "--ttl", "2h", "--json"}))
                  .at("settings")
                  .at("ttl"),
              "2h");
    const auto changed = parse(sure({"queue", "update", "q", "--unset", "ttl", "--delay", "5s",
                                     "--metadata", R"({"b":2})", "--json"}));
    EXPECT_FALSE(changed.at("settings").contains("ttl"));
    EXPECT_EQ(changed.at("settings").at("delay"), "5s");
    EXPECT_EQ(changed.at("metadata").at("b"), 2);
    EXPECT_EQ(run_cli({"queue", "update", "q", "--if-version", "1"}).status, 1);
    EXPECT_TRUE(has(sure({"queue", "show", "q"}), "\nfree     0\n"));
    EXPECT_EQ(parse(sure({"queue", "show", "q", "--json"})).at("name"), "q");
    EXPECT_EQ(sure({"queue", "delete", "q"}), "queue q is gone\n");
    EXPECT_EQ(run_cli({"queue", "show", "q"}).status, 1);
    EXPECT_EQ(run_cli({"queue", "create", "a b"}).status, 1);
    EXPECT_EQ(run_cli({"queue", "create", "q", "--metadata", "x"}).status, 2);
}

TEST_F(QueueCommands, ListQueuesWithTheirFigures) {
    for (const auto* name : {"b1", "b2", "c"}) sure({"queue", "create", name});
    sure({"message", "post", "b2", "1", "2"});
    const auto text = sure({"queue", "list"});
    EXPECT_TRUE(has(text, "QUEUE  FREE  CLAIMED  DELAYED  SIZE  POSTED  OLDEST")) << text;
    EXPECT_TRUE(has(text, "\nb2     2     0        0        2 B   2 ")) << text;
    EXPECT_EQ(parse(sure({"queue", "list", "--json", "--prefix", "b"})).at("queues").size(), 2u);
    const auto cut = run_cli({"queue", "list", "--limit", "2"});
    EXPECT_EQ(cut.errors, "signalbox: there are more; --all shows them\n");
    EXPECT_EQ(sure({"queue", "list", "--prefix", "x"}), "");
    EXPECT_EQ(parse(sure({"queue", "stats", "b2", "--json"})).at("free"), 2);
    EXPECT_EQ(sure({"queue", "purge", "b2"}), "2 messages deleted\n");
}

TEST_F(QueueCommands, PostFromWordsInputAndFiles) {
    const auto ids = sure({"message", "post", "q", R"({"a":1})", "2"});
    EXPECT_EQ(std::count(ids.begin(), ids.end(), '\n'), 2);
    sure({"message", "post", "q"}, "{\"b\":\n1}\n");
    sure({"message", "post", "q", "--ndjson", "--priority", "5"}, "3\n\n4\n");
    sure({"message", "post", "q", "--text"}, "hello \"you\"\n");
    TemporaryDirectory directory("post");
    const auto file = (directory.path() / "body").string();
    std::ofstream(file) << "[5]";
    const auto posted =
        parse(sure({"message", "post", "q", "--file", file, "--json", "--key", "once"}));
    EXPECT_EQ(posted.at("replayed"), false);
    EXPECT_EQ(parse(sure({"message", "post", "q", "--file", file, "--json", "--key", "once"}))
                  .at("replayed"),
              true);
    EXPECT_EQ(sure({"message", "export", "q"}),
              "{\"a\":1}\n2\n{\"b\":1}\n3\n4\n\"hello \\\"you\\\"\"\n[5]\n");
    EXPECT_EQ(sure({"message", "pop", "q"}), "3\n");
    const auto refused = run_cli({"message", "post", "q", "hello"});
    EXPECT_EQ(refused.status, 2);
    EXPECT_EQ(refused.errors, "signalbox: a body must be JSON; with --text it is taken as it is\n");
    EXPECT_EQ(run_cli({"message", "post", "q", "--file", "/nothing/there"}).status, 2);
    EXPECT_EQ(run_cli({"message", "post", "q", "1", "--priority", "10"}).status, 2);
}

TEST_F(QueueCommands, ClaimAcknowledgeAndRelease) {
    sure({"message", "post", "q", "1", "2", "3"});
    const auto claim = parse(sure({"message", "claim", "q", "--limit", "2", "--json"}));
    const auto id = claim.at("claim").get<std::string>();
    const auto first = claim.at("messages").at(0).at("id").get<std::string>();
    EXPECT_EQ(sure({"message", "ack", "q", id, first}), "1 message acknowledged\n");
    EXPECT_EQ(sure({"message", "release", "q", id}), "1 message released\n");
    EXPECT_EQ(run_cli({"message", "ack", "q", id}).status, 1);
    EXPECT_TRUE(has(sure({"message", "claim", "q"}), "MESSAGE"));
    EXPECT_EQ(run_cli({"message", "claim", "q"}).status, 75);
    EXPECT_EQ(run_cli({"message", "pop", "q"}).status, 75);
    EXPECT_EQ(parse(sure({"message", "list", "q", "--claimed", "--json"})).at("messages").size(),
              2u);
    EXPECT_EQ(sure({"message", "list", "q"}), "");
    const auto waiting = start_cli({"message", "claim", "q", "--wait", "1m", "--json"});
    sure({"message", "post", "q", "4"});
    EXPECT_EQ(waiting->wait(), 0);
    waiting->drain();
    EXPECT_EQ(parse(waiting->output()).at("messages").at(0).at("body"), 4);
    EXPECT_EQ(run_cli({"message", "delete", "q", first}).status, 0);
    EXPECT_EQ(run_cli({"message", "delete", "q", "x"}).status, 1);
}

TEST_F(QueueCommands, TailWhatIsPosted) {
    sure({"message", "post", "q", "1", "2", "3"});
    const auto tail = start_cli(
        {"message", "tail", "q", "-n", "2", "--count", "4", "--json", "--interval", "10ms"});
    tail->wait_for_output("\"body\":3");
    sure({"message", "post", "q", "4"});
    tail->wait_for_output("\"body\":4");
    sure({"message", "post", "q", "5", "6"});
    EXPECT_EQ(tail->wait(), 0);
    tail->drain();
    EXPECT_FALSE(has(tail->output(), "\"body\":1"));
    EXPECT_TRUE(has(tail->output(), "\"body\":5"));
    EXPECT_FALSE(has(tail->output(), "\"body\":6"));
    EXPECT_EQ(run_cli({"message", "tail", "nothing"}).status, 1);
}

TEST_F(QueueCommands, ImportAndExportMany) {
    TemporaryDirectory directory("import");
    const auto file = (directory.path() / "in").string();
    std::string lines;
    for (int i = 0; i < 20'000; ++i) lines += "{\"n\":" + std::to_string(i) + "}\n";
    std::ofstream(file) << lines;
    const auto imported = parse(sure({"message", "import", "q", "--file", file, "--ordered",
                                      "--json", "--key", "k", "--batch", "3000"}));
    EXPECT_EQ(imported.at("imported"), 20'000);
    EXPECT_EQ(stats().total, 20'000u);
    EXPECT_EQ(sure({"message", "export", "q"}), lines);
    // Once more with the same key: nothing is posted twice.
    sure({"message", "import", "q", "--file", file, "--ordered", "--key", "k", "--batch", "3000"});
    EXPECT_EQ(stats().total, 20'000u);
    // Over several connections, from the input.
    EXPECT_TRUE(has(sure({"message", "import", "other", "--batch", "100"}, lines),
                    "20,000 messages imported in "));
    const auto out = (directory.path() / "out").string();
    EXPECT_EQ(parse(sure({"message", "export", "other", "--file", out, "--form", "message",
                          "--json", "--page", "777"}))
                  .at("exported"),
              20'000);
    sure({"message", "import", "third", "--file", out, "--form", "message"});
    EXPECT_EQ(parse(sure({"queue", "stats", "third", "--json"})).at("total"), 20'000);
    // A queue that takes little at a time.
    sure({"queue", "create", "small", "--post-bytes-max", "1000"});
    sure({"message", "import", "small", "--file", file});
    EXPECT_EQ(parse(sure({"queue", "stats", "small", "--json"})).at("total"), 20'000);
}

TEST_F(QueueCommands, SayWhichLineOfAnImportIsWrong) {
    const auto refused =
        run_with_input({"message", "import", "q", "--ordered", "--batch", "2"}, "1\n2\n3\n{\n5\n");
    EXPECT_EQ(refused.status, 1);
    EXPECT_TRUE(has(refused.errors, "signalbox: line 4: ")) << refused.errors;
    EXPECT_TRUE(has(refused.errors, "2 messages were imported before that")) << refused.errors;
    const auto member = run_with_input({"message", "import", "q", "--form", "message"},
                                       "{\"body\":1}\n{\"body\":1,\"ttl\":\"x\"}\n");
    EXPECT_TRUE(has(member.errors, "signalbox: line 2: ttl ")) << member.errors;
    const auto text = run_with_input({"message", "import", "q", "--text"}, "a\n\xff\n");
    EXPECT_EQ(text.errors,
              "signalbox: line 2: text must be UTF-8\n"
              "signalbox: 0 messages were imported before that\n");
}

TEST_F(QueueCommands, ShowProgressOnATerminalOnly) {
    const auto on_terminal = start_cli({"message", "import", "q", "--text"}, true);
    on_terminal->write("one\ntwo\n\x04");
    EXPECT_EQ(on_terminal->wait(), 0);
    on_terminal->drain();
    EXPECT_TRUE(has(on_terminal->output(), "messages  ")) << on_terminal->output();
    EXPECT_EQ(stats().total, 2u);
}

TEST_F(QueueCommands, RunACommandForEachMessage) {
    sure({"message", "post", "q", "1", "2", R"("three")"});
    const auto consumed =
        start_cli({"message", "consume", "q", "--until-empty", "--text", "--json", "--", "sh", "-c",
                   "read -r body; echo got $body $SIGNALBOX_QUEUE; test $body != 2"});
    EXPECT_EQ(consumed->wait(), 0) << consumed->errors();
    consumed->drain();
    EXPECT_TRUE(has(consumed->output(), "got 1 q\ngot 2 q\n")) << consumed->output();
    EXPECT_TRUE(has(consumed->output(), "got three q\n"));
}

TEST_F(QueueCommands, StopConsumingWhenTheyAreToldTo) {
    sure({"message", "post", "q", "1", "2"});
    auto consuming = start_cli(
        {"message", "consume", "q", "--", "sh", "-c", "trap '' TERM; echo begun; read -r x; cat"});
    consuming->wait_for_output("begun");
    consuming->send_signal(SIGTERM);
    EXPECT_EQ(consuming->wait(), 0);
    EXPECT_EQ(stats().total, 1u);
    EXPECT_EQ(stats().free, 1u);
    EXPECT_EQ(run_cli({"message", "consume", "q", "--", "/no/such/program"}).status, 127);
    EXPECT_EQ(run_cli({"message", "consume", "q"}).status, 2);
}

TEST_F(QueueCommands, ShowWhatGoesThroughTheQueues) {
    sure({"queue", "create", "idle"});
    sure({"message", "post", "busy", "1", "2"});
    const auto top = parse(sure({"top", "--once", "--json", "--interval", "10ms"}));
    ASSERT_EQ(top.at("queues").size(), 2u);
    EXPECT_EQ(top.at("more"), false);
    EXPECT_EQ(top.at("queues").at(0).at("name"), "busy");
    EXPECT_EQ(top.at("queues").at(0).at("posted_per_second"), 0.0);
    EXPECT_EQ(top.at("queues").at(0).at("stats").at("total"), 2);
    EXPECT_TRUE(has(sure({"top", "--once", "--interval", "10ms", "--prefix", "b"}),
                    "QUEUE  POSTED/S  DELETED/S  DEPTH  CLAIMED"));
    const auto some = parse(
        sure({"top", "--once", "--json", "--interval", "10ms", "--queues", "1", "--sort", "name"}));
    EXPECT_EQ(some.at("queues").size(), 1u);
    EXPECT_EQ(some.at("more"), true);

    auto live = start_cli({"top", "--interval", "20ms"}, true);
    live->wait_for_output("2 queues");
    sure({"message", "post", "new", "1"});
    live->wait_for_output("3 queues");
    live->write("\x03");
    EXPECT_EQ(live->wait(), 0);
}

}  // namespace
}  // namespace signalbox
