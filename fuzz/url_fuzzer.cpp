#include "codec/url.h"
#include "fuzz/fuzzing.h"

// Any path or query: what is decoded is valid UTF-8 and survives another round.

namespace signalbox {

void fuzz_one(std::string_view input) {
    if (const auto decoded = percent_decode(input)) {
        ASSERT(is_valid_utf8(*decoded));
        ASSERT(percent_decode(percent_encode(*decoded)) == decoded);
    }
    const auto parameters = parse_query(input);
    if (!parameters) return;
    std::string query;
    for (const auto& [name, value] : *parameters) {
        ASSERT(is_valid_utf8(name) && is_valid_utf8(value));
        query += percent_encode(name) + "=" + percent_encode(value) + "&";
    }
    ASSERT(parse_query(query) == parameters);
}

}  // namespace signalbox
