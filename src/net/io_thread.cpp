#include "net/io_thread.h"

#include <boost/asio/post.hpp>

#include <sys/prctl.h>

#include "net/secret_bytes.h"

namespace signalbox {
namespace {

namespace asio = boost::asio;

constexpr auto tick_interval = std::chrono::seconds(1);

}  // namespace

IoThread::IoThread() : guard_(context_.get_executor()) {}

IoThread::~IoThread() {
    stop();
    join();
}

void IoThread::open(Frontend::Setup setup, const Node& node, const Router& router, HttpProbe& probe,
                    const ProbeOptions& probes) {
    setup.run_later = [this](std::function<void()> work) { post(std::move(work)); };
    setup.secret = secret_bytes;
    frontend_ = std::make_unique<Frontend>(std::move(setup), node, router, probe);
    probed_addresses_.emplace(probes.addresses);
    CurlClient::Options asks;
    asks.refuses = [this](const IpAddress& address) { return probed_addresses_->refusal(address); };
    // It would connect to addresses that nobody looked at.
    asks.uses_proxy = false;
    probing_client_.emplace(probing_curl_, std::move(asks));
    prober_ = std::make_unique<Prober>(*frontend_, *probing_client_, probes.max);
}

void IoThread::start() {
    thread_ = std::thread([this] {
        ::prctl(PR_SET_NAME, "signalbox-io");
        tick();
        readiness_.start([this](const auto& tell) { turn(tell); });
        context_.run();
        // What was not run yet may bring a connection, which would be destroyed with the context,
        // behind what it needs.
        do {
            close_connections();
            context_.restart();
            context_.poll();
        } while (!connections_.empty());
        forgotten_.clear();
    });
}

void IoThread::stop() {
    asio::post(context_, [this] {
        guard_.reset();
        ticker_.cancel();
        readiness_.stop();
        close_connections();
        context_.stop();
    });
}

void IoThread::join() {
    if (thread_.joinable()) thread_.join();
}

void IoThread::post(std::function<void()> work) {
    asio::post(context_, [this, work = std::move(work)] { turn(work); });
}

void IoThread::adopt(ConnectionSetup setup) {
    const auto connection = std::make_shared<Connection>(*this, std::move(setup));
    if (!connection->start()) return frontend_->probe().connection_refused();
    connections_.insert(connection);
    connection_count_ = connections_.size();
}

void IoThread::forget(const std::shared_ptr<Connection>& connection) {
    forgotten_.push_back(connection);
    connections_.erase(connection);
    connection_count_ = connections_.size();
}

void IoThread::turn(const std::function<void()>& work) {
    is_in_turn_ = true;
    frontend_->begin_turn();
    work();
    flush_dirty();
    frontend_->end_turn();
    is_in_turn_ = false;
    forgotten_.clear();
}

void IoThread::finish_connections() {
    const auto connections = connections_;
    for (const auto& connection : connections) connection->finish_soon();
}

void IoThread::close_connections() {
    const auto connections = connections_;
    for (const auto& connection : connections) connection->close();
    dirty_.clear();
}

void IoThread::mark_dirty(std::shared_ptr<Connection> connection) {
    connection->is_dirty = true;
    // An answer that came from elsewhere, such as another server's.
    if (!is_in_turn_ && dirty_.empty()) post([] {});
    dirty_.push_back(std::move(connection));
}

void IoThread::flush_dirty() {
    // Sending may make room for requests that were held back, and so more to send.
    while (!dirty_.empty()) {
        std::vector<std::shared_ptr<Connection>> dirty;
        dirty.swap(dirty_);
        for (const auto& connection : dirty) {
            connection->is_dirty = false;
            connection->flush();
        }
        if (dirty_.empty()) {
            dirty.clear();
            dirty_.swap(dirty);  // keeps its capacity
        }
    }
}

void IoThread::tick() {
    ticker_.expires_after(tick_interval);
    ticker_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        turn([this] {
            frontend_->tick();
            const auto now = frontend_->now().steady;
            std::vector<std::shared_ptr<Connection>> over;
            for (const auto& connection : connections_) {
                if (connection->tick(now)) over.push_back(connection);
            }
            for (const auto& connection : over) connection->close();
        });
        tick();
    });
}

}  // namespace signalbox
