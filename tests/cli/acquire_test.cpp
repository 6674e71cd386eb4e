#include <signal.h>

#include "cli/cli_fixture.h"

namespace signalbox {
namespace {

class Acquire : public CliFixture {
protected:
    // What became of the only ticket there ever was.
    std::string last_transition() {
        const auto tickets = client_.list_tickets().rest();
        EXPECT_TRUE(tickets && tickets->size() == 1);
        const auto history = client_.ticket_history(tickets->front().uuid);
        return history->transitions.back().transition;
    }
};

TEST_F(Acquire, RunsTheCommandWithItsTicket) {
    const auto outcome = run_cli(
        acquire({"--reason", "all done", "--action", "test", "--owner", "me"},
                {"sh", "-c", "echo $SIGNALBOX_TICKET $SIGNALBOX_FENCING_TOKEN $SIGNALBOX_OWNER"}));
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.errors, "");
    const auto tickets = client_.list_tickets().rest();
    ASSERT_EQ(tickets->size(), 1u);
    const auto& ticket = tickets->front();
    EXPECT_EQ(outcome.output, ticket.uuid + " 1 me\n");
    EXPECT_EQ(ticket.status, client::TicketStatus::finished);
    EXPECT_EQ(ticket.reason, "all done");
    EXPECT_EQ(ticket.action, "test");
}

TEST_F(Acquire, EndsAsTheCommandDoes) {
    EXPECT_EQ(run_cli(acquire({}, {"sh", "-c", "exit 7"})).status, 7);
    EXPECT_EQ(run_cli(acquire({}, {"sh", "-c", "kill -TERM $$"})).status, 128 + SIGTERM);
    EXPECT_EQ(line().holders, 0u);
}

TEST_F(Acquire, HandsTheCommandItsWordsUntouched) {
    const auto outcome =
        run_cli(acquire({}, {"printf", "<%s>", "[a,b]", "", "--", "--help", "%s", "-x", "list"}));
    EXPECT_EQ(outcome.output, "<[a,b]><><--><--help><%s><-x><list>");
}

// The connection of a wrapper that was killed must not live on in its command.
TEST_F(Acquire, HandsTheCommandNothingElse) {
    const auto outcome = run_cli(acquire({}, {"sh", "-c", "ls -l /proc/$$/fd; trap"}));
    EXPECT_EQ(outcome.output.find("socket:"), std::string::npos) << outcome.output;
    EXPECT_EQ(outcome.output.find("anon_inode"), std::string::npos) << outcome.output;
    const auto masks = run_cli(acquire({}, {"grep", "-E", "SigBlk|SigIgn", "/proc/self/status"}));
    EXPECT_NE(masks.output.find("SigBlk:\t0000000000000000"), std::string::npos) << masks.output;
}

TEST_F(Acquire, RefusesWhatCannotBeRunBeforeItWaits) {
    const auto blocked = create();
    EXPECT_EQ(run_cli(acquire({}, {"no-such-command"})).status, 127);
    EXPECT_EQ(run_cli(acquire({}, {"./no/such/command"})).status, 127);
    EXPECT_EQ(run_cli(acquire({}, {"/etc/passwd"})).status, 126);
    EXPECT_EQ(run_cli(acquire({}, {})).status, 2);
    const auto wrong = run_cli(acquire({"--ttl", "5"}, {"true"}));
    EXPECT_EQ(wrong.status, 2);
    EXPECT_EQ(wrong.errors.substr(0, 21), "signalbox: --ttl: mus");
    EXPECT_EQ(line().queued, 0u);
    release(blocked);
    const auto refused = run_cli(acquire({"--priority", "100000"}, {"true"}));
    EXPECT_EQ(refused.status, 1);
    EXPECT_EQ(refused.errors, "signalbox: priority must be between -1000 and 1000\n");
}

TEST_F(Acquire, WaitsItsTurn) {
    const auto blocked = create();
    const auto cli = start_cli(acquire({}, {"echo", "ran"}));
    wait_for_queued(1);
    EXPECT_EQ(cli->output(), "");
    release(blocked);
    EXPECT_EQ(cli->wait(), 0);
    cli->drain();
    EXPECT_EQ(cli->output(), "ran\n");
    EXPECT_EQ(cli->errors(), "");
}

TEST_F(Acquire, GivesUpAfterWaitMax) {
    const auto blocked = create();
    const auto outcome = run_cli(acquire({"--wait-max", "100ms"}, {"echo", "ran"}));
    EXPECT_EQ(outcome.status, 75);
    EXPECT_EQ(outcome.output, "");
    EXPECT_NE(outcome.errors.find("did not get its turn in time"), std::string::npos);
    EXPECT_EQ(line().queued, 0u);
}

TEST_F(Acquire, SaysThatTheServerIsNotReached) {
    server_.kill9();
    const auto outcome = run_cli(acquire({"--retry-for", "0"}, {"true"}));
    EXPECT_EQ(outcome.status, 69);
    EXPECT_EQ(outcome.errors.find("signalbox: cannot reach " + server_.url()), 0u);
}

TEST_F(Acquire, TakesItsTicketOutOfTheLineWhenItIsInterrupted) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        const auto blocked = create();
        const auto cli = start_cli(acquire({}, {"echo", "ran"}));
        wait_for_queued(1);
        cli->send_signal(signal);
        EXPECT_EQ(cli->wait(), 128 + signal);
        EXPECT_EQ(cli->output(), "");
        EXPECT_EQ(line().queued, 0u);
        release(blocked);
    }
}

TEST_F(Acquire, PassesSignalsOn) {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2}) {
        const auto number = std::to_string(signal);
        const auto cli =
            start_cli(acquire({}, shell("trap 'kill -9 $!; exit 4" + number + "' " + number)));
        cli->wait_for_output("ready");
        cli->send_signal(signal);
        EXPECT_EQ(cli->wait(), std::stoi("4" + number) & 0xff);
        cli->drain();
        EXPECT_EQ(line().holders, 0u);
    }
}

TEST_F(Acquire, SharesItsLineWhenAsked) {
    const auto first = start_cli(acquire({"--shared"}, {"cat"}));
    const auto second = start_cli(acquire({"--shared"}, {"cat"}));
    wait_for_holders(2);
    first->close_input();
    second->close_input();
    EXPECT_EQ(first->wait(), 0);
    EXPECT_EQ(second->wait(), 0);
    const auto third = start_cli(acquire({"--slots", "2"}, {"cat"}));
    const auto fourth = start_cli(acquire({"--slots", "2"}, {"cat"}));
    wait_for_holders(2);
}

TEST_F(Acquire, HoldsItsTicketOverARestartOfTheServer) {
    const auto cli = start_cli(acquire({"--ttl", "20s"}, {"cat"}));
    wait_for_holders(1);
    server_.kill9();
    server_.start();
    EXPECT_EQ(line().holders, 1u);
    cli->close_input();
    EXPECT_EQ(cli->wait(), 0);
    cli->drain();
    EXPECT_EQ(cli->errors(), "");
    EXPECT_EQ(last_transition(), "released");
}

TEST_F(Acquire, NamesOneOwnerForWhatTheCommandTakes) {
    const std::string inner = std::string(ServerProcess::program()) +
                              " ticket acquire --scope vm --id b -- sh -c 'echo $SIGNALBOX_OWNER'";
    const auto outcome = run_cli(acquire({}, {"sh", "-c", "echo $SIGNALBOX_OWNER; " + inner}));
    const auto middle = outcome.output.find('\n');
    EXPECT_EQ(outcome.output.substr(0, middle),
              outcome.output.substr(middle + 1, outcome.output.size() - middle - 2));
    EXPECT_NE(outcome.output.find('@'), std::string::npos);
}

TEST_F(Acquire, TellsProgramsInJson) {
    const auto blocked = create();
    const auto cli = start_cli(acquire({"--json"}, {"true"}));
    wait_for_queued(1);
    release(blocked);
    EXPECT_EQ(cli->wait(), 0);
    cli->drain();
    std::istringstream lines(cli->errors());
    std::vector<std::string> events;
    for (std::string line; std::getline(lines, line);) {
        const auto document = parse(line);
        EXPECT_TRUE(document.at("ticket").contains("uuid"));
        events.push_back(document.at("event"));
    }
    ASSERT_GE(events.size(), 4u);
    EXPECT_EQ(events[0], "created");
    EXPECT_EQ(events[1], "queued");
    EXPECT_EQ(events[events.size() - 2], "granted");
    EXPECT_EQ(events.back(), "released");
}

TEST_F(Acquire, SaysThatNobodyWillMove) {
    const auto of_owner = [&](const std::string& id, const std::string& owner) {
        client::TicketRequest request;
        request.resource = {.scope = "vm", .id = id};
        request.ttl = std::chrono::hours(1);
        request.owner = owner;
        ASSERT_TRUE(client_.create_ticket(request));
    };
    of_owner("a", "one");
    of_owner("b", "two");
    of_owner("b", "one");
    const auto cli = start_cli(acquire({"--owner", "two"}, {"true"}));
    cli->wait_for_errors("waits in a circle of 2 tickets");
}

}  // namespace
}  // namespace signalbox
