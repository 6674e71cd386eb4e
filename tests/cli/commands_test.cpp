#include "cli/cli_fixture.h"

namespace signalbox {
namespace {

constexpr const char* nobody = "42e66c8e-3fc6-11e3-a7cb-eb7cef96d803";

// Everything but acquire and watch.
class Commands : public CliFixture {
protected:
    std::string sure(const Words& words) {
        const auto outcome = run_cli(words);
        EXPECT_EQ(outcome.status, 0) << outcome.errors;
        EXPECT_EQ(outcome.errors, "");
        return outcome.output;
    }
    void expect_failure(const Words& words, int status, const std::string& errors) {
        const auto outcome = run_cli(words);
        EXPECT_EQ(outcome.status, status);
        EXPECT_EQ(outcome.errors, errors);
        EXPECT_EQ(outcome.output, "");
    }
    static bool has(const std::string& text, const std::string& part) {
        return text.find(part) != std::string::npos;
    }
};

TEST_F(Commands, ListLiveTicketsInColumns) {
    const auto first = create();
    const auto second = create();
    release(create("ended"));
    const auto text = sure({"ticket", "list"});
    EXPECT_TRUE(has(text,
                    "TICKET                                STATUS  TOKEN  LINE  OWNER  "
                    "CREATED"))
        << text;
    EXPECT_TRUE(has(text, "\n" + first.uuid + "  active  1      vm/a  -      ")) << text;
    EXPECT_TRUE(has(text, "\n" + second.uuid + "  queued  -      vm/a  -      ")) << text;
    EXPECT_TRUE(has(sure({"ticket", "list", "--status", "all"}), "finished"));
    EXPECT_FALSE(has(sure({"ticket", "list", "--status", "finished,expired"}), first.uuid));
    EXPECT_EQ(sure({"ticket", "list", "--id", "nothing"}), "");
    EXPECT_FALSE(has(sure({"ticket", "list", "--status", "active"}), second.uuid));
    expect_failure({"ticket", "list", "--status", "dead"}, 2,
                   "signalbox: --status must be queued, active, finished, expired, deleted or "
                   "all, not dead\n");
}

TEST_F(Commands, ListTheTicketsOfOneLineInTheirOrder) {
    const auto first = create();
    const auto second = create();
    client::TicketRequest urgent;
    urgent.resource = {.scope = "vm", .id = "a"};
    urgent.ttl = std::chrono::hours(1);
    urgent.priority = 7;
    const auto third = client_.create_ticket(urgent);
    ASSERT_TRUE(third);
    create("b");
    const auto text = sure({"ticket", "list", "--scope", "vm", "--id", "a"});
    EXPECT_TRUE(has(text, "TICKET                                STATUS  PLACE  TOKEN  LINE"));
    EXPECT_TRUE(has(text, "\n" + first.uuid + "  active  -      1      vm/a")) << text;
    EXPECT_TRUE(has(text, "\n" + third->ticket.uuid + "  queued  #1     -      vm/a")) << text;
    EXPECT_TRUE(has(text, "\n" + second.uuid + "  queued  #2     -      vm/a")) << text;
    EXPECT_LT(text.find(third->ticket.uuid), text.find(second.uuid));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);

    const auto some = run_cli({"ticket", "list", "--scope", "vm", "--id", "a", "--limit", "2"});
    EXPECT_TRUE(has(some.output, third->ticket.uuid));
    EXPECT_FALSE(has(some.output, second.uuid));
    EXPECT_EQ(some.errors, "signalbox: there are more; --all shows them\n");

    // Lines of that name at several servers are several lines.
    urgent.resource.server = nobody;
    ASSERT_TRUE(client_.create_ticket(urgent));
    EXPECT_FALSE(has(sure({"ticket", "list", "--scope", "vm", "--id", "a"}), "PLACE"));
    EXPECT_TRUE(has(sure({"ticket", "list", "--server", "default", "--scope", "vm", "--id", "a"}),
                    "PLACE"));
}

TEST_F(Commands, ListTicketsInJson) {
    std::vector<std::string> made;
    for (int i = 0; i < 5; ++i) made.push_back(create(std::to_string(i)).uuid);
    const auto some = parse(sure({"ticket", "list", "--json", "--limit", "3"}));
    ASSERT_EQ(some.at("tickets").size(), 3u);
    EXPECT_EQ(some.at("more"), true);
    EXPECT_EQ(some.at("tickets").at(0).at("uuid"), made[0]);
    const auto all = parse(sure({"ticket", "list", "--json", "--limit", "3", "--all"}));
    EXPECT_EQ(all.at("tickets").size(), 5u);
    EXPECT_EQ(all.at("more"), false);
    const auto last = parse(sure({"ticket", "list", "--json", "--newest-first", "--limit", "1"}));
    EXPECT_EQ(last.at("tickets").at(0).at("uuid"), made[4]);
    const auto cut = run_cli({"ticket", "list", "--limit", "2"});
    EXPECT_EQ(cut.errors, "signalbox: there are more; --all shows them\n");
}

TEST_F(Commands, ShowOneTicket) {
    create();
    const auto second = create();
    const auto text = sure({"ticket", "show", second.uuid});
    EXPECT_TRUE(has(text, "ticket   " + second.uuid + "\nline     vm/a\nstatus   queued\n"));
    EXPECT_TRUE(has(text, "place    #1 (1 ahead)\n")) << text;
    EXPECT_TRUE(has(text, "ttl      1h\n"));
    EXPECT_EQ(parse(sure({"ticket", "show", "--json", second.uuid})).at("position"), 1);
    expect_failure({"ticket", "show", nobody}, 1,
                   std::string("signalbox: ticket ") + nobody + " not found\n");
    expect_failure({"ticket", "show", "x"}, 1, "signalbox: ticket must be a UUID\n");
    EXPECT_EQ(run_cli({"ticket", "show"}).status, 2);
}

TEST_F(Commands, ShowNamesThatWouldDirectTheTerminal) {
    create("\x1b[2Jgone");
    EXPECT_TRUE(has(sure({"ticket", "list"}), "vm/\\x1b[2Jgone"));
}

TEST_F(Commands, TellTheHistoryOfATicket) {
    const auto ticket = create();
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(client_.renew_ticket(ticket.uuid));
    sure({"ticket", "release", ticket.uuid, "--force", "--reason", "because I say so"});
    const auto text = sure({"ticket", "history", ticket.uuid});
    for (const auto* part :
         {"created", "granted", "renewed (2 times)", "force_released", "because I say so"}) {
        EXPECT_TRUE(has(text, part)) << text;
    }
    const auto document = parse(sure({"ticket", "history", "--json", ticket.uuid}));
    EXPECT_EQ(document.at("transitions").at(3).at("transition"), "force_released");
    EXPECT_EQ(document.at("ticket").at("status"), "finished");
}

TEST_F(Commands, WaitForATicket) {
    const auto first = create();
    const auto second = create();
    EXPECT_EQ(run_cli({"ticket", "wait", second.uuid, "--timeout", "50ms"}).status, 75);
    const auto waiting = start_cli({"ticket", "wait", second.uuid, "--json"});
    release(first);
    EXPECT_EQ(waiting->wait(), 0);
    waiting->drain();
    EXPECT_EQ(parse(waiting->output()).at("status"), "active");
    expect_failure({"ticket", "wait", first.uuid}, 1,
                   "signalbox: ticket " + first.uuid + " is finished\n");
}

TEST_F(Commands, ReleaseATicketWithItsToken) {
    const auto ticket = create();
    expect_failure({"ticket", "release", ticket.uuid, "--fencing-token", "9"}, 1,
                   "signalbox: token is not the ticket's, which is 1\n");
    expect_failure({"ticket", "release", ticket.uuid, "--force"}, 1,
                   "signalbox: reason is required with force\n");
    EXPECT_EQ(sure({"ticket", "release", ticket.uuid, "--fencing-token", "1"}),
              "ticket " + ticket.uuid + " is finished\n");
    EXPECT_EQ(parse(sure({"ticket", "release", ticket.uuid, "--json"})).at("status"), "finished");
}

TEST_F(Commands, DirectALine) {
    create();
    create();
    const Words line{"--scope", "vm", "--id", "a"};
    const auto verb = [&](Words words) {
        words.insert(words.begin(), "line");
        words.insert(words.end(), line.begin(), line.end());
        return words;
    };
    EXPECT_TRUE(has(sure({"line", "list"}), "vm/a  1        1      1       "));
    const auto shown = sure(verb({"show"}));
    EXPECT_TRUE(has(shown, "holders        1\nqueued         1\n")) << shown;
    EXPECT_TRUE(has(shown, "TICKET"));
    EXPECT_TRUE(has(sure(verb({"pause", "--reason", "maintenance"})),
                    "settings       paused: maintenance\n"));
    EXPECT_EQ(parse(sure(verb({"drain", "--json"}))).at("draining"), true);
    const auto refused = run_cli(
        {"ticket", "acquire", "--scope", "vm", "--id", "a", "--wait-max", "0", "--", "true"});
    EXPECT_EQ(refused.status, 75);
    EXPECT_TRUE(has(refused.errors, "is being drained: maintenance")) << refused.errors;
    const auto resumed = parse(sure(verb({"resume", "--json"})));
    EXPECT_EQ(resumed.at("paused"), false);
    EXPECT_EQ(resumed.at("draining"), false);
    EXPECT_FALSE(resumed.contains("reason"));
    EXPECT_EQ(parse(sure(verb({"slots", "2", "--json"}))).at("slots"), 2);
    EXPECT_EQ(parse(sure(verb({"show", "--json"}))).at("holders"), 2);
    EXPECT_EQ(parse(sure({"line", "list", "--json"})).at("lines").size(), 1u);
    EXPECT_EQ(run_cli({"line", "pause"}).status, 2);
}

TEST_F(Commands, LookAfterSessions) {
    const auto session = client_.create_session({.name = "worker", .ttl = std::chrono::minutes(5)});
    ASSERT_TRUE(session);
    EXPECT_TRUE(has(sure({"session", "list"}), session->id + "  worker  5m   0            0 "));
    EXPECT_TRUE(has(sure({"session", "show", session->id}), "grace        5s\n"));
    EXPECT_EQ(parse(sure({"session", "show", session->id, "--json"})).at("name"), "worker");
    EXPECT_EQ(parse(sure({"session", "list", "--json"})).at("sessions").size(), 1u);
    EXPECT_EQ(sure({"session", "end", session->id}), "session " + session->id + " has ended\n");
    EXPECT_EQ(run_cli({"session", "show", session->id}).status, 1);
    EXPECT_EQ(sure({"session", "list"}), "");
}

TEST_F(Commands, AreToldWhereTheServerIsByFlagsToo) {
    server_.kill9();
    EXPECT_EQ(run_cli({"ticket", "list"}).status, 69);
    server_.start();
    auto elsewhere = spec({"ticket", "list", "--url", server_.url(), "--tenant", "other", "--token",
                           "secret", "--json"});
    elsewhere.environment["SIGNALBOX_URL"] = "http://127.0.0.1:1";
    create();
    const auto outcome = run(elsewhere);
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    EXPECT_TRUE(parse(outcome.output).at("tickets").empty());
    expect_failure({"ticket", "list", "--url", "nonsense"}, 2,
                   "signalbox: url nonsense is not an http or https URL\n");
}

TEST_F(Commands, SayHowTheyAreUsed) {
    const auto help = sure({"ticket", "acquire", "--help"});
    for (const auto* part : {"--wait-max", "--on-lost", " 69  ", " 75  ", " 79  "}) {
        EXPECT_TRUE(has(help, part)) << part;
    }
    EXPECT_TRUE(has(sure({"ticket", "list", "--help"}), "Exit codes:"));
    EXPECT_TRUE(has(sure({"--help"}), "ticket"));
    EXPECT_EQ(run_cli({"ticket"}).status, 2);
    expect_failure(
        {"ticket", "list", "--", "true"}, 2,
        "signalbox: only ticket acquire, message consume, exec and register take a command "
        "behind --\n"
        "Try signalbox --help.\n");
}

}  // namespace
}  // namespace signalbox
