#include <signal.h>

#include "cli/cli_fixture.h"

namespace signalbox {
namespace {

// When the ticket goes while the command runs.
class AcquireLoss : public CliFixture {
protected:
    void force_release(const std::string& reason) {
        const auto tickets = client_.list_tickets().rest();
        ASSERT_TRUE(tickets && tickets->size() == 1);
        ASSERT_TRUE(
            client_.release_ticket(tickets->front().uuid, {.force = true, .reason = reason}));
    }
};

TEST_F(AcquireLoss, EndsTheCommandAndAllThatItStarted) {
    const auto cli = start_cli(acquire({}, shell("")));
    cli->wait_for_output("ready");
    force_release("the host is down");
    EXPECT_EQ(cli->wait(), 79);
    // Whatever still ran would hold the output open.
    cli->drain();
    EXPECT_NE(cli->errors().find("was lost: force_released"), std::string::npos) << cli->errors();
    EXPECT_NE(cli->errors().find("the host is down; ending the command"), std::string::npos);
}

TEST_F(AcquireLoss, KillsACommandThatDoesNotEnd) {
    const auto cli = start_cli(acquire({"--kill-after", "100ms"}, shell("trap '' TERM")));
    cli->wait_for_output("ready");
    force_release("x");
    EXPECT_EQ(cli->wait(), 79);
    cli->drain();
    EXPECT_NE(cli->errors().find("the command did not end; killing it"), std::string::npos);
}

TEST_F(AcquireLoss, CanBeIgnored) {
    const auto cli = start_cli(acquire({"--on-lost", "ignore"}, {"cat"}));
    wait_for_holders(1);
    force_release("x");
    cli->wait_for_errors("the command goes on");
    cli->write("still there\n");
    cli->wait_for_output("still there");
    cli->close_input();
    EXPECT_EQ(cli->wait(), 0);
}

TEST_F(AcquireLoss, ComesWhenTheServerIsNotReachedInTime) {
    const auto cli = start_cli(acquire({"--ttl", "1s"}, shell("")));
    cli->wait_for_output("ready");
    server_.freeze();
    EXPECT_EQ(cli->wait(), 79);
    cli->drain();
    EXPECT_NE(cli->errors().find("could not be renewed in time"), std::string::npos);
}

TEST_F(AcquireLoss, ComesWhenHoldMaxIsOver) {
    const auto cli = start_cli(acquire({"--hold-max", "2s"}, shell("")));
    EXPECT_EQ(cli->wait(), 79);
    cli->drain();
    EXPECT_NE(cli->errors().find("hold_max"), std::string::npos);
}

TEST_F(AcquireLoss, ByTheDeathOfTheWrapperEndsTheCommand) {
    const auto cli = start_cli(acquire({}, {"sh", "-c", "echo ready; exec tail -f /dev/null"}));
    cli->wait_for_output("ready");
    cli->send_signal(SIGKILL);
    cli->wait();
    cli->drain();
}

}  // namespace
}  // namespace signalbox
