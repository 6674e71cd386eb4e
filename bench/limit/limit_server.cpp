#include "bench/limit/limit_server.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/limit/request_scanner.h"

namespace signalbox::bench {
namespace {

constexpr uint64_t file_bytes = 32u << 20;
constexpr size_t buffer_bytes = 128u << 10;
constexpr size_t events_per_turn = 1024;
constexpr int backlog = 4096;
constexpr std::string_view created =
    "HTTP/1.1 201 Created\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}";

tl::unexpected<Error> system_error(std::string_view doing) {
    return fail(ErrorCode::internal, fmt::format("cannot {}: {}", doing, std::strerror(errno)));
}

void watch(int epoll, int descriptor, int operation, bool waits_writable) {
    epoll_event event{};
    event.events = EPOLLIN;
    if (waits_writable) event.events |= EPOLLOUT;
    event.data.fd = descriptor;
    ::epoll_ctl(epoll, operation, descriptor, &event);
}

}  // namespace

Result<std::unique_ptr<LimitServer>> LimitServer::open(const std::string& file) {
    TRY_AS(auto record_file, RecordFile::make(file, file_bytes));
    std::unique_ptr<LimitServer> server(new LimitServer(std::move(record_file)));
    server->buffer_.resize(buffer_bytes);
    TRY(server->listen());
    return server;
}

LimitServer::~LimitServer() {
    for (size_t i = 0; i < connections_.size(); ++i) {
        if (connections_[i]) ::close(static_cast<int>(i));
    }
    if (listener_ >= 0) ::close(listener_);
    if (epoll_ >= 0) ::close(epoll_);
}

Result<void> LimitServer::listen() {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (epoll_ < 0 || listener_ < 0 || ::bind(listener_, raw, size) != 0 ||
        ::listen(listener_, backlog) != 0 || ::getsockname(listener_, raw, &size) != 0) {
        return system_error("listen");
    }
    port_ = ntohs(address.sin_port);
    watch(epoll_, listener_, EPOLL_CTL_ADD, false);
    return {};
}

void LimitServer::accept_all() {
    for (;;) {
        const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor < 0) return;
        const int on = 1;
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const auto index = static_cast<size_t>(descriptor);
        if (connections_.size() <= index) connections_.resize(index + 1);
        connections_[index] = std::make_unique<Connection>();
        watch(epoll_, descriptor, EPOLL_CTL_ADD, false);
    }
}

void LimitServer::read(int descriptor) {
    Connection& connection = *connections_[static_cast<size_t>(descriptor)];
    const ssize_t count = ::recv(descriptor, buffer_.data(), buffer_.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return close(descriptor);
    connection.input.append(buffer_.data(), static_cast<size_t>(count));
    take(descriptor, connection);
}

void LimitServer::take(int descriptor, Connection& connection) {
    size_t at = 0;
    for (;;) {
        const auto scanned = scan_request(std::string_view(connection.input).substr(at));
        if (scanned.malformed) return close(descriptor);
        if (!scanned.request) break;
        const auto length = static_cast<uint32_t>(scanned.request->body.size());
        batch_.append(reinterpret_cast<const char*>(&length), sizeof length);
        batch_ += scanned.request->target;
        batch_ += scanned.request->body;
        if (connection.unanswered++ == 0) waiting_.push_back(descriptor);
        at += scanned.request->bytes;
    }
    connection.input.erase(0, at);
}

Result<void> LimitServer::commit() {
    if (batch_.empty()) return {};
    TRY(file_->append(batch_));
    batch_.clear();
    for (const int descriptor : waiting_) {
        auto& connection = connections_[static_cast<size_t>(descriptor)];
        if (!connection) continue;
        for (; connection->unanswered > 0; --connection->unanswered) {
            connection->output += created;
        }
        write(descriptor, *connection);
    }
    waiting_.clear();
    return {};
}

void LimitServer::write(int descriptor, Connection& connection) {
    const ssize_t count = ::send(descriptor, connection.output.data(), connection.output.size(),
                                 MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return close(descriptor);
    if (count > 0) connection.output.erase(0, static_cast<size_t>(count));
    const bool waits = !connection.output.empty();
    if (waits == connection.waits_writable) return;
    connection.waits_writable = waits;
    watch(epoll_, descriptor, EPOLL_CTL_MOD, waits);
}

void LimitServer::close(int descriptor) {
    ::close(descriptor);
    connections_[static_cast<size_t>(descriptor)].reset();
}

Result<void> LimitServer::serve() {
    std::array<epoll_event, events_per_turn> events{};
    for (;;) {
        const int count = ::epoll_wait(epoll_, events.data(), events_per_turn, -1);
        if (count < 0 && errno != EINTR) return system_error("wait");
        for (int i = 0; i < count; ++i) {
            const auto& event = events[static_cast<size_t>(i)];
            const int descriptor = event.data.fd;
            if (descriptor == listener_) {
                accept_all();
                continue;
            }
            auto& connection = connections_[static_cast<size_t>(descriptor)];
            if (connection && (event.events & EPOLLOUT)) write(descriptor, *connection);
            if (connection && (event.events & ~static_cast<uint32_t>(EPOLLOUT))) read(descriptor);
        }
        TRY(commit());
    }
}

}  // namespace signalbox::bench
