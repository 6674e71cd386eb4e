#include "net/io_thread.h"

#include <boost/asio/post.hpp>

#include <openssl/rand.h>
#include <sys/prctl.h>

#include "base/assert.h"

namespace signalbox {
namespace {

namespace asio = boost::asio;

constexpr size_t read_buffer_bytes = 128u << 10;
constexpr auto tick_interval = std::chrono::seconds(1);

// From the system's generator: whoever sees some of it cannot tell the rest.
std::string secret_bytes(size_t count) {
    std::string bytes(count, '\0');
    const int made =
        RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    ASSERT(made == 1);
    return bytes;
}

}  // namespace

IoThread::IoThread() : guard_(context_.get_executor()), read_buffer_(read_buffer_bytes) {}

IoThread::~IoThread() {
    stop();
    join();
}

void IoThread::open(Frontend::Setup setup, const Node& node, const Router& router,
                    HttpProbe& probe) {
    setup.run_later = [this](std::function<void()> work) { post(std::move(work)); };
    setup.secret = secret_bytes;
    frontend_ = std::make_unique<Frontend>(std::move(setup), node, router, probe);
}

void IoThread::start() {
    thread_ = std::thread([this] {
        ::prctl(PR_SET_NAME, "signalbox-io");
        tick();
        context_.run();
        // What was waited for is cancelled by now, but a handler that was not run yet keeps its
        // connection; it would be destroyed with the context, behind what a connection needs.
        do {
            close_connections();
            context_.restart();
            context_.poll();
        } while (!connections_.empty());
    });
}

void IoThread::stop() {
    asio::post(context_, [this] {
        guard_.reset();
        ticker_.cancel();
        close_connections();
        context_.stop();
    });
}

void IoThread::join() {
    if (thread_.joinable()) thread_.join();
}

void IoThread::post(std::function<void()> work) {
    asio::post(context_, [this, work = std::move(work)] {
        work();
        flush_dirty();
    });
}

void IoThread::adopt(asio::ip::tcp::socket socket, ConnectionSetup setup) {
    boost::system::error_code error;
    const auto remote = socket.remote_endpoint(error);
    const auto connection = std::make_shared<Connection>(*this, std::move(socket), std::move(setup),
                                                         error ? "" : remote.address().to_string());
    connections_.insert(connection);
    connection_count_ = connections_.size();
    connection->start();
}

void IoThread::forget(const std::shared_ptr<Connection>& connection) {
    connections_.erase(connection);
    connection_count_ = connections_.size();
}

void IoThread::finish_connections() {
    const auto connections = connections_;
    for (const auto& connection : connections) connection->finish_soon();
    flush_dirty();
}

void IoThread::close_connections() {
    const auto connections = connections_;
    for (const auto& connection : connections) connection->close();
    dirty_.clear();
}

void IoThread::mark_dirty(std::shared_ptr<Connection> connection) {
    connection->is_dirty = true;
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
        frontend_->tick();
        const auto now = frontend_->now().steady;
        std::vector<std::shared_ptr<Connection>> over;
        for (const auto& connection : connections_) {
            if (connection->tick(now)) over.push_back(connection);
        }
        for (const auto& connection : over) connection->close();
        flush_dirty();
        tick();
    });
}

}  // namespace signalbox
