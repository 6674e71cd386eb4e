#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/metrics.h"
#include "base/random.h"
#include "dialect/auth/auth_options.h"
#include "dialect/frontend.h"
#include "dialect/http_probe.h"
#include "dialect/http_session.h"
#include "dialect/prober.h"
#include "dialect/router.h"
#include "dialect/zaqar/notification_form.h"
#include "dialect/zaqar/zaqar_options.h"
#include "runtime/dispatcher.h"
#include "runtime/node.h"
#include "runtime/partition_probe.h"
#include "sim/response_reader.h"
#include "sim/sim_clock.h"
#include "sim/sim_disk.h"
#include "sim/sim_http_client.h"
#include "sim/sim_subscribers.h"
#include "storage/file_journal.h"
#include "storage/memory_store.h"

namespace signalbox {

class World;

// A client's connection to the server in the world. Bytes travel when the world runs; with
// faults they travel in pieces, late, or never.
class SimConnection : private HttpSession::Host {
public:
    SimConnection(World& world, DialectSet dialects);
    ~SimConnection() override;

    void send(std::string_view bytes) { to_server_ += bytes; }
    [[nodiscard]] ResponseReader& responses() { return responses_; }
    // The client hangs up, or its network does.
    void cut();
    // The client sends nothing more, but still reads; or it has closed, which looks the same.
    void end_input() { input_ended_ = true; }
    [[nodiscard]] bool is_open() const { return session_ != nullptr; }

private:
    friend class World;
    void session_changed() override {}
    // Moves up to `bytes` in each direction; true when anything moved.
    bool carry(size_t bytes);
    // As a connection does with each tick of its io thread.
    void tick(SteadyInstant now);
    void on_server_gone() { session_.reset(); }

    std::unique_ptr<HttpSession> session_;
    std::string to_server_;
    bool input_ended_ = false;
    ResponseReader responses_;
};

// Everything of a server but its sockets and RocksDB, under a clock, a disk and a network that
// do what they are told: the same core, runtime, dialects and codecs as in the binary. The
// disk and the flushed part of the store survive a crash, as they would.
//
// One thread. Deterministic: the same seed and the same calls give the same world.
class World : private ReadySink, private Executor {
public:
    static constexpr std::string_view webhook_secret = "the secret of the simulator";
    static constexpr std::string_view root_token = "the-root-token-of-the-simulator";

    struct Options {
        uint64_t seed = 1;
        CoreLimits core;
        InboxLimits inbox;
        HttpLimits http;
        zaqar::Options zaqar;
        size_t partitions = 1;
        uint64_t segment_bytes = 64u << 10;
        uint64_t checkpoint_bytes = 128u << 10;
        std::set<Uuid> ticket_servers;
        Duration quiet_max = std::chrono::seconds(15);
        std::vector<std::string> origins;  // see Frontend::Setup
        std::vector<std::string> hosts;    // likewise
        AuthMode auth = AuthMode::open;    // or token, with the root token below
        // Cuts what travels into pieces of random size, so that every boundary is met.
        bool scatter_bytes = false;
    };
    explicit World(Options options);
    ~World() override;

    // The server comes up from what is on the disk.
    Result<void> start();
    // Power off: everything not synced is at the disk's mercy.
    void crash();
    // Answers what is held, then ends, as SIGTERM does.
    void stop();
    [[nodiscard]] bool is_up() const { return node_ != nullptr; }

    std::shared_ptr<SimConnection> connect(DialectSet dialects = {});
    // Its client has closed it; what it sent before still travels, and then its end does.
    void abandon(std::shared_ptr<SimConnection> connection);
    // Connections that the server has not noticed the end of.
    [[nodiscard]] size_t abandoned_count() const { return abandoned_.size(); }

    // Runs until nothing more happens by itself at the present time. Returns false when the
    // server has failed for good (its journal refuses).
    void settle();
    // One little step of the server, its disk work and its network; true when anything moved.
    bool step();
    // Moves time on, in pieces no longer than the next deadline, and settles after each.
    void advance(Duration span);
    // Moves time on while whatever is under way stays where it is.
    void pass(Duration span);

    // What other servers answer.
    [[nodiscard]] SimHttpClient& other_servers() { return other_servers_; }
    [[nodiscard]] SimClock& clock() { return clock_; }
    [[nodiscard]] SimDisk& disk() { return disk_; }
    [[nodiscard]] SimSubscribers& subscribers() { return subscribers_; }
    [[nodiscard]] Random& random() { return random_; }
    [[nodiscard]] MemoryStore& store(size_t partition) { return *stores_[partition]; }
    [[nodiscard]] Partition& partition(size_t index) { return *node_->partitions()[index]; }
    [[nodiscard]] const Options& options() const { return options_; }
    [[nodiscard]] Revision committed(size_t partition) const;
    [[nodiscard]] uint64_t history() const { return node_->identity().history; }
    // Checks every invariant of the engines.
    void check() const;

private:
    friend class SimConnection;

    // From Executor and ReadySink.
    void post(std::function<void()> work) override { disk_work_.push_back(std::move(work)); }
    void deliver(std::vector<Completion> completions,
                 std::vector<FeedDelivery> deliveries) override;
    void carry_out(std::vector<Effect> effects) override;
    void probe(std::vector<ProbeOrder> orders) override;

    Result<void> open_partition(size_t index);
    void take_down();
    bool run_partitions();
    bool run_later_work();
    bool carry_bytes();
    void close_overdue_connections();

    const Options options_;
    Random random_;
    SimHttpClient other_servers_{later_};
    SimClock clock_;
    SimDisk disk_;
    SimSubscribers subscribers_{random_, clock_};
    std::vector<std::unique_ptr<MemoryStore>> stores_;

    // The running server; null while it is down.
    Metrics metrics_;
    HttpProbe http_probe_{metrics_};
    std::vector<std::unique_ptr<PartitionProbe>> probes_;
    DispatcherProbe dispatcher_probe_{metrics_};
    Router router_;
    std::unique_ptr<NotificationForm> zaqar_form_;
    std::unique_ptr<NotificationForm> form_;
    std::unique_ptr<Courier> webhooks_;
    Couriers couriers_;
    std::vector<std::unique_ptr<FileJournal>> journals_;
    std::unique_ptr<Node> node_;
    std::unique_ptr<Frontend> frontend_;
    std::unique_ptr<Dispatcher> dispatcher_;
    std::unique_ptr<Prober> prober_;
    std::deque<std::function<void()>> later_;
    std::deque<std::function<void()>> disk_work_;
    std::vector<bool> woken_;

    std::vector<std::weak_ptr<SimConnection>> connections_;
    std::vector<std::shared_ptr<SimConnection>> abandoned_;
};

}  // namespace signalbox
