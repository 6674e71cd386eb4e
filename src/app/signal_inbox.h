#pragma once

#include <initializer_list>
#include <optional>

namespace signalbox {

struct ReceivedSignal {
    int number = 0;
    // Raised by the kernel, as the terminal's Ctrl-C is, and not by a process.
    bool is_from_kernel = false;
};

// Signals as something to poll for. They are blocked for this thread and for all that it
// starts from then on, so there must be one of these before there are threads. They stay blocked
// when it goes: one that is on its way must not end the process in its last steps. Main thread.
class SignalInbox {
public:
    explicit SignalInbox(std::initializer_list<int> numbers);
    ~SignalInbox();
    SignalInbox(const SignalInbox&) = delete;
    SignalInbox& operator=(const SignalInbox&) = delete;

    [[nodiscard]] int descriptor() const { return descriptor_; }
    // Nothing when none is there.
    std::optional<ReceivedSignal> take();

private:
    int descriptor_ = -1;
};

// Wakes whoever polls for its descriptor; any thread.
class Bell {
public:
    Bell();
    ~Bell();
    Bell(const Bell&) = delete;
    Bell& operator=(const Bell&) = delete;

    [[nodiscard]] int descriptor() const { return descriptor_; }
    void ring() const;
    // True when it has rung since it was last asked.
    [[nodiscard]] bool has_rung() const;

private:
    int descriptor_ = -1;
};

}  // namespace signalbox
