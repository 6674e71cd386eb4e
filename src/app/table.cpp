#include "app/table.h"

#include <algorithm>

#include <fmt/format.h>

namespace signalbox {
namespace {

constexpr std::string_view gap = "  ";

bool begins_character(char c) {
    return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u;
}

// In characters; those that take two columns are rare in what we show.
size_t width_of(std::string_view text) {
    return static_cast<size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

}  // namespace

Table::Table(std::vector<std::string> headings) {
    rows_.push_back(std::move(headings));
}

void Table::add(std::vector<std::string> cells) {
    cells.resize(rows_.front().size());
    for (auto& cell : cells) cell = cell.empty() ? "-" : printable(cell);
    rows_.push_back(std::move(cells));
}

std::string Table::text(size_t columns) const {
    std::vector<size_t> widths(rows_.front().size());
    for (const auto& row : rows_) {
        for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
    }
    std::string out;
    for (const auto& row : rows_) {
        std::string line;
        for (size_t i = 0; i < row.size(); ++i) {
            if (i > 0) line += gap;
            line += row[i];
            if (i + 1 < row.size()) line.append(widths[i] - width_of(row[i]), ' ');
        }
        out += columns > 0 ? first_characters(line, columns) : line;
        out += '\n';
    }
    return out;
}

void Fields::add(std::string name, std::string value) {
    if (!value.empty()) fields_.emplace_back(std::move(name), printable(value));
}

std::string Fields::text() const {
    size_t width = 0;
    for (const auto& [name, value] : fields_) width = std::max(width, name.size());
    std::string out;
    for (const auto& [name, value] : fields_) {
        out += fmt::format("{:<{}}{}{}\n", name, width, gap, value);
    }
    return out;
}

std::string printable(std::string_view text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        // U+0080 to U+009F are control characters too.
        const bool is_late_control =
            byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
        if (byte >= 0x20 && byte != 0x7f && !is_late_control) {
            out.push_back(text[i]);
            continue;
        }
        out += fmt::format("\\x{:02x}", byte);
        if (is_late_control) out += fmt::format("\\x{:02x}", static_cast<uint8_t>(text[++i]));
    }
    return out;
}

std::string_view first_characters(std::string_view line, size_t count) {
    size_t characters = 0;
    for (size_t i = 0; i < line.size(); ++i) {
        if (begins_character(line[i]) && ++characters > count) return line.substr(0, i);
    }
    return line;
}

std::string rough_duration(Duration duration) {
    using namespace std::chrono;
    if (duration < seconds(1)) return fmt::format("{}ms", duration.count());
    const auto all = duration_cast<seconds>(duration).count();
    if (all < 60) return fmt::format("{}s", all);
    if (all < 3600) return fmt::format("{}m{:02}s", all / 60, all % 60);
    if (all < 48L * 3600) return fmt::format("{}h{:02}m", all / 3600, all / 60 % 60);
    return fmt::format("{}d", all / (24L * 3600));
}

std::string relative_time(Instant instant, Instant now) {
    const auto passed = now - instant;
    // Clocks of two machines are never the same.
    if (passed > -std::chrono::seconds(1) && passed < std::chrono::seconds(1)) return "now";
    return passed > Duration::zero() ? rough_duration(passed) + " ago"
                                     : "in " + rough_duration(-passed);
}

}  // namespace signalbox
