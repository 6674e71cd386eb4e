#pragma once

#include <cstdint>

#include "codec/json_reader.h"

namespace signalbox {

// A number of JSON as what it says: 2 and 2.0 are one, and large integers are not taken for the
// nearest double. Values; any thread.
class JsonNumber {
public:
    // The value must be a number.
    explicit JsonNumber(const JsonValue& value);

    // Below 0, 0 or above 0 where this is less, the same or more.
    [[nodiscard]] int compare(const JsonNumber& other) const;
    // Exactly where both are whole, else but for what doubles leave of fractions.
    [[nodiscard]] bool is_multiple_of(const JsonNumber& other) const;

private:
    // Whole, and of at most 64 bits and a sign.
    bool is_whole_ = false;
    bool is_negative_ = false;
    uint64_t magnitude_ = 0;
    // The nearest one.
    double real_ = 0;
};

}  // namespace signalbox
