#include "support/webhook_sink.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace signalbox {
namespace {

void must(bool done, const char* what) {
    if (!done) throw std::runtime_error(std::string("sink: ") + what + ": " + std::strerror(errno));
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

// Of one whole head.
WebhookSink::Call read_head(std::string_view head) {
    WebhookSink::Call call;
    size_t end = head.find("\r\n");
    const auto first = head.substr(0, end);
    const size_t space = first.find(' ');
    call.method = first.substr(0, space);
    call.target = first.substr(space + 1, first.rfind(' ') - space - 1);
    while (end != std::string_view::npos) {
        head.remove_prefix(end + 2);
        end = head.find("\r\n");
        const auto line = head.substr(0, end);
        const size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const size_t value = line.find_first_not_of(' ', colon + 1);
        call.fields[lower(std::string(line.substr(0, colon)))] =
            value == std::string_view::npos ? "" : line.substr(value);
    }
    return call;
}

}  // namespace

WebhookSink::WebhookSink(Handler handler) : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    must(listener_ >= 0, "socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    must(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0, "bind");
    must(::listen(listener_, 1024) == 0, "listen");
    must(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0, "name");
    port_ = ntohs(address.sin_port);
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    bell_ = ::eventfd(0, EFD_CLOEXEC);
    for (const int watched : {listener_, bell_}) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = watched;
        must(::epoll_ctl(epoll_, EPOLL_CTL_ADD, watched, &event) == 0, "epoll");
    }
    thread_ = std::thread([this] { run(); });
}

WebhookSink::~WebhookSink() {
    const uint64_t one = 1;
    [[maybe_unused]] const auto rung = ::write(bell_, &one, sizeof one);
    thread_.join();
    for (const auto& [descriptor, connection] : open_) ::close(descriptor);
    ::close(listener_);
    ::close(epoll_);
    ::close(bell_);
}

std::string WebhookSink::url(const std::string& target) const {
    return "http://127.0.0.1:" + std::to_string(port_) + target;
}

void WebhookSink::run() {
    std::array<epoll_event, 64> events{};
    for (;;) {
        const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            const int descriptor = events[static_cast<size_t>(i)].data.fd;
            if (descriptor == bell_) return;
            descriptor == listener_ ? accept() : read(descriptor);
        }
    }
}

void WebhookSink::accept() {
    for (;;) {
        const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor < 0) return;
        const int yes = 1;
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        open_[descriptor].number = ++connections_;
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = descriptor;
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
    }
}

void WebhookSink::read(int descriptor) {
    const auto found = open_.find(descriptor);
    if (found == open_.end()) return;
    Connection& connection = found->second;
    std::array<char, 65536> buffer{};
    for (;;) {
        const auto got = ::read(descriptor, buffer.data(), buffer.size());
        if (got < 0 && errno == EAGAIN) break;
        if (got <= 0) return close(descriptor);
        connection.input.append(buffer.data(), static_cast<size_t>(got));
        if (static_cast<size_t>(got) < buffer.size()) break;
    }
    const bool goes_on = answer(connection);
    if (!flush(descriptor, connection) || !goes_on) close(descriptor);
}

bool WebhookSink::answer(Connection& connection) {
    for (;;) {
        const size_t end = connection.input.find("\r\n\r\n");
        if (end == std::string::npos) return true;
        Call call = read_head(std::string_view(connection.input).substr(0, end + 2));
        size_t length = 0;
        const auto& text = call.fields["content-length"];
        std::from_chars(text.data(), text.data() + text.size(), length);
        if (connection.input.size() < end + 4 + length) return true;
        call.body = connection.input.substr(end + 4, length);
        connection.input.erase(0, end + 4 + length);
        call.connection = connection.number;
        call.number = ++calls_;
        const Answer answer = handler_(call);
        if (answer.cuts) return false;
        if (answer.hangs) continue;
        connection.output += "HTTP/1.1 " + std::to_string(answer.status) + " as asked\r\n";
        for (const auto& [name, value] : answer.fields) {
            connection.output += name + ": " + value + "\r\n";
        }
        if (answer.is_endless) {
            connection.output += "\r\n" + std::string(1u << 20, 'x');
            continue;
        }
        if (answer.status != 204) {
            connection.output += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
        }
        connection.output += "\r\n" + answer.body;
    }
}

bool WebhookSink::flush(int descriptor, Connection& connection) {
    while (!connection.output.empty()) {
        const auto sent =
            ::send(descriptor, connection.output.data(), connection.output.size(), MSG_NOSIGNAL);
        // What does not fit is for nobody who listens: tests read little.
        if (sent < 0) return errno == EAGAIN;
        connection.output.erase(0, static_cast<size_t>(sent));
    }
    return true;
}

void WebhookSink::close(int descriptor) {
    open_.erase(descriptor);
    ::close(descriptor);
}

}  // namespace signalbox
