#include "codec/retry_after.h"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <string>

#include <date/date.h>

namespace signalbox {
namespace {

// Beyond that nobody is told of the difference.
constexpr uint64_t seconds_max = 365ULL * 24 * 3600;

std::optional<Instant> parse_http_date(std::string_view text) {
    // As it is written today, as it was in RFC 850, and as C's asctime() writes it.
    for (const char* form :
         {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
        std::istringstream in{std::string(text)};
        in.imbue(std::locale::classic());
        date::sys_seconds time;
        in >> date::parse(form, time);
        if (!in.fail() && in.peek() == std::istringstream::traits_type::eof()) return Instant(time);
    }
    return std::nullopt;
}

}  // namespace

std::optional<Duration> parse_retry_after(std::string_view text, Instant now) {
    const bool is_number = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
    if (is_number) {
        uint64_t seconds = seconds_max;
        std::from_chars(text.data(), text.data() + text.size(), seconds);
        return std::chrono::seconds(std::min(seconds, seconds_max));
    }
    const auto at = parse_http_date(text);
    if (!at) return std::nullopt;
    return std::clamp<Duration>(*at - now, Duration::zero(), std::chrono::seconds(seconds_max));
}

}  // namespace signalbox
