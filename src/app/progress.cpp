#include "app/progress.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "app/queue_text.h"

namespace signalbox {
namespace {

constexpr auto redraw_interval = std::chrono::milliseconds(100);
constexpr const char* fresh_line = "\r\x1b[K";
constexpr size_t bar_columns_max = 40;
constexpr size_t columns_default = 80;

size_t terminal_columns() {
    winsize size{};
    const bool is_known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return is_known ? size.ws_col : columns_default;
}

std::string bar(double share, size_t columns) {
    const auto filled = static_cast<size_t>(share * static_cast<double>(columns));
    std::string text(columns, ' ');
    for (size_t i = 0; i < filled; ++i) text[i] = '=';
    if (filled < columns) text[filled] = '>';
    return "[" + text + "]";
}

}  // namespace

Progress::Progress(bool wants) : is_shown_(wants && ::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
    if (drawn_at_) std::fputs(fresh_line, stderr);
}

double Progress::seconds() const {
    return std::chrono::duration<double>(Clock::now() - started_).count();
}

void Progress::show(uint64_t messages, std::optional<double> share) {
    const auto now = Clock::now();
    if (!is_shown_ || (drawn_at_ && now < *drawn_at_ + redraw_interval)) return;
    drawn_at_ = now;
    std::fprintf(stderr, "%s%s", fresh_line,
                 text(messages, share, seconds(), terminal_columns()).c_str());
    std::fflush(stderr);
}

std::string Progress::text(uint64_t messages, std::optional<double> share, double seconds,
                           size_t columns) {
    const double rate = seconds > 0 ? static_cast<double>(messages) / seconds : 0;
    std::string left = fmt::format("{} messages", grouped(messages));
    std::string right = fmt::format("{}/s", grouped(static_cast<uint64_t>(rate)));
    if (share) {
        const double done = std::clamp(*share, 0.0, 1.0);
        left += fmt::format("  {:3.0f}%", done * 100);
        if (done > 0) {
            const auto rest =
                std::chrono::seconds(static_cast<int64_t>(seconds * (1 - done) / done + 0.5));
            right +=
                fmt::format("  {} left", rough_duration(std::max(rest, std::chrono::seconds(1))));
        }
        const size_t taken = left.size() + right.size() + 7;  // brackets, gaps and the last column
        if (columns > taken) {
            left += "  " + bar(done, std::min(columns - taken, bar_columns_max));
        }
    }
    return std::string(first_characters(left + "  " + right, columns - 1));
}

}  // namespace signalbox
