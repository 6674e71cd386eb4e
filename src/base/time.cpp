#include "base/time.h"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>

#include <date/date.h>
#include <fmt/format.h>

namespace signalbox {
namespace {

// Wide enough to notice that a sum of nanoseconds does not fit.
__extension__ using WideNumber = __int128;

constexpr std::string_view instant_hint = "must be an ISO 8601 time such as 2030-01-31T12:00:00Z";

// Takes digits from the front of a text, part by part.
class DigitReader {
public:
    explicit DigitReader(std::string_view text) : rest_(text) {}

    [[nodiscard]] bool done() const { return rest_.empty(); }
    [[nodiscard]] char front() const { return rest_.empty() ? '\0' : rest_.front(); }
    bool skip(char c) {
        if (front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // Exactly `count` digits.
    std::optional<int> number(size_t count) {
        if (rest_.size() < count) return std::nullopt;
        int value = 0;
        for (size_t i = 0; i < count; ++i) {
            if (rest_[i] < '0' || rest_[i] > '9') return std::nullopt;
            value = value * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(count);
        return value;
    }
    // One digit or more, read as the fraction of a second, cut at milliseconds.
    std::optional<int> fraction_ms() {
        if (front() < '0' || front() > '9') return std::nullopt;
        int scale = 100;
        int value = 0;
        while (front() >= '0' && front() <= '9') {
            value += (front() - '0') * scale;
            scale /= 10;
            rest_.remove_prefix(1);
        }
        return value;
    }

private:
    std::string_view rest_;
};

struct ClockTime {
    int hour = 0;
    int minute = 0;
    int second = 0;
    int ms = 0;
};

std::optional<date::year_month_day> read_date(DigitReader& reader) {
    const auto year = reader.number(4);
    if (!year) return std::nullopt;
    int month = 1;
    int day = 1;
    if (reader.skip('-')) {
        const auto given = reader.number(2);
        if (!given) return std::nullopt;
        month = *given;
        if (reader.skip('-')) {
            const auto given_day = reader.number(2);
            if (!given_day) return std::nullopt;
            day = *given_day;
        }
    }
    const date::year_month_day ymd{date::year(*year), date::month(static_cast<unsigned>(month)),
                                   date::day(static_cast<unsigned>(day))};
    if (!ymd.ok()) return std::nullopt;
    return ymd;
}

std::optional<ClockTime> read_clock(DigitReader& reader) {
    ClockTime time;
    const auto hour = reader.number(2);
    if (!hour || *hour > 23) return std::nullopt;
    time.hour = *hour;
    if (!reader.skip(':')) return time;
    const auto minute = reader.number(2);
    if (!minute || *minute > 59) return std::nullopt;
    time.minute = *minute;
    if (!reader.skip(':')) return time;
    const auto second = reader.number(2);
    // A leap second is written as 60 and counts as the first of the next minute.
    if (!second || *second > 60) return std::nullopt;
    time.second = *second;
    if (reader.skip('.') || reader.skip(',')) {
        const auto ms = reader.fraction_ms();
        if (!ms) return std::nullopt;
        time.ms = *ms;
    }
    return time;
}

// Minutes east of UTC.
std::optional<int> read_zone(DigitReader& reader) {
    if (reader.done() || reader.skip('Z') || reader.skip('z')) return 0;
    const bool west = reader.front() == '-';
    if (!reader.skip('+') && !reader.skip('-')) return std::nullopt;
    const auto hours = reader.number(2);
    if (!hours || *hours > 23) return std::nullopt;
    int minutes = 0;
    if (!reader.done()) {
        reader.skip(':');
        const auto given = reader.number(2);
        if (!given || *given > 59) return std::nullopt;
        minutes = *given;
    }
    const int east = *hours * 60 + minutes;
    return west ? -east : east;
}

std::optional<Instant> read_instant(std::string_view text) {
    DigitReader reader(text);
    const auto ymd = read_date(reader);
    if (!ymd) return std::nullopt;
    ClockTime time;
    if (reader.skip('T') || reader.skip('t') || reader.skip(' ')) {
        const auto given = read_clock(reader);
        if (!given) return std::nullopt;
        time = *given;
    }
    const auto zone = read_zone(reader);
    if (!zone || !reader.done()) return std::nullopt;
    const auto days = date::sys_days(*ymd).time_since_epoch();
    return Instant(std::chrono::duration_cast<Duration>(days) + std::chrono::hours(time.hour) +
                   std::chrono::minutes(time.minute) + std::chrono::seconds(time.second) +
                   Duration(time.ms) - std::chrono::minutes(*zone));
}

struct Unit {
    std::string_view name;
    int64_t ns;
};

// Longer names first, so that "ms" is not read as "m" and a stray "s".
constexpr std::array<Unit, 8> units{{{"ns", 1},
                                     {"us", 1'000},
                                     {"µs", 1'000},
                                     {"ms", 1'000'000},
                                     {"s", 1'000'000'000},
                                     {"m", 60'000'000'000},
                                     {"h", 3'600'000'000'000},
                                     {"d", 86'400'000'000'000}}};

const Unit* unit_at(std::string_view text) {
    for (const auto& unit : units) {
        if (text.starts_with(unit.name)) return &unit;
    }
    return nullptr;
}

// One "12.5s" from the front of `rest`, in nanoseconds.
std::optional<int64_t> read_term(std::string_view& rest) {
    WideNumber whole = 0;
    WideNumber fraction = 0;
    WideNumber scale = 1;
    size_t digits = 0;
    bool after_point = false;
    size_t i = 0;
    for (; i < rest.size(); ++i) {
        const char c = rest[i];
        if (c == '.' && !after_point) {
            after_point = true;
            continue;
        }
        if (c < '0' || c > '9') break;
        ++digits;
        // Beyond these bounds the digits cannot matter or the value cannot fit.
        if (!after_point) {
            whole = whole * 10 + (c - '0');
            if (whole > std::numeric_limits<int64_t>::max()) return std::nullopt;
        } else if (scale < 1'000'000'000'000) {
            fraction = fraction * 10 + (c - '0');
            scale *= 10;
        }
    }
    if (digits == 0) return std::nullopt;
    rest.remove_prefix(i);
    const Unit* unit = unit_at(rest);
    if (unit == nullptr) return std::nullopt;
    rest.remove_prefix(unit->name.size());
    const WideNumber ns = whole * unit->ns + fraction * unit->ns / scale;
    if (ns > std::numeric_limits<int64_t>::max()) return std::nullopt;
    return static_cast<int64_t>(ns);
}

void write_digits(std::string& text, size_t at, size_t count, uint64_t number) {
    for (size_t i = count; i-- > 0; number /= 10) {
        text[at + i] = static_cast<char>('0' + number % 10);
    }
}

}  // namespace

std::string format_instant(Instant instant) {
    static const Instant last =
        date::sys_days(date::year(9999) / 12 / 31) + std::chrono::hours(24) - Duration(1);
    static const Instant first = date::sys_days(date::year(0) / 1 / 1);
    const Instant shown = instant > last ? last : (instant < first ? first : instant);
    const auto days = date::floor<date::days>(shown);
    const date::year_month_day ymd(days);
    const auto ms = static_cast<uint64_t>((shown - days).count());
    // By hand, because most of an answer's time went into fmt::format here.
    std::string text = "0000-00-00T00:00:00.000Z";
    write_digits(text, 0, 4, static_cast<uint64_t>(static_cast<int>(ymd.year())));
    write_digits(text, 5, 2, static_cast<unsigned>(ymd.month()));
    write_digits(text, 8, 2, static_cast<unsigned>(ymd.day()));
    write_digits(text, 11, 2, ms / 3'600'000);
    write_digits(text, 14, 2, ms / 60'000 % 60);
    write_digits(text, 17, 2, ms / 1000 % 60);
    write_digits(text, 20, 3, ms % 1000);
    return text;
}

Result<Instant> parse_instant(std::string_view text) {
    if (const auto instant = read_instant(text)) return *instant;
    return fail(ErrorCode::invalid_argument, std::string(instant_hint));
}

Result<Duration> parse_duration(std::string_view text) {
    if (text == "0") return Duration::zero();
    std::string_view rest = text;
    WideNumber total_ns = 0;
    do {
        const auto term_ns = read_term(rest);
        if (!term_ns) {
            return fail(ErrorCode::invalid_argument, "must be a duration such as 30s or 1h30m");
        }
        total_ns += *term_ns;
        if (total_ns > std::numeric_limits<int64_t>::max()) {
            return fail(ErrorCode::invalid_argument, "is too long a duration");
        }
    } while (!rest.empty());
    return Duration(static_cast<int64_t>(total_ns / 1'000'000));
}

std::string format_duration(Duration duration) {
    auto rest_ms = duration.count();
    if (rest_ms == 0) return "0s";
    std::string out;
    const auto take = [&](int64_t unit_ms, const char* name) {
        if (rest_ms < unit_ms) return;
        out += fmt::format("{}{}", rest_ms / unit_ms, name);
        rest_ms %= unit_ms;
    };
    take(86'400'000, "d");
    take(3'600'000, "h");
    take(60'000, "m");
    take(1'000, "s");
    take(1, "ms");
    return out;
}

}  // namespace signalbox
