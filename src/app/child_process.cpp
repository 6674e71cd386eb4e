#include "app/child_process.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/exit_code.h"
#include "app/process_table.h"

namespace signalbox {
namespace {

ChildProcess::Failure failure_of(const std::string& program, int error) {
    const bool is_missing = error == ENOENT || error == ENOTDIR;
    return {is_missing ? exit_code::not_found : exit_code::not_executable,
            fmt::format("{}: {}", program, std::strerror(error))};
}

std::vector<std::string> search_path() {
    const char* path = std::getenv("PATH");
    std::istringstream parts(path == nullptr ? "/bin:/usr/bin" : path);
    std::vector<std::string> directories;
    for (std::string part; std::getline(parts, part, ':');) {
        directories.push_back(part.empty() ? "." : part);
    }
    return directories;
}

bool is_program(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& more) {
    std::map<std::string, std::string> variables;
    for (char** at = environ; *at != nullptr; ++at) {
        const std::string entry(*at);
        const size_t equals = entry.find('=');
        if (equals != std::string::npos) variables[entry.substr(0, equals)] = entry;
    }
    for (const auto& [name, value] : more) {
        variables.insert_or_assign(name, fmt::format("{}={}", name, value));
    }
    std::vector<std::string> entries;
    for (auto& [name, entry] : variables) entries.push_back(std::move(entry));
    return entries;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (auto& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

// In the child; only what is safe between fork and exec. Tells on `report` why it failed.
[[noreturn]] void become(char* const* words, char* const* environment, pid_t parent,
                         bool ends_with_parent, int input, int report) {
    if (input >= 0) ::dup2(input, STDIN_FILENO);
    if (ends_with_parent) {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        // It may have gone before that.
        if (::getppid() != parent) ::_exit(exit_code::not_executable);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execvpe(words[0], words, environment);
    const int error = errno;
    [[maybe_unused]] const auto written = ::write(report, &error, sizeof error);
    ::_exit(exit_code::not_executable);
}

// A file without a name with that text in it; -1 when there can be none.
int open_input(const std::string& text) {
    const int file = ::memfd_create("signalbox-input", MFD_CLOEXEC);
    for (size_t at = 0; file >= 0 && at < text.size();) {
        const ssize_t written = ::write(file, text.data() + at, text.size() - at);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            const int error = errno;
            ::close(file);
            errno = error;
            return -1;
        }
        at += static_cast<size_t>(written);
    }
    if (file >= 0) ::lseek(file, 0, SEEK_SET);
    return file;
}

std::set<int> open_descriptors() {
    std::set<int> descriptors;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
        descriptors.insert(std::atoi(entry.path().filename().c_str()));
    }
    return descriptors;
}

int exit_status(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : exit_code::signal_base + WTERMSIG(status);
}

}  // namespace

ChildProcess::ChildProcess() : inherited_(open_descriptors()) {}

std::optional<ChildProcess::Failure> ChildProcess::check(const std::string& program) {
    if (program.find('/') != std::string::npos) {
        if (is_program(program)) return std::nullopt;
        return failure_of(program, ::access(program.c_str(), F_OK) == 0 ? EACCES : ENOENT);
    }
    for (const auto& directory : search_path()) {
        if (is_program(fmt::format("{}/{}", directory, program))) return std::nullopt;
    }
    return Failure{exit_code::not_found, program + ": there is no such command"};
}

std::optional<ChildProcess::Failure> ChildProcess::start(const Spec& spec) {
    auto words = spec.words;
    auto environment = environment_with(spec.environment);
    const auto word_pointers = pointers_to(words);
    const auto environment_pointers = pointers_to(environment);
    // Libraries open some that would not close by themselves.
    for (const int descriptor : open_descriptors()) {
        if (!inherited_.contains(descriptor)) ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    }
    const int input = spec.input ? open_input(*spec.input) : -1;
    if (spec.input && input < 0) return failure_of(words[0], errno);
    std::array<int, 2> report{};
    if (::pipe2(report.data(), O_CLOEXEC) != 0) {
        const int error = errno;
        ::close(input);
        return failure_of(words[0], error);
    }
    status_.reset();
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) {
        become(word_pointers.data(), environment_pointers.data(), parent, spec.ends_with_us, input,
               report[1]);
    }
    const int fork_error = errno;
    ::close(report[1]);
    ::close(input);
    int error = 0;
    ssize_t told = 0;
    do {
        told = ::read(report[0], &error, sizeof error);
    } while (told < 0 && errno == EINTR);
    ::close(report[0]);
    if (pid_ < 0) return failure_of(words[0], fork_error);
    if (told != sizeof error) return std::nullopt;
    ::waitpid(pid_, nullptr, 0);
    status_ = exit_code::not_executable;
    return failure_of(words[0], error);
}

std::optional<pid_t> ChildProcess::pid() const {
    if (pid_ <= 0 || status_) return std::nullopt;
    return pid_;
}

void ChildProcess::send(int signal) const {
    if (const auto to = pid()) ::kill(*to, signal);
}

void ChildProcess::send_to_all(int signal) const {
    if (pid_ <= 0 || status_) return;
    for (const pid_t pid : ProcessTable::read().family_of(pid_)) ::kill(pid, signal);
}

bool ChildProcess::bury() {
    for (;;) {
        int status = 0;
        const pid_t ended = ::waitpid(-1, &status, WNOHANG);
        if (ended < 0 && errno == EINTR) continue;
        if (ended < 0) return true;
        if (ended == 0) return false;
        if (ended == pid_) status_ = exit_status(status);
    }
}

std::optional<int> ChildProcess::has_ended() {
    int status = 0;
    if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
        status_ = exit_status(status);
    }
    return status_;
}

}  // namespace signalbox
