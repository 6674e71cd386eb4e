#include "support/cutting_proxy.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace signalbox {
namespace {

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int open_socket() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) throw std::runtime_error("no socket");
    return descriptor;
}

bool send_all(int descriptor, const char* bytes, size_t count) {
    while (count > 0) {
        const ssize_t sent = ::send(descriptor, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes += sent;
        count -= static_cast<size_t>(sent);
    }
    return true;
}

void shut(int descriptor) {
    ::shutdown(descriptor, SHUT_RDWR);
}

}  // namespace

CuttingProxy::CuttingProxy(int server_port) : server_port_(server_port), listener_(open_socket()) {
    auto address = loopback(0);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, SOMAXCONN) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
        throw std::runtime_error("cannot listen");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
}

CuttingProxy::~CuttingProxy() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    shut(listener_);
    acceptor_.join();
    cut_all();
    for (auto& connection : all_) close(connection);
    ::close(listener_);
}

void CuttingProxy::close(Connection& connection) {
    connection.up.join();
    connection.down.join();
    ::close(connection.client);
    ::close(connection.server);
}

void CuttingProxy::close_ended() {
    const std::lock_guard lock(mutex_);
    for (auto each = all_.begin(); each != all_.end();) {
        if (each->running > 0) {
            ++each;
            continue;
        }
        close(*each);
        each = all_.erase(each);
    }
}

std::string CuttingProxy::url() const {
    return "http://127.0.0.1:" + std::to_string(port_);
}

void CuttingProxy::swallow_answers(int count) {
    to_swallow_ = count;
}

void CuttingProxy::cut_each(size_t answer_bytes) {
    cut_after_ = answer_bytes;
}

void CuttingProxy::cut_all() {
    const std::lock_guard lock(mutex_);
    for (auto& connection : all_) {
        shut(connection.client);
        shut(connection.server);
    }
}

void CuttingProxy::accept_all() {
    for (;;) {
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) return;
        close_ended();
        const int server = open_socket();
        const auto address = loopback(server_port_);
        // A server that is away is a connection that ends at once.
        const bool connected =
            ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        ++connections_;
        const std::lock_guard lock(mutex_);
        auto& connection = all_.emplace_back();
        connection.client = client;
        connection.server = server;
        if (!connected || stopping_) shut(client);
        connection.up = std::thread([this, &connection] { pass_requests(connection); });
        connection.down = std::thread([this, &connection] { pass_answers(connection); });
    }
}

void CuttingProxy::pass_requests(Connection& connection) {
    std::array<char, 16384> bytes{};
    for (;;) {
        const ssize_t count = ::recv(connection.client, bytes.data(), bytes.size(), 0);
        if (count <= 0) break;
        if (!send_all(connection.server, bytes.data(), static_cast<size_t>(count))) break;
    }
    shut(connection.server);
    --connection.running;
}

void CuttingProxy::pass_answers(Connection& connection) {
    std::array<char, 16384> bytes{};
    size_t passed = 0;
    for (;;) {
        const ssize_t count = ::recv(connection.server, bytes.data(), bytes.size(), 0);
        if (count <= 0) break;
        if (to_swallow_ > 0) {
            --to_swallow_;
            break;
        }
        size_t size = static_cast<size_t>(count);
        const size_t cut_after = cut_after_;
        if (cut_after > 0) size = std::min(size, cut_after - std::min(passed, cut_after));
        if (!send_all(connection.client, bytes.data(), size)) break;
        passed += size;
        if (cut_after > 0 && passed >= cut_after) break;
    }
    shut(connection.client);
    shut(connection.server);
    --connection.running;
}

}  // namespace signalbox
