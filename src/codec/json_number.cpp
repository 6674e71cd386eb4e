#include "codec/json_number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "base/assert.h"

namespace signalbox {
namespace {

constexpr double magnitude_end = 18446744073709551616.0;  // 2^64

int order(auto one, auto other) {
    if (one == other) return 0;
    return one < other ? -1 : 1;
}

bool read_whole(const std::string& text, uint64_t& number) {
    const auto* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stopped == end;
}

}  // namespace

JsonNumber::JsonNumber(const JsonValue& value) {
    const auto real = value.number();
    ASSERT(real);
    real_ = *real;
    is_negative_ = real_ < 0;
    if (const auto whole = value.integer()) {
        is_whole_ = true;
        magnitude_ = static_cast<uint64_t>(*whole);
        if (is_negative_) magnitude_ = 0 - magnitude_;
    } else if (read_whole(value.json(), magnitude_)) {
        is_whole_ = true;
    } else if (real_ == std::trunc(real_) && std::abs(real_) < magnitude_end) {
        is_whole_ = true;
        magnitude_ = static_cast<uint64_t>(std::abs(real_));
    }
}

int JsonNumber::compare(const JsonNumber& other) const {
    if (is_negative_ != other.is_negative_) return is_negative_ ? -1 : 1;
    if (!is_whole_ && !other.is_whole_) return order(real_, other.real_);
    const int sign = is_negative_ ? -1 : 1;
    if (is_whole_ && other.is_whole_) return sign * order(magnitude_, other.magnitude_);
    if (is_whole_) return -other.compare(*this);
    // One with a fraction, or beyond all that are whole here.
    const double size = std::abs(real_);
    if (size >= magnitude_end) return sign;
    return sign * (static_cast<uint64_t>(size) < other.magnitude_ ? -1 : 1);
}

bool JsonNumber::is_multiple_of(const JsonNumber& other) const {
    if (is_whole_ && other.is_whole_) {
        return other.magnitude_ != 0 && magnitude_ % other.magnitude_ == 0;
    }
    const double quotient = real_ / other.real_;
    return std::isfinite(quotient) &&
           std::abs(quotient - std::round(quotient)) <= 1e-9 * std::max(1.0, std::abs(quotient));
}

}  // namespace signalbox
