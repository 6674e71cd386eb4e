#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace signalbox {

// How far something long has come, on the last line of a terminal; nothing where there is none.
// One thread.
//
//   1,250,000 messages  12%  [====>                          ]  168,000/s  52s left
class Progress {
public:
    // `wants` is false when nobody wants to see it.
    explicit Progress(bool wants);
    // Leaves the line empty.
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // `share` is how much of it is done, from 0 to 1, when that is known.
    void show(uint64_t messages, std::optional<double> share);
    [[nodiscard]] double seconds() const;

    // The line, for a terminal of so many columns.
    static std::string text(uint64_t messages, std::optional<double> share, double seconds,
                            size_t columns);

private:
    using Clock = std::chrono::steady_clock;

    const bool is_shown_;
    const Clock::time_point started_ = Clock::now();
    std::optional<Clock::time_point> drawn_at_;
};

}  // namespace signalbox
