#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace signalbox {

// Rows of text under headings, each column as wide as it needs to be.
class Table {
public:
    explicit Table(std::vector<std::string> headings);

    void add(std::vector<std::string> cells);
    [[nodiscard]] bool empty() const { return rows_.size() == 1; }
    // Lines of `columns` characters at most (0: as many as it takes), each with its line end.
    [[nodiscard]] std::string text(size_t columns = 0) const;

private:
    std::vector<std::vector<std::string>> rows_;  // the headings first
};

// Names and their values, one below the other; what is empty is left out.
class Fields {
public:
    void add(std::string name, std::string value);
    [[nodiscard]] std::string text() const;

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

// The text with its control characters made visible, because names of tickets come from anywhere
// and a terminal obeys.
std::string printable(std::string_view text);

// At most so many characters of the line.
std::string_view first_characters(std::string_view line, size_t count);

// "350ms", "42s", "3m12s", "5h04m", "12d": as much of it as a person wants to know.
std::string rough_duration(Duration duration);
// "3m12s ago", "in 42s", "now".
std::string relative_time(Instant instant, Instant now);

}  // namespace signalbox
