#include "cli/cli_fixture.h"

namespace signalbox {
namespace {

class AcquireOnTerminal : public CliFixture {};

TEST_F(AcquireOnTerminal, ShowsItsPlace) {
    const auto first = create();
    const auto second = create();
    const auto cli = start_cli(acquire({}, {"echo", "ran"}), true);
    cli->wait_for_output("waiting for vm/a: 2 ahead");
    release(first);
    cli->wait_for_output("waiting for vm/a: 1 ahead");
    release(second);
    EXPECT_EQ(cli->wait(), 0);
    cli->wait_for_output("ran");
}

TEST_F(AcquireOnTerminal, ControlCReachesTheCommandOnce) {
    const auto cli =
        start_cli(acquire({}, shell("count=0; trap 'count=$((count+1)); echo told $count' INT\n"
                                    "trap 'kill -9 $!; echo at last $count; exit 5' TERM")),
                  true);
    cli->wait_for_output("ready");
    cli->write("\x03");
    cli->wait_for_output("told 1");
    cli->send_signal(SIGTERM);
    EXPECT_EQ(cli->wait(), 5);
    cli->wait_for_output("at last 1");
}

TEST_F(AcquireOnTerminal, ControlCEndsTheWait) {
    const auto blocked = create();
    const auto cli = start_cli(acquire({}, {"echo", "ran"}), true);
    cli->wait_for_output("1 ahead");
    cli->write("\x03");
    EXPECT_EQ(cli->wait(), 130);
    EXPECT_EQ(line().queued, 0u);
}

TEST_F(AcquireOnTerminal, LetsTheCommandReadFromIt) {
    const auto cli = start_cli(acquire({}, {"sh", "-c", "echo ask; read x; echo got $x"}), true);
    cli->wait_for_output("ask");
    cli->write("an answer\n");
    cli->wait_for_output("got an answer");
    EXPECT_EQ(cli->wait(), 0);
}

}  // namespace
}  // namespace signalbox
