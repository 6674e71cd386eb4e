#include "server/wire.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "support/subprocess.h"

namespace signalbox {
namespace {

// Whether a line of metrics is the one of that name, in whatever partition:
// `signalbox_tickets{partition="0",status="active"} 3` is signalbox_tickets{status="active"}
bool is_of(std::string_view line, std::string_view name) {
    const auto base = name.substr(0, name.find('{'));
    if (!line.starts_with(base)) return false;
    const char behind = line.size() > base.size() ? line[base.size()] : ' ';
    if (behind != '{' && behind != ' ') return false;
    if (base.size() == name.size()) return true;
    const auto label = name.substr(base.size() + 1, name.size() - base.size() - 2);
    return line.find(label) != std::string_view::npos;
}

}  // namespace

std::string request_bytes(std::string_view method, std::string_view target, std::string_view body,
                          std::string_view fields) {
    std::string bytes =
        fmt::format("{} {} HTTP/1.1\r\nhost: localhost\r\n{}", method, target, fields);
    if (!body.empty()) {
        bytes +=
            fmt::format("content-type: application/json\r\ncontent-length: {}\r\n", body.size());
    }
    bytes += "\r\n";
    bytes += body;
    return bytes;
}

Wire::Wire(int port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int yes = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const timeval patience{Subprocess::patience.count(), 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(descriptor_);
        throw std::runtime_error("cannot connect");
    }
}

Wire::~Wire() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Wire::Wire(Wire&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), responses_(std::move(other.responses_)) {}

void Wire::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) throw std::runtime_error("the server does not read");
        bytes.remove_prefix(static_cast<size_t>(sent));
    }
}

bool Wire::receive() {
    std::array<char, 64 << 10> buffer;
    const auto received = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (received < 0 && errno == EAGAIN) throw std::runtime_error("the server does not answer");
    if (received <= 0) return false;
    responses_.feed({buffer.data(), static_cast<size_t>(received)});
    return true;
}

SimResponse Wire::read() {
    for (;;) {
        if (auto response = responses_.take()) return std::move(*response);
        if (!receive()) throw std::runtime_error("the connection ended without an answer");
    }
}

bool Wire::has_input() const {
    pollfd watched{descriptor_, POLLIN, 0};
    return !responses_.is_empty() || ::poll(&watched, 1, 0) != 0;
}

void Wire::wait_for_end() {
    while (receive()) {
    }
}

std::string Wire::read_until(std::string_view text) {
    std::string read;
    std::array<char, 4096> buffer;
    while (read.find(text) == std::string::npos) {
        const auto received = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
        if (received <= 0) throw std::runtime_error("it did not come, but: " + read);
        read.append(buffer.data(), static_cast<size_t>(received));
    }
    return read;
}

void Wire::end_input() {
    ::shutdown(descriptor_, SHUT_WR);
}

void Wire::reset() {
    const linger at_once{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(std::exchange(descriptor_, -1));
}

bool Wire::vanish() {
    const int yes = 1;
    if (::setsockopt(descriptor_, IPPROTO_TCP, TCP_REPAIR, &yes, sizeof yes) != 0) return false;
    ::close(std::exchange(descriptor_, -1));
    return true;
}

SimResponse Wire::ask(const std::string& request) {
    send(request);
    return read();
}

std::vector<SimResponse> Wire::ask(const std::vector<std::string>& requests, size_t ahead_max) {
    std::vector<SimResponse> responses;
    responses.reserve(requests.size());
    for (size_t from = 0; from < requests.size(); from += ahead_max) {
        const size_t to = std::min(requests.size(), from + ahead_max);
        std::string bytes;
        for (size_t i = from; i < to; ++i) bytes += requests[i];
        send(bytes);
        for (size_t i = from; i < to; ++i) responses.push_back(read());
    }
    return responses;
}

std::string Wire::get(std::string_view target) {
    auto response = ask(request_bytes("GET", target));
    if (response.status != 200) {
        throw std::runtime_error(fmt::format("{}: {} {}", target, response.status, response.body));
    }
    return std::move(response.body);
}

uint64_t Wire::metric(std::string_view name) {
    const std::string text = get("/metrics");
    uint64_t sum = 0;
    for (size_t from = 0; from < text.size();) {
        const size_t end = std::min(text.find('\n', from), text.size());
        const auto line = std::string_view(text).substr(from, end - from);
        from = end + 1;
        if (!is_of(line, name)) continue;
        sum += static_cast<uint64_t>(std::atof(std::string(line.substr(line.rfind(' '))).c_str()));
    }
    return sum;
}

void Wire::wait_for_metric(std::string_view name, uint64_t value) {
    const auto patience = std::chrono::steady_clock::now() + Subprocess::patience;
    for (;;) {
        const uint64_t is = metric(name);
        if (is == value) return;
        if (std::chrono::steady_clock::now() > patience) {
            throw std::runtime_error(fmt::format("{} is {}, not {}", name, is, value));
        }
    }
}

}  // namespace signalbox
