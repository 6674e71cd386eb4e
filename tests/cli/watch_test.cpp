#include <signal.h>

#include "cli/cli_fixture.h"

namespace signalbox {
namespace {

class Watch : public CliFixture {};

TEST_F(Watch, PrintsOneLineAnEvent) {
    const auto held = create();
    const auto watch = start_cli({"ticket", "watch", held.uuid});
    const auto other = start_cli({"ticket", "watch", "--scope", "vm", "--id", "a"});
    // Its first event says that it listens.
    const auto renew_until_seen = [&](Subprocess& process) {
        while (process.output().find("ticket.renewed") == std::string::npos) {
            ASSERT_TRUE(client_.renew_ticket(held.uuid));
        }
    };
    renew_until_seen(*watch);
    renew_until_seen(*other);
    ASSERT_TRUE(client_.release_ticket(held.uuid, {.force = true, .reason = "enough"}));
    // One ticket is watched until it ends.
    EXPECT_EQ(watch->wait(), 0);
    watch->drain();
    const auto text = watch->output();
    EXPECT_NE(text.find("  ticket.force_released  " + held.uuid +
                        "  vm/a  token 1  by 127.0.0.1"
                        "  because enough\n"),
              std::string::npos)
        << text;
    EXPECT_EQ(watch->errors(), "");
    create();
    other->wait_for_output("ticket.created");
    other->send_signal(SIGINT);
    EXPECT_EQ(other->wait(), 128 + SIGINT);
}

TEST_F(Watch, PrintsCloudEventsAndGoesOnWhereItWas) {
    const auto held = create();
    std::string cursor;
    ASSERT_TRUE(client_.follow({}, [&](const client::Event& event) {
        cursor = event.cursor;
        return false;
    }));
    ASSERT_TRUE(client_.renew_ticket(held.uuid));
    release(held);
    const auto outcome = run_cli({"ticket", "watch", held.uuid, "--json", "--cursor", cursor});
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    std::istringstream lines(outcome.output);
    std::vector<std::string> types;
    for (std::string line; std::getline(lines, line);) {
        types.push_back(parse(line).at("type"));
        EXPECT_EQ(parse(line).at("specversion"), "1.0");
    }
    EXPECT_EQ(types,
              (std::vector<std::string>{"signalbox.ticket.renewed", "signalbox.ticket.released"}));
    // What has ended already has nothing more to tell.
    const auto over = run_cli({"ticket", "watch", held.uuid});
    EXPECT_EQ(over.status, 0);
    EXPECT_EQ(over.output, "");
}

TEST_F(Watch, SaysAtOnceWhatIsWrong) {
    EXPECT_EQ(run_cli({"ticket", "watch", "x"}).errors, "signalbox: ticket must be a UUID\n");
    EXPECT_EQ(run_cli({"ticket", "watch", "--scope", "vm"}).status, 2);
    EXPECT_EQ(run_cli({"ticket", "watch", "x", "--server", "default"}).status, 2);
    EXPECT_EQ(run_cli({"ticket", "watch", "--cursor", "x"}).status, 1);
    server_.kill9();
    EXPECT_EQ(run_cli({"ticket", "watch"}).status, 69);
}

TEST_F(Watch, OnATerminalKeepsATableOfLines) {
    const auto watch = start_cli({"ticket", "watch"}, true);
    watch->wait_for_output("LINE  HOLDERS");
    create("one");
    watch->wait_for_output("vm/one  1        1      0");
    create("one");
    watch->wait_for_output("vm/one  1        1      1");
    server_.kill9();
    server_.start();
    create("one");
    watch->wait_for_output("vm/one  1        1      2");
    watch->write("\x03");
    EXPECT_EQ(watch->wait(), 0);
    // The screen that was there before is back.
    watch->wait_for_output("\x1b[?1049l");
}

TEST_F(Watch, OnATerminalKeepsATableOfTickets) {
    const auto first = create();
    const auto second = create();
    const auto watch = start_cli({"ticket", "watch", "--scope", "vm", "--id", "a"}, true);
    watch->wait_for_output(second.uuid + "  queued  #1 ");
    const auto third = create();
    watch->wait_for_output(third.uuid + "  queued  #2 ");
    release(first);
    watch->wait_for_output(second.uuid + "  active  -      2 ");
    watch->wait_for_output("ticket.released  " + first.uuid);
    watch->send_signal(SIGTERM);
    EXPECT_EQ(watch->wait(), 0);
}

TEST_F(Watch, OnATerminalKeepsATicketAndItsLine) {
    const auto first = create();
    const auto second = create();
    const auto watch = start_cli({"ticket", "watch", second.uuid}, true);
    watch->wait_for_output("#1 (1 ahead)");
    watch->wait_for_output(first.uuid + "  active");
    release(first);
    watch->wait_for_output("status   active");
}

}  // namespace
}  // namespace signalbox
