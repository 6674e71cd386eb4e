#include "bench/notify/sink.h"

#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace signalbox::bench {
namespace {

constexpr std::string_view answer = "HTTP/1.1 204 No Content\r\n\r\n";

Error system_error(const char* what) {
    return {ErrorCode::internal, fmt::format("sink: {}: {}", what, std::strerror(errno)), {}};
}

// What follows `name` in `text`, as a number.
std::optional<int64_t> number_behind(std::string_view text, std::string_view name) {
    const size_t at = text.find(name);
    if (at == std::string_view::npos) return std::nullopt;
    const auto rest = text.substr(at + name.size());
    int64_t number = 0;
    if (std::from_chars(rest.data(), rest.data() + rest.size(), number).ec != std::errc()) {
        return std::nullopt;
    }
    return number;
}

}  // namespace

Result<std::unique_ptr<Sink>> Sink::start() {
    std::unique_ptr<Sink> sink(new Sink);
    TRY(sink->open());
    sink->thread_ = std::thread([raw = sink.get()] { raw->run(); });
    return sink;
}

Sink::~Sink() {
    const uint64_t one = 1;
    if (thread_.joinable() && ::write(bell_, &one, sizeof one) == sizeof one) thread_.join();
    for (const auto& [descriptor, input] : connections_) ::close(descriptor);
    for (const int descriptor : {listener_, epoll_, bell_}) {
        if (descriptor >= 0) ::close(descriptor);
    }
}

Result<void> Sink::open() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, any, size) != 0) return fail(system_error("bind"));
    if (::listen(listener_, 1024) != 0) return fail(system_error("listen"));
    if (::getsockname(listener_, any, &size) != 0) return fail(system_error("name"));
    port_ = ntohs(address.sin_port);
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    bell_ = ::eventfd(0, EFD_CLOEXEC);
    for (const int watched : {listener_, bell_}) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = watched;
        if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, watched, &event) != 0) {
            return fail(system_error("epoll"));
        }
    }
    return {};
}

std::string Sink::url(std::string_view path) const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

Histogram Sink::take_latencies() {
    const std::lock_guard lock(mutex_);
    return std::exchange(latencies_, Histogram());
}

void Sink::run() {
    std::array<epoll_event, 256> events{};
    for (;;) {
        const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            const int descriptor = events[static_cast<size_t>(i)].data.fd;
            if (descriptor == bell_) return;
            if (descriptor == listener_) {
                accept();
            } else if (!serve(descriptor, connections_[descriptor])) {
                connections_.erase(descriptor);
                ::close(descriptor);
            }
        }
    }
}

void Sink::accept() {
    for (;;) {
        const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor < 0) return;
        const int yes = 1;
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = descriptor;
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
    }
}

bool Sink::serve(int descriptor, std::string& input) {
    std::array<char, 65536> buffer{};
    const auto got = ::read(descriptor, buffer.data(), buffer.size());
    if (got <= 0) return got < 0 && errno == EAGAIN;
    input.append(buffer.data(), static_cast<size_t>(got));
    output_.clear();
    for (;;) {
        const size_t end = input.find("\r\n\r\n");
        if (end == std::string::npos) break;
        const auto head = std::string_view(input).substr(0, end + 2);
        const auto length =
            static_cast<size_t>(number_behind(head, "Content-Length: ").value_or(0));
        if (input.size() < end + 4 + length) break;
        arrived(std::string_view(input).substr(end + 4, length));
        input.erase(0, end + 4 + length);
        output_ += answer;
    }
    return output_.empty() || ::send(descriptor, output_.data(), output_.size(), MSG_NOSIGNAL) ==
                                  static_cast<ssize_t>(output_.size());
}

void Sink::arrived(std::string_view body) {
    if (const auto sent_at = number_behind(body, "\"body\": \"")) {
        const auto now = SteadyClock::now().time_since_epoch();
        const std::lock_guard lock(mutex_);
        latencies_.add(now - Nanoseconds(*sent_at));
    }
    ++count_;
}

}  // namespace signalbox::bench
