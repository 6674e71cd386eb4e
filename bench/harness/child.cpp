#include "bench/harness/child.h"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fstream>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace signalbox::bench {
namespace {

constexpr auto start_timeout = std::chrono::seconds(120);
constexpr auto stop_timeout = std::chrono::seconds(120);
constexpr std::string_view ready_mark = " ready on http://127.0.0.1:";

[[noreturn]] void become(const Child::Plan& plan, pid_t parent, int output) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // It may have died before this.
    if (::getppid() != parent) ::_exit(127);
    const int log = ::open(plan.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (log < 0 || ::dup2(log, STDERR_FILENO) < 0 || ::dup2(output, STDOUT_FILENO) < 0) {
        ::_exit(127);
    }
    std::vector<char*> arguments;
    for (const auto& word : plan.command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(arguments.front(), arguments.data());
    ::_exit(127);
}

std::string last_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::string last;
    while (std::getline(file, line)) last = line;
    return last;
}

// "VmRSS:     1234 kB" as bytes.
uint64_t status_bytes(std::string_view status, std::string_view name) {
    const size_t at = status.find(name);
    if (at == std::string_view::npos) return 0;
    const auto digits = status.substr(status.find_first_of("0123456789", at));
    uint64_t kilobytes = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), kilobytes);
    return kilobytes << 10;
}

sockaddr_in loopback(Endpoint endpoint) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

struct Forked {
    pid_t pid = -1;
    int output = -1;  // what it prints
};

Result<Forked> fork_program(const Child::Plan& plan) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail(ErrorCode::internal, "cannot make a pipe");
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) become(plan, parent, ends[1]);
    ::close(ends[1]);
    if (pid < 0) {
        ::close(ends[0]);
        return fail(ErrorCode::internal, "cannot start a process");
    }
    return Forked{pid, ends[0]};
}

int wait_for(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

}  // namespace

Result<Endpoint> free_endpoint() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback({});
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    const bool is_bound =
        ::bind(descriptor, raw, size) == 0 && ::getsockname(descriptor, raw, &size) == 0;
    ::close(descriptor);
    if (!is_bound) return fail(ErrorCode::internal, "there is no free port");
    return Endpoint{ntohs(address.sin_port)};
}

Result<std::string> run_program(const Child::Plan& plan) {
    TRY_AS(const auto forked, fork_program(plan));
    std::string said;
    char buffer[4096];
    for (;;) {
        const ssize_t count = ::read(forked.output, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        said.append(buffer, static_cast<size_t>(count));
    }
    ::close(forked.output);
    const int status = wait_for(forked.pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return said;
    return fail(ErrorCode::internal,
                fmt::format("{} failed: {}", plan.command.front(), last_line(plan.log)));
}

Result<std::unique_ptr<Child>> Child::start(const Plan& plan) {
    const auto started = SteadyClock::now();
    TRY_AS(const auto forked, fork_program(plan));
    std::unique_ptr<Child> child(new Child(forked.pid, forked.output));
    TRY(child->wait_ready(plan.log));
    child->start_time_ = SteadyClock::now() - started;
    return child;
}

Result<std::unique_ptr<Child>> Child::start_at(const Plan& plan, Endpoint endpoint) {
    const auto started = SteadyClock::now();
    TRY_AS(const auto forked, fork_program(plan));
    std::unique_ptr<Child> child(new Child(forked.pid, forked.output));
    child->endpoint_ = endpoint;
    TRY(child->wait_connectable(plan.log));
    child->start_time_ = SteadyClock::now() - started;
    return child;
}

Child::~Child() {
    kill();
    ::close(output_);
}

Result<void> Child::wait_ready(const std::string& log) {
    const auto deadline = SteadyClock::now() + start_timeout;
    std::string said;
    while (SteadyClock::now() < deadline) {
        pollfd waited{output_, POLLIN, 0};
        if (::poll(&waited, 1, 1000) <= 0) continue;
        char buffer[512];
        const ssize_t count = ::read(output_, buffer, sizeof buffer);
        if (count <= 0) {
            return fail(ErrorCode::internal,
                        fmt::format("a server did not start: {}", last_line(log)));
        }
        said.append(buffer, static_cast<size_t>(count));
        const size_t mark = said.find(ready_mark);
        if (mark == std::string::npos || said.find('\n', mark) == std::string::npos) continue;
        const char* digits = said.data() + mark + ready_mark.size();
        std::from_chars(digits, said.data() + said.size(), endpoint_.port);
        return {};
    }
    return fail(ErrorCode::internal, "a server took too long to start");
}

Result<void> Child::wait_connectable(const std::string& log) {
    const auto deadline = SteadyClock::now() + start_timeout;
    const auto address = loopback(endpoint_);
    while (SteadyClock::now() < deadline) {
        const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const bool is_connected =
            ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        ::close(descriptor);
        if (is_connected) return {};
        // Its end closes the pipe.
        pollfd waited{output_, 0, 0};
        if (::poll(&waited, 1, 20) > 0 && (waited.revents & POLLHUP) != 0) {
            return fail(ErrorCode::internal,
                        fmt::format("a server did not start: {}", last_line(log)));
        }
    }
    return fail(ErrorCode::internal, "a server took too long to start");
}

int Child::reap() {
    const int status = wait_for(pid_);
    pid_ = -1;
    return status;
}

Result<void> Child::stop() {
    if (pid_ < 0) return {};
    ::kill(pid_, SIGTERM);
    // Its end closes the pipe.
    const auto deadline = SteadyClock::now() + stop_timeout;
    char buffer[512];
    for (;;) {
        pollfd waited{output_, POLLIN, 0};
        if (::poll(&waited, 1, 100) > 0 && ::read(output_, buffer, sizeof buffer) <= 0) break;
        if (SteadyClock::now() < deadline) continue;
        kill();
        return fail(ErrorCode::internal, "a server did not stop");
    }
    const int status = reap();
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    return fail(ErrorCode::internal, fmt::format("a server ended with status {}", status));
}

void Child::kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    reap();
}

Nanoseconds Child::processor_time() const {
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return {};
    return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

Child::Memory Child::memory() const {
    std::ifstream file(fmt::format("/proc/{}/status", pid_));
    const std::string status{std::istreambuf_iterator<char>(file), {}};
    return {status_bytes(status, "VmRSS:"), status_bytes(status, "RssAnon:")};
}

}  // namespace signalbox::bench
