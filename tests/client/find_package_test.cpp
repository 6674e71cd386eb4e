#include <gtest/gtest.h>

#include "signalbox/client/client.h"
#include "support/server_process.h"

namespace signalbox {
namespace {

std::string sanitizer_flags() {
    const std::string sanitize = SANITIZE;
    if (sanitize == "address") return "-fsanitize=address,undefined";
    if (sanitize == "thread") return "-fsanitize=thread";
    return {};
}

TEST(FindPackage, AForeignProjectBuildsAgainstWhatIsInstalledAndTakesATicket) {
    const TemporaryDirectory directory("find-package");
    const std::string prefix = directory.path() / "prefix";
    const std::string build = directory.path() / "build";
    const auto step = [](std::vector<std::string> words) {
        words.insert(words.begin(), CMAKE_PROGRAM);
        const auto outcome = run({.words = std::move(words)});
        ASSERT_EQ(outcome.status, 0) << outcome.output << outcome.errors;
    };
    step({"--install", BUILD_DIRECTORY, "--prefix", prefix, "--component", "client"});
    step({"-S", FOREIGN_PROJECT, "-B", build, "-DCMAKE_PREFIX_PATH=" + prefix,
          std::string("-DCMAKE_CXX_COMPILER=") + CXX_COMPILER,
          "-DCMAKE_CXX_FLAGS=" + sanitizer_flags()});
    step({"--build", build});

    const ServerProcess server;
    const auto outcome =
        run({.words = {build + "/foreign"}, .environment = {{"SIGNALBOX_URL", server.url()}}});
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    EXPECT_EQ(outcome.output, "token 1\n");
    const client::Client client({.url = server.url()});
    const auto tickets = client.list_tickets({.id = "foreign"}).rest();
    ASSERT_TRUE(tickets) << tickets.error().text();
    ASSERT_EQ(tickets->size(), 1u);
    EXPECT_EQ(tickets->front().reason, "done");
}

}  // namespace
}  // namespace signalbox
