#include "core/cursor.h"

#include <charconv>

#include <fmt/format.h>

namespace signalbox {
namespace {

constexpr size_t history_digits = 16;

template <class Number>
bool read_number(std::string_view text, Number& number, int base) {
    const auto* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number, base);
    return !text.empty() && error == std::errc() && stopped == end;
}

}  // namespace

std::string Cursor::text() const {
    if (position == end_of(position.revision)) {
        return fmt::format("{:016x}-{}", history, position.revision.value);
    }
    return fmt::format("{:016x}-{}-{}", history, position.revision.value, position.index);
}

std::optional<Cursor> Cursor::parse(std::string_view text) {
    Cursor cursor;
    if (text.size() < history_digits + 2 || text[history_digits] != '-') return std::nullopt;
    if (!read_number(text.substr(0, history_digits), cursor.history, 16)) return std::nullopt;
    text.remove_prefix(history_digits + 1);
    const size_t dash = text.find('-');
    uint64_t revision = 0;
    if (!read_number(text.substr(0, dash), revision, 10)) return std::nullopt;
    cursor.position = end_of(Revision(revision));
    if (dash != std::string_view::npos &&
        !read_number(text.substr(dash + 1), cursor.position.index, 10)) {
        return std::nullopt;
    }
    return cursor;
}

}  // namespace signalbox
