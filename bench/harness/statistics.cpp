#include "bench/harness/statistics.h"

#include <algorithm>

#include <fmt/format.h>

namespace signalbox::bench {

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const size_t middle = values.size() / 2;
    if (values.size() % 2 == 1) return values[middle];
    return (values[middle - 1] + values[middle]) / 2;
}

void Rounds::add(double product, double limit) {
    products_.push_back(product);
    limits_.push_back(limit);
}

std::vector<double> Rounds::ratios() const {
    std::vector<double> ratios;
    for (size_t i = 0; i < products_.size(); ++i) {
        if (limits_[i] > 0) ratios.push_back(products_[i] / limits_[i]);
    }
    return ratios;
}

double Rounds::ratio() const {
    return median(ratios());
}

std::string Rounds::ratio_text() const {
    const auto all = ratios();
    if (all.empty()) return "-";
    const auto [least, most] = std::minmax_element(all.begin(), all.end());
    return fmt::format("{} ({} to {})", short_number(ratio()), short_number(*least),
                       short_number(*most));
}

std::string short_number(double value) {
    if (value >= 1e7) return fmt::format("{:.0f} M", value / 1e6);
    if (value >= 1e6) return fmt::format("{:.2f} M", value / 1e6);
    if (value >= 1e5) return fmt::format("{:.0f} k", value / 1e3);
    if (value >= 1e4) return fmt::format("{:.1f} k", value / 1e3);
    if (value >= 100) return fmt::format("{:.0f}", value);
    if (value >= 10) return fmt::format("{:.1f}", value);
    return fmt::format("{:.2f}", value);
}

std::string time_text(Nanoseconds time) {
    const auto count = static_cast<double>(time.count());
    if (count < 1e3) return fmt::format("{:.0f} ns", count);
    if (count < 1e4) return fmt::format("{:.2f} us", count / 1e3);
    if (count < 1e6) return fmt::format("{:.0f} us", count / 1e3);
    if (count < 1e7) return fmt::format("{:.2f} ms", count / 1e6);
    if (count < 1e9) return fmt::format("{:.1f} ms", count / 1e6);
    return fmt::format("{:.2f} s", count / 1e9);
}

double seconds_of(Nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

double milliseconds_of(Nanoseconds time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace signalbox::bench
