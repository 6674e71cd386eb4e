#include "bench/load/load_loop.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"

namespace signalbox::bench {
namespace {

constexpr size_t buffer_bytes = 256u << 10;
constexpr size_t events_per_turn = 256;
// So many connections are made before the server is asked whether it has taken them: more than
// its backlog would be made again by the kernel after a second.
constexpr size_t connections_in_a_row = 500;
constexpr auto ask_timeout = std::chrono::seconds(30);
constexpr std::string_view hello =
    "GET /healthz HTTP/1.1\r\nHost: bench\r\nContent-Length: 0\r\n\r\n";

tl::unexpected<Error> system_error(std::string_view doing) {
    return fail(ErrorCode::internal, fmt::format("cannot {}: {}", doing, std::strerror(errno)));
}

}  // namespace

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

void LoadLoop::SentQueue::push(Sent sent) {
    if (count_ == ring_.size()) {
        std::vector<Sent> larger(std::max<size_t>(2, 2 * ring_.size()));
        for (size_t i = 0; i < count_; ++i) larger[i] = ring_[(first_ + i) % ring_.size()];
        ring_.swap(larger);
        first_ = 0;
    }
    ring_[(first_ + count_) % ring_.size()] = sent;
    ++count_;
}

LoadLoop::Sent LoadLoop::SentQueue::pop() {
    ASSERT(count_ > 0);
    const Sent sent = ring_[first_];
    first_ = (first_ + 1) % ring_.size();
    --count_;
    return sent;
}

Result<std::unique_ptr<LoadLoop>> LoadLoop::connect(Endpoint endpoint, size_t connections) {
    std::unique_ptr<LoadLoop> loop(new LoadLoop());
    loop->epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_ < 0) return system_error("make an epoll");
    loop->buffer_.resize(buffer_bytes);
    loop->connections_.reserve(connections);
    for (size_t i = 0; i < connections; ++i) {
        TRY(loop->open(endpoint));
        if (i % connections_in_a_row == connections_in_a_row - 1 || i + 1 == connections) {
            TRY(loop->ask(i, hello));
        }
    }
    return loop;
}

LoadLoop::~LoadLoop() {
    for (const auto& connection : connections_) ::close(connection.descriptor);
    if (epoll_ >= 0) ::close(epoll_);
}

Result<void> LoadLoop::open(Endpoint endpoint) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return system_error("make a socket");
    connections_.emplace_back();
    Connection& connection = connections_.back();
    connection.descriptor = descriptor;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return system_error("connect");
    }
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // Ten thousand closed connections should not keep their ports for a minute.
    const linger at_once{1, 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    watch(connection, connections_.size() - 1, EPOLL_CTL_ADD);
    return {};
}

void LoadLoop::watch(const Connection& connection, ConnectionIndex index, int operation) const {
    epoll_event event{};
    event.events = EPOLLIN;
    if (connection.waits_writable) event.events |= EPOLLOUT;
    event.data.u64 = index;
    const int outcome = ::epoll_ctl(epoll_, operation, connection.descriptor, &event);
    ASSERT(outcome == 0);
}

void LoadLoop::send(ConnectionIndex index, std::string_view request, uint32_t tag) {
    Connection& connection = connections_[index];
    connection.output += request;
    connection.sent.push({SteadyClock::now(), tag});
    ++outstanding_;
    if (connection.is_dirty || connection.waits_writable) return;
    connection.is_dirty = true;
    dirty_.push_back(index);
}

Result<void> LoadLoop::flush() {
    // A write may fail but calls nobody, so the list does not grow meanwhile.
    for (const auto index : dirty_) {
        connections_[index].is_dirty = false;
        TRY(write(index));
    }
    dirty_.clear();
    return {};
}

Result<void> LoadLoop::write(ConnectionIndex index) {
    Connection& connection = connections_[index];
    size_t done = 0;
    bool is_full = false;
    while (done < connection.output.size() && !is_full) {
        const ssize_t count = ::send(connection.descriptor, connection.output.data() + done,
                                     connection.output.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count >= 0) {
            done += static_cast<size_t>(count);
        } else if (errno == EAGAIN) {
            is_full = true;
        } else if (errno != EINTR) {
            return system_error("send to the server");
        }
    }
    connection.output.erase(0, done);
    if (connection.waits_writable != is_full) {
        connection.waits_writable = is_full;
        watch(connection, index, EPOLL_CTL_MOD);
    }
    return {};
}

Result<void> LoadLoop::read(ConnectionIndex index) {
    for (;;) {
        Connection& connection = connections_[index];
        const ssize_t count =
            ::recv(connection.descriptor, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return {};
        if (count < 0) return system_error("read from the server");
        if (count == 0) return fail(ErrorCode::internal, "the server closed a connection");
        const std::string_view fresh(buffer_.data(), static_cast<size_t>(count));
        if (connection.input.empty()) {
            TRY_AS(const size_t taken, take(index, fresh));
            connection.input = fresh.substr(taken);
        } else {
            connection.input += fresh;
            TRY_AS(const size_t taken, take(index, connection.input));
            connection.input.erase(0, taken);
        }
        if (fresh.size() < buffer_.size()) return {};
    }
}

Result<size_t> LoadLoop::take(ConnectionIndex index, std::string_view bytes) {
    Connection& connection = connections_[index];
    const auto now = SteadyClock::now();
    size_t at = 0;
    for (;;) {
        const auto progress = connection.reader.read(bytes.substr(at));
        at += progress.consumed;
        switch (progress.step) {
            case ResponseReader::Step::need_more: return at;
            case ResponseReader::Step::malformed:
                return fail(ErrorCode::internal, "the server sent what is no HTTP");
            case ResponseReader::Step::complete: {
                if (connection.sent.empty()) {
                    return fail(ErrorCode::internal, "the server answered without a question");
                }
                const Sent sent = connection.sent.pop();
                --outstanding_;
                if (on_answer_) {
                    on_answer_({index, sent.tag, connection.reader.status(),
                                connection.reader.body(), now - sent.at});
                }
                break;
            }
            case ResponseReader::Step::piece:
                if (!connection.events) connection.events = std::make_unique<EventReader>();
                connection.events->read(connection.reader.body(), [&](const auto& event) {
                    if (on_event_) on_event_(index, event);
                });
                break;
        }
    }
}

Result<bool> LoadLoop::run(const std::function<bool()>& is_done, SteadyClock::time_point deadline) {
    std::array<epoll_event, events_per_turn> events{};
    TRY(flush());
    while (!is_done()) {
        const auto left = deadline - SteadyClock::now();
        if (left <= Nanoseconds::zero()) return false;
        // Rounded up: a wait of zero would spin until the deadline.
        const auto left_ms =
            std::chrono::duration_cast<std::chrono::milliseconds>(left).count() + 1;
        const int count = ::epoll_wait(epoll_, events.data(), events_per_turn,
                                       static_cast<int>(std::min<int64_t>(left_ms, 1000)));
        if (count < 0 && errno != EINTR) return system_error("wait for the server");
        for (int i = 0; i < count; ++i) {
            const auto& event = events[static_cast<size_t>(i)];
            if (event.events & EPOLLOUT) TRY(write(event.data.u64));
            if (event.events & ~static_cast<uint32_t>(EPOLLOUT)) TRY(read(event.data.u64));
        }
        TRY(flush());
    }
    return true;
}

Result<LoadLoop::Reply> LoadLoop::ask(ConnectionIndex connection, std::string_view request) {
    OnAnswer others;
    others.swap(on_answer_);
    Reply reply;
    bool is_answered = false;
    on_answer_ = [&](const Answer& answer) {
        if (answer.connection != connection) return others(answer);
        reply = {answer.status, std::string(answer.body), answer.latency};
        is_answered = true;
    };
    send(connection, request);
    const auto ran = run([&] { return is_answered; }, SteadyClock::now() + ask_timeout);
    on_answer_.swap(others);
    if (!ran) return fail(ran.error());
    if (!*ran) return fail(ErrorCode::internal, "the server does not answer");
    return reply;
}

}  // namespace signalbox::bench
