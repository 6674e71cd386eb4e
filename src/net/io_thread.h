#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_set>
#include <vector>

#include "dialect/frontend.h"
#include "dialect/prober.h"
#include "net/connection.h"
#include "net/curl_client.h"
#include "net/probe_options.h"

namespace signalbox {

// One thread that waits for its connections to become ready and runs their sessions. Members
// are for its own thread, but for those that say otherwise.
class IoThread {
public:
    IoThread();
    ~IoThread();

    // Before start().
    void open(Frontend::Setup setup, const Node& node, const Router& router, HttpProbe& probe,
              const ProbeOptions& probes);
    // Any thread, once.
    void start();
    // Lets the thread run out: nothing is waited for any more. Any thread.
    void stop();
    void join();

    // Runs `work` on this thread. Any thread.
    void post(std::function<void()> work);
    // Everything that runs here runs within a turn, at whose end what it has made ready is sent:
    // one gathered write a connection.
    void turn(const std::function<void()>& work);
    [[nodiscard]] boost::asio::io_context& context() { return context_; }
    [[nodiscard]] Frontend& frontend() { return *frontend_; }
    [[nodiscard]] HttpClient& client() { return client_; }
    [[nodiscard]] Prober& prober() { return *prober_; }

    // A new connection of this thread.
    void adopt(ConnectionSetup setup);
    // Every connection ends with the answers it is owed.
    void finish_connections();
    void close_connections();
    // Any thread.
    [[nodiscard]] size_t connection_count() const { return connection_count_; }

    // For connections: it wants to be looked at when the present piece of work is done.
    void mark_dirty(std::shared_ptr<Connection> connection);
    // It is over; it is kept until the end of the turn, in which it may be told that it is ready.
    void forget(const std::shared_ptr<Connection>& connection);
    [[nodiscard]] Readiness& readiness() { return readiness_; }
    // Shared by all connections: what is read is parsed before the next one is read.
    [[nodiscard]] std::span<char> read_buffer() { return {read_buffer_.get(), read_buffer_bytes}; }

private:
    void tick();
    void flush_dirty();

    boost::asio::io_context context_{1};
    std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> guard_;
    boost::asio::steady_timer ticker_{context_};
    CurlLoop curl_{context_, {}};
    CurlClient client_{curl_, {}};
    std::optional<AddressGuard> probed_addresses_;
    // Of its own: a connection that is kept was looked at by nobody when it is used again.
    CurlLoop probing_curl_{context_, {}};
    std::optional<CurlClient> probing_client_;
    Readiness readiness_{context_};
    std::unique_ptr<Frontend> frontend_;
    std::unique_ptr<Prober> prober_;
    std::unordered_set<std::shared_ptr<Connection>> connections_;
    std::vector<std::shared_ptr<Connection>> forgotten_;
    std::vector<std::shared_ptr<Connection>> dirty_;
    bool is_in_turn_ = false;
    // Not written to before it is used: most of it seldom is, and counts as no memory until then.
    static constexpr size_t read_buffer_bytes = 128u << 10;
    const std::unique_ptr<char[]> read_buffer_ =
        std::make_unique_for_overwrite<char[]>(read_buffer_bytes);
    std::atomic<size_t> connection_count_{0};
    std::thread thread_;
};

}  // namespace signalbox
