#include "bench/load/line_load.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace signalbox::bench {
namespace {

constexpr int answer_timeout_ms = 10'000;

tl::unexpected<Error> system_error(std::string_view doing) {
    return fail(ErrorCode::internal, fmt::format("cannot {}: {}", doing, std::strerror(errno)));
}

class LineConnection {
public:
    LineConnection() = default;
    ~LineConnection() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    LineConnection(const LineConnection&) = delete;
    LineConnection& operator=(const LineConnection&) = delete;

    Result<void> open(Endpoint endpoint) {
        descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(endpoint.port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (descriptor_ < 0 || ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address),
                                         sizeof address) != 0) {
            return system_error("connect");
        }
        const int on = 1;
        ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return {};
    }

    [[nodiscard]] int descriptor() const { return descriptor_; }

    // Requests are small beside a socket's buffer, so this does not block.
    Result<void> send(const std::string& request) {
        sent_at_ = SteadyClock::now();
        is_waiting_ = true;
        const auto bytes = static_cast<ssize_t>(request.size());
        if (::send(descriptor_, request.data(), request.size(), MSG_NOSIGNAL) != bytes) {
            return system_error("send to the server");
        }
        return {};
    }

    // True when the answer is whole.
    Result<bool> receive(const LineLoad& load) {
        std::array<char, 4096> buffer{};
        const ssize_t count = ::recv(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count <= 0) return system_error("read from the server");
        answer_.append(buffer.data(), static_cast<size_t>(count));
        const auto lines = std::count(answer_.begin(), answer_.end(), '\n');
        if (static_cast<size_t>(lines) < load.lines) return false;
        if (!answer_.starts_with(load.good)) {
            return fail(ErrorCode::internal, "the server answered " + answer_);
        }
        answer_.clear();
        is_waiting_ = false;
        return true;
    }

    [[nodiscard]] bool is_waiting() const { return is_waiting_; }
    [[nodiscard]] Nanoseconds age() const { return SteadyClock::now() - sent_at_; }

private:
    int descriptor_ = -1;
    bool is_waiting_ = false;
    std::string answer_;
    SteadyClock::time_point sent_at_;
};

}  // namespace

Result<LineRound> run_line_load(Endpoint endpoint, const LineLoad& load) {
    std::vector<LineConnection> connections(load.connections);
    std::vector<pollfd> polled;
    for (auto& connection : connections) {
        TRY(connection.open(endpoint));
        polled.push_back({connection.descriptor(), POLLIN, 0});
    }
    LineRound round;
    const auto start = SteadyClock::now();
    const auto deadline = start + load.span;
    auto last = start;
    for (auto& connection : connections) TRY(connection.send(load.request));
    size_t waiting = connections.size();
    while (waiting > 0) {
        if (::poll(polled.data(), polled.size(), answer_timeout_ms) <= 0) {
            return fail(ErrorCode::internal, "the server does not answer");
        }
        for (size_t i = 0; i < polled.size(); ++i) {
            auto& connection = connections[i];
            if (polled[i].revents == 0 || !connection.is_waiting()) continue;
            TRY_AS(const bool is_whole, connection.receive(load));
            if (!is_whole) continue;
            last = SteadyClock::now();
            round.latency.add(connection.age());
            if (last < deadline) {
                TRY(connection.send(load.request));
            } else {
                --waiting;
            }
        }
    }
    round.per_second = static_cast<double>(round.latency.count()) /
                       std::chrono::duration<double>(last - start).count();
    return round;
}

}  // namespace signalbox::bench
