#pragma once

#include <string>
#include <vector>

#include "bench/load/histogram.h"

namespace signalbox::bench {

// Zero when there are none.
double median(std::vector<double> values);

// One figure of every round, of the product and of its limit, taken in turns.
class Rounds {
public:
    void add(double product, double limit);

    [[nodiscard]] double product() const { return median(products_); }
    [[nodiscard]] double limit() const { return median(limits_); }
    // The median of the rounds' own ratios, product by limit: what slows a round slows both.
    [[nodiscard]] double ratio() const;
    // "0.61 (0.55 to 0.64)"
    [[nodiscard]] std::string ratio_text() const;

private:
    [[nodiscard]] std::vector<double> ratios() const;

    std::vector<double> products_;
    std::vector<double> limits_;
};

// With as many digits as are worth reading, and the unit: "48.1 k", "123", "0.61".
std::string short_number(double value);
// "123 us", "4.56 ms", "7.8 s"
std::string time_text(Nanoseconds time);
double seconds_of(Nanoseconds time);
double milliseconds_of(Nanoseconds time);

}  // namespace signalbox::bench
