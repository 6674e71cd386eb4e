#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/frontend.h"
#include "dialect/http_session.h"
#include "dialect/router.h"
#include "runtime/node.h"
#include "sim/sim_clock.h"
#include "storage/journal.h"
#include "storage/memory_store.h"

namespace signalbox {

// A journal that keeps nothing: the fuzzer asks the store what was written.
class ForgetfulJournal : public Journal {
public:
    Result<void> reserve(size_t /*bytes*/) override { return {}; }
    Result<void> append(OwnerEpoch owner, const BatchView& batch) override;
    Result<void> read(Revision /*after*/, const Visit& /*visit*/) override { return {}; }
    void trim(Revision /*upto*/) override {}
    [[nodiscard]] Revision last_revision() const override { return last_; }
    [[nodiscard]] OwnerEpoch owner() const override { return OwnerEpoch(1); }
    [[nodiscard]] uint64_t kept_bytes() const override { return 0; }

private:
    Revision last_;
};

// A server with one connection, in memory and in one thread: what one client can do to it. Small
// limits, so that a short input reaches them.
class FuzzServer : private ReadySink, private Executor, private HttpSession::Host {
public:
    FuzzServer();
    ~FuzzServer() override;

    void connect();
    void send(std::string_view bytes);
    void end_input();
    void advance(Duration span);
    // Every invariant of the engine; and another engine must be able to load what this one wrote.
    void check();
    // Ends as a server does that is told to.
    void stop();

    // What the client was sent on this connection.
    [[nodiscard]] const std::string& received() const { return received_; }

private:
    void deliver(std::vector<Completion> completions,
                 std::vector<FeedDelivery> deliveries) override;
    void carry_out(std::vector<Effect> effects) override;
    void post(std::function<void()> work) override { later_.push_back(std::move(work)); }
    void session_changed() override {}
    // Runs until nothing more happens by itself.
    void settle();
    bool take_output();

    SimClock clock_;
    ForgetfulJournal journal_;
    MemoryStore store_;
    PartitionOptions options_;
    std::unique_ptr<Node> node_;
    std::unique_ptr<Frontend> frontend_;
    std::deque<std::function<void()>> later_;
    std::unique_ptr<HttpSession> session_;
    std::string received_;
};

}  // namespace signalbox
