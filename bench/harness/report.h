#pragma once

#include <string>
#include <vector>

#include "bench/harness/machine.h"

namespace signalbox::bench {

// Whether a target was met; `none` when there is no target.
enum class Verdict : uint8_t { none, met, missed };

constexpr Verdict verdict(bool is_met) {
    return is_met ? Verdict::met : Verdict::missed;
}

// One line of the table: what was measured, beside the limit that was measured with it.
struct Figure {
    std::string what;
    std::string value;
    std::string limit;  // of what it is compared with, in the same run
    std::string ratio;
    std::string target;
    Verdict verdict = Verdict::none;
};

// The table as it grows. Every group of figures has a heading and says how it was measured.
class Report {
public:
    // Prints as it goes, to stderr.
    void begin(std::string heading, std::string how);
    void add(Figure figure);

    // For a terminal.
    [[nodiscard]] std::string text() const;
    // The document docs/performance.md.
    [[nodiscard]] std::string document(const Machine& machine, const std::string& cores) const;
    [[nodiscard]] size_t missed() const;

private:
    struct Group {
        std::string heading;
        std::string how;
        std::vector<Figure> figures;
    };
    std::vector<Group> groups_;
};

}  // namespace signalbox::bench
