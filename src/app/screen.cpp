#include "app/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "app/client_flags.h"
#include "app/table.h"

namespace signalbox {
namespace {

constexpr const char* enter_screen = "\x1b[?1049h\x1b[?25l";
constexpr const char* leave_screen = "\x1b[?25h\x1b[?1049l";
constexpr const char* to_the_top = "\x1b[H";
constexpr const char* clear_rest_of_line = "\x1b[K";
constexpr const char* clear_below = "\x1b[J";

}  // namespace

// The terminal throws away what it has not shown yet when Ctrl-C is pressed, and does so after it
// has sent the signal: by then that may be what brings the first screen back.
Screen::Screen() {
    termios settings{};
    if (::tcgetattr(STDIN_FILENO, &settings) == 0) {
        before_ = settings;
        settings.c_lflag |= NOFLSH;
        ::tcsetattr(STDIN_FILENO, TCSANOW, &settings);
    }
    print(enter_screen);
}

Screen::~Screen() {
    print(leave_screen);
    if (before_) ::tcsetattr(STDIN_FILENO, TCSANOW, &*before_);
}

Screen::Size Screen::size() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return {};
    return {size.ws_row, size.ws_col};
}

void Screen::draw(const std::string& text) {
    const Size room = size();
    std::string out = to_the_top;
    size_t row = 0;
    size_t begin = 0;
    while (begin < text.size() && row + 1 < room.rows) {
        const size_t end = text.find('\n', begin);
        out += first_characters(std::string_view(text).substr(begin, end - begin), room.columns);
        out += clear_rest_of_line;
        out += "\r\n";
        begin = end + 1;
        ++row;
    }
    print(out + clear_below);
}

}  // namespace signalbox
