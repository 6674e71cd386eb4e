#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sys/types.h>

namespace signalbox {

// A program that a test runs: what it says is collected, and it is gone at the latest when this
// object is, or the thread that started it. What cannot be done (no such program, no answer in
// time) is thrown, as std::runtime_error, with what the program said, because a test can only fail
// then.
class Subprocess {
public:
    struct Spec {
        std::vector<std::string> words;                       // the program and its arguments
        std::map<std::string, std::string> environment = {};  // beside that of the test
        bool on_terminal = false;  // its input and outputs are a terminal of 120 columns
    };
    // A generous bound for what takes no time, on a machine that is busy.
    static constexpr std::chrono::seconds patience{60};

    explicit Subprocess(const Spec& spec);
    // Kills it if it is still there.
    ~Subprocess();
    Subprocess(const Subprocess&) = delete;
    Subprocess& operator=(const Subprocess&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    // Nothing happens when it is gone.
    void send_signal(int signal);
    // To its input. On a terminal, "\x03" is Ctrl-C.
    void write(const std::string& text);
    void close_input();

    // How it ended, once it has: its exit status, or 128 + n for signal n, as a shell has it.
    int wait(std::chrono::milliseconds patience_for = patience);
    [[nodiscard]] bool has_ended();
    // Waits until nobody can write to its outputs any more, neither it nor what it started.
    void drain();

    // What it has written so far; on a terminal, everything is output.
    [[nodiscard]] std::string output();
    [[nodiscard]] std::string errors();
    // Waits until that holds `text`, and returns all of it.
    std::string wait_for_output(const std::string& text);
    std::string wait_for_errors(const std::string& text);

private:
    struct Collected {
        std::string text;
        int descriptor = -1;
        std::thread reader;
    };

    void start(const Spec& spec);
    void collect(Collected& into, int descriptor);
    void reap();
    std::string wait_for(const Collected& from, const std::string& text);
    [[nodiscard]] std::string story();

    std::string name_;
    std::mutex mutex_;
    std::condition_variable changed_;
    pid_t pid_ = -1;
    int input_ = -1;
    Collected output_;
    Collected errors_;
    std::optional<int> status_;
    std::thread reaper_;
};

// Runs it to its end.
struct Outcome {
    int status = 0;
    std::string output;
    std::string errors;
};
Outcome run(const Subprocess::Spec& spec);

}  // namespace signalbox
