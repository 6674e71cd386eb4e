#include "base/ids.h"
#include "base/time.h"
#include "fuzz/fuzzing.h"

// Any text as a time, a duration or an id: what is read is written and read again.

namespace signalbox {

void fuzz_one(std::string_view input) {
    if (const auto instant = parse_instant(input)) {
        // What is shown is held within the years 0 to 9999.
        const auto shown = parse_instant(format_instant(*instant));
        ASSERT(shown);
        ASSERT(*shown == *instant || std::chrono::abs(*shown - *instant) < std::chrono::hours(24));
        ASSERT(format_instant(*shown) == format_instant(*instant));
    }
    if (const auto duration = parse_duration(input)) {
        ASSERT(duration->count() >= 0);
        const auto again = parse_duration(format_duration(*duration));
        ASSERT(again && *again == *duration);
    }
    if (const auto uuid = Uuid::parse(input)) {
        const auto again = Uuid::parse(uuid->text());
        ASSERT(again && *again == *uuid);
    }
}

}  // namespace signalbox
