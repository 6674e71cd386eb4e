#include "support/subprocess.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

namespace signalbox {
namespace {

constexpr int exec_failed = 127;

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(what + ": " + std::strerror(errno));
}

struct Pipe {
    int read_end = -1;
    int write_end = -1;

    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
        read_end = ends[0];
        write_end = ends[1];
    }
};

// The three descriptors that the program will know as 0, 1 and 2.
struct Ends {
    int input = -1;
    int output = -1;
    int errors = -1;
};

std::vector<std::string> environment_of(const Subprocess::Spec& spec) {
    std::vector<std::string> all;
    for (char** at = environ; *at != nullptr; ++at) {
        const std::string entry(*at);
        if (!spec.environment.contains(entry.substr(0, entry.find('=')))) all.push_back(entry);
    }
    for (const auto& [name, value] : spec.environment) all.push_back(name + "=" + value);
    return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (auto& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

// In the child; only what is safe between fork and exec.
[[noreturn]] void become(const Ends& ends, bool on_terminal, char* const* words,
                         char* const* environment) {
    // A test that crashes leaves nothing behind.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (on_terminal) {
        ::login_tty(ends.input);
    } else {
        ::setpgid(0, 0);
        ::dup2(ends.input, STDIN_FILENO);
        ::dup2(ends.output, STDOUT_FILENO);
        ::dup2(ends.errors, STDERR_FILENO);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execvpe(words[0], words, environment);
    ::_exit(exec_failed);
}

}  // namespace

Subprocess::Subprocess(const Spec& spec) : name_(spec.words.at(0)) {
    start(spec);
    reaper_ = std::thread([this] { reap(); });
}

Subprocess::~Subprocess() {
    send_signal(SIGKILL);
    reaper_.join();
    close_input();
    {
        // Whatever it has started and not ended still holds its outputs open, and its group.
        const std::lock_guard lock(mutex_);
        if (output_.descriptor >= 0 || errors_.descriptor >= 0) ::kill(-pid_, SIGKILL);
    }
    for (auto* collected : {&output_, &errors_}) {
        if (collected->reader.joinable()) collected->reader.join();
    }
}

void Subprocess::start(const Spec& spec) {
    Ends theirs;
    Ends ours;
    if (spec.on_terminal) {
        const winsize size{.ws_row = 40, .ws_col = 120, .ws_xpixel = 0, .ws_ypixel = 0};
        if (::openpty(&ours.input, &theirs.input, nullptr, nullptr, &size) != 0) fail("openpty");
        ::fcntl(ours.input, F_SETFD, FD_CLOEXEC);
        ours.output = ::fcntl(ours.input, F_DUPFD_CLOEXEC, 0);
    } else {
        const Pipe input;
        const Pipe output;
        const Pipe errors;
        theirs = {input.read_end, output.write_end, errors.write_end};
        ours = {input.write_end, output.read_end, errors.read_end};
    }
    auto words = spec.words;
    auto environment = environment_of(spec);
    const auto word_pointers = pointers_to(words);
    const auto environment_pointers = pointers_to(environment);
    pid_ = ::fork();
    if (pid_ < 0) fail("fork");
    if (pid_ == 0) {
        become(theirs, spec.on_terminal, word_pointers.data(), environment_pointers.data());
    }
    for (const int end : {theirs.input, theirs.output, theirs.errors}) {
        if (end >= 0) ::close(end);
    }
    input_ = ours.input;
    collect(output_, ours.output);
    if (ours.errors >= 0) collect(errors_, ours.errors);
}

void Subprocess::collect(Collected& into, int descriptor) {
    into.descriptor = descriptor;
    into.reader = std::thread([this, &into] {
        std::array<char, 4096> bytes{};
        for (;;) {
            const ssize_t count = ::read(into.descriptor, bytes.data(), bytes.size());
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) break;  // a terminal ends with EIO
            const std::lock_guard lock(mutex_);
            into.text.append(bytes.data(), static_cast<size_t>(count));
            changed_.notify_all();
        }
        ::close(into.descriptor);
        const std::lock_guard lock(mutex_);
        into.descriptor = -1;
        changed_.notify_all();
    });
}

// The number of a process is free for others once it is waited for; until then, under the
// lock, it may be sent signals.
void Subprocess::reap() {
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 &&
           errno == EINTR) {
    }
    const std::lock_guard lock(mutex_);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    changed_.notify_all();
}

void Subprocess::send_signal(int signal) {
    const std::lock_guard lock(mutex_);
    if (!status_) ::kill(pid_, signal);
}

void Subprocess::write(const std::string& text) {
    if (::write(input_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        fail("write to " + name_);
    }
}

void Subprocess::close_input() {
    if (input_ >= 0) ::close(std::exchange(input_, -1));
}

int Subprocess::wait(std::chrono::milliseconds patience_for) {
    std::unique_lock lock(mutex_);
    const bool ended = changed_.wait_for(lock, patience_for, [&] { return status_.has_value(); });
    if (!ended) throw std::runtime_error(name_ + " did not end. " + story());
    return *status_;
}

bool Subprocess::has_ended() {
    const std::lock_guard lock(mutex_);
    return status_.has_value();
}

void Subprocess::drain() {
    std::unique_lock lock(mutex_);
    const bool drained = changed_.wait_for(
        lock, patience, [&] { return output_.descriptor < 0 && errors_.descriptor < 0; });
    if (!drained) throw std::runtime_error(name_ + " goes on writing. " + story());
}

std::string Subprocess::output() {
    const std::lock_guard lock(mutex_);
    return output_.text;
}

std::string Subprocess::errors() {
    const std::lock_guard lock(mutex_);
    return errors_.text;
}

std::string Subprocess::wait_for_output(const std::string& text) {
    return wait_for(output_, text);
}

std::string Subprocess::wait_for_errors(const std::string& text) {
    return wait_for(errors_, text);
}

std::string Subprocess::wait_for(const Collected& from, const std::string& text) {
    std::unique_lock lock(mutex_);
    const auto found = [&] { return from.text.find(text) != std::string::npos; };
    changed_.wait_for(lock, patience, [&] { return found() || from.descriptor < 0; });
    if (!found()) throw std::runtime_error(name_ + " did not say \"" + text + "\". " + story());
    return from.text;
}

// With the lock held.
std::string Subprocess::story() {
    return "output: " + output_.text + "\nerrors: " + errors_.text;
}

Outcome run(const Subprocess::Spec& spec) {
    Subprocess program(spec);
    program.close_input();
    Outcome outcome;
    outcome.status = program.wait();
    program.drain();
    outcome.output = program.output();
    outcome.errors = program.errors();
    return outcome;
}

}  // namespace signalbox
