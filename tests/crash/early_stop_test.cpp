#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/server_process.h"

namespace signalbox {
namespace {

// A start that takes as long as the test likes: the server reads its certificate from a pipe, to
// which nothing is written.
class EarlyStop : public testing::TestWithParam<int> {
protected:
    EarlyStop() : pipe_((directory_.path() / "certificate").string()) {
        EXPECT_EQ(::mkfifo(pipe_.c_str(), 0600), 0);
    }

    TemporaryDirectory directory_{"early-stop"};
    const std::string pipe_;
};

TEST_P(EarlyStop, ends_a_server_that_does_not_serve_yet) {
    Subprocess server(
        {{ServerProcess::program(), "serve", "--data", (directory_.path() / "data").string(),
          "--tls-listen", "127.0.0.1:0", "--tls-cert", pipe_, "--tls-key", pipe_}});
    // Returns when the server reads.
    const int descriptor = ::open(pipe_.c_str(), O_WRONLY);
    ASSERT_GE(descriptor, 0);
    server.send_signal(GetParam());
    EXPECT_EQ(server.wait(), 0);
    EXPECT_EQ(server.output(), "");
    ::close(descriptor);
}

INSTANTIATE_TEST_SUITE_P(BySignal, EarlyStop, testing::Values(SIGTERM, SIGINT));

}  // namespace
}  // namespace signalbox
