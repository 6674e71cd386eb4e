#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "signalbox/client/client.h"
#include "support/server_process.h"

namespace signalbox {

// A server of its own for each test, and the command line that knows where it is.
class CliFixture : public testing::Test {
protected:
    using Words = std::vector<std::string>;

    Subprocess::Spec spec(Words words, bool on_terminal = false) const;
    // Runs it to its end.
    Outcome run_cli(const Words& words) const { return run(spec(words)); }
    std::unique_ptr<Subprocess> start_cli(const Words& words, bool on_terminal = false) const {
        return std::make_unique<Subprocess>(spec(words, on_terminal));
    }
    // `signalbox ticket acquire --scope vm --id a <flags> -- <command>`
    static Words acquire(const Words& flags, const Words& command);
    // A shell that is ready when it has said so, and goes on until it is told to end. Its trap has
    // to `kill -9 $!`: what it has just forked may lose any other signal.
    static Words shell(const std::string& before_ready);

    // A ticket for vm/a that is held until somebody ends it.
    client::Ticket create(const std::string& id = "a");
    client::Line line(const std::string& id = "a");
    void release(const client::Ticket& ticket);
    // Waits until so many tickets are in the queue of vm/a.
    void wait_for_queued(uint64_t count);
    void wait_for_holders(uint64_t count);

    static nlohmann::json parse(const std::string& text);

    ServerProcess server_;
    client::Client client_{client::Options{.url = server_.url()}};

private:
    void wait_for_line(const std::function<bool(const client::Line&)>& wanted);
};

}  // namespace signalbox
