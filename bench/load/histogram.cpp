#include "bench/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace signalbox::bench {

// Values below 32 have a slot each; above, the five bits behind the highest one choose it.
size_t Histogram::slot_of(uint64_t value) {
    const auto width = static_cast<unsigned>(std::bit_width(value));
    if (width <= sub_bits) return value;
    const unsigned shift = width - sub_bits - 1;
    return (static_cast<size_t>(shift) << sub_bits) + (value >> shift);
}

uint64_t Histogram::top_of(size_t slot) {
    if (slot < (size_t{1} << sub_bits)) return slot;
    const size_t shift = (slot >> sub_bits) - 1;
    const uint64_t first = (slot - (shift << sub_bits)) << shift;
    return first + (uint64_t{1} << shift) - 1;
}

void Histogram::add(Nanoseconds value) {
    const auto number = static_cast<uint64_t>(std::max<int64_t>(value.count(), 0));
    ++slots_[slot_of(std::min(number, value_max))];
    ++count_;
    max_ = std::max(max_, value);
}

void Histogram::add(const Histogram& other) {
    for (size_t i = 0; i < slot_count; ++i) slots_[i] += other.slots_[i];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
}

Nanoseconds Histogram::percentile(double fraction) const {
    if (count_ == 0) return {};
    const auto rank = static_cast<uint64_t>(std::ceil(fraction * static_cast<double>(count_)));
    uint64_t seen = 0;
    for (size_t i = 0; i < slot_count; ++i) {
        seen += slots_[i];
        if (seen >= rank) return std::min(max_, Nanoseconds(static_cast<int64_t>(top_of(i))));
    }
    return max_;
}

}  // namespace signalbox::bench
