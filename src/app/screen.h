#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include <termios.h>

namespace signalbox {

// The second screen of the terminal for as long as this object lives, so that what was on the
// first one is there afterwards.
class Screen {
public:
    struct Size {
        size_t rows = 24;
        size_t columns = 80;
    };

    Screen();
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    static Size size();
    // As many lines of the text as there is room for, line by line over what is there, so that
    // nothing flickers.
    static void draw(const std::string& text);

private:
    std::optional<termios> before_;
};

}  // namespace signalbox
