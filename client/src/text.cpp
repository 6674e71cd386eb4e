#include "text.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <random>

namespace signalbox::client {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

// Takes a number of exactly `digits` digits, and then `separator`, off the front.
bool take_number(std::string_view& text, size_t digits, std::string_view separator, int& number) {
    if (text.size() < digits + separator.size()) return false;
    const auto* end = text.data() + digits;
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stopped != end || number < 0) return false;
    text.remove_prefix(digits);
    if (!text.starts_with(separator)) return false;
    text.remove_prefix(separator.size());
    return true;
}

std::optional<Duration> unit_of(std::string_view name) {
    using namespace std::chrono_literals;
    if (name == "ms") return 1ms;
    if (name == "s") return 1s;
    if (name == "m") return 1min;
    if (name == "h") return 1h;
    if (name == "d") return 24h;
    return std::nullopt;
}

}  // namespace

std::optional<Instant> parse_instant(std::string_view text) {
    using namespace std::chrono;
    int year_number = 0;
    int month_number = 0;
    int day_number = 0;
    int hour_number = 0;
    int minute_number = 0;
    int second_number = 0;
    int millisecond_number = 0;
    if (!take_number(text, 4, "-", year_number) || !take_number(text, 2, "-", month_number) ||
        !take_number(text, 2, "T", day_number) || !take_number(text, 2, ":", hour_number) ||
        !take_number(text, 2, ":", minute_number) || !take_number(text, 2, "", second_number)) {
        return std::nullopt;
    }
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        if (!take_number(text, 3, "", millisecond_number)) return std::nullopt;
    }
    const year_month_day date{year(year_number), month(static_cast<unsigned>(month_number)),
                              day(static_cast<unsigned>(day_number))};
    if (text != "Z" || !date.ok() || hour_number > 23 || minute_number > 59 || second_number > 60) {
        return std::nullopt;
    }
    return time_point_cast<Duration>(sys_days(date)) + hours(hour_number) + minutes(minute_number) +
           seconds(second_number) + milliseconds(millisecond_number);
}

std::string format_instant(Instant instant) {
    using namespace std::chrono;
    const auto start_of_day = floor<days>(instant);
    const year_month_day date(start_of_day);
    const hh_mm_ss time(instant - start_of_day);
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()),
                  static_cast<int>(time.subseconds().count()));
    return text.data();
}

std::optional<Duration> parse_duration(std::string_view text) {
    if (text == "0") return Duration::zero();
    if (text.empty()) return std::nullopt;
    Duration sum{};
    while (!text.empty()) {
        int64_t number = 0;
        const auto* end = text.data() + text.size();
        const auto [stopped, error] = std::from_chars(text.data(), end, number);
        if (error != std::errc() || number < 0) return std::nullopt;
        text.remove_prefix(static_cast<size_t>(stopped - text.data()));
        const size_t unit_size = text.find_first_of("0123456789");
        const auto unit = unit_of(text.substr(0, unit_size));
        int64_t milliseconds = 0;
        if (!unit || __builtin_mul_overflow(number, unit->count(), &milliseconds) ||
            __builtin_add_overflow(sum.count(), milliseconds, &milliseconds)) {
            return std::nullopt;
        }
        sum = Duration(milliseconds);
        text.remove_prefix(std::min(unit_size, text.size()));
    }
    return sum;
}

std::string format_duration(Duration duration) {
    return std::to_string(duration.count()) + "ms";
}

std::string percent_encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            out.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out.push_back('%');
        out.push_back(hex_digits[byte >> 4]);
        out.push_back(hex_digits[byte & 0xf]);
    }
    return out;
}

std::string make_idempotency_key() {
    // The system's source, because processes that were started from one image must differ.
    std::random_device source;
    std::string key = "client-";
    for (int word = 0; word < 4; ++word) {
        uint32_t bits = source();
        for (int digit = 0; digit < 8; ++digit, bits >>= 4) key.push_back(hex_digits[bits & 0xf]);
    }
    return key;
}

}  // namespace signalbox::client
