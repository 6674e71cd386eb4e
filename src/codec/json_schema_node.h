#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <re2/re2.h>

#include "codec/json_number.h"
#include "codec/json_schema.h"

// The parts of json_schema.cpp and json_schema_compile.cpp that they share.

namespace signalbox {

enum class JsonFormat : uint8_t { uuid, date_time };

// One schema, ready for use. What its JSON text does not say is as it is here.
struct JsonSchema::Node {
    using Ptr = std::shared_ptr<const Node>;
    struct Pattern {
        std::shared_ptr<const RE2> expression;
        Ptr schema;          // null for the keyword `pattern`
        std::string needed;  // what is said of a text that does not match
    };
    struct Bounds {
        uint64_t min = 0;
        uint64_t max = UINT64_MAX;
    };

    bool never = false;                            // the schema `false`
    std::optional<uint8_t> types;                  // bits of JsonKind; and of `integer`
    std::shared_ptr<const JsonDocument> literals;  // keeps those that follow
    std::optional<JsonValue> constant;
    std::string constant_needed;  // what is said of another value
    std::optional<std::vector<JsonValue>> choices;

    struct Limit {
        JsonNumber number;
        std::string text;
    };
    std::optional<Limit> minimum;
    std::optional<Limit> maximum;
    std::optional<Limit> above;
    std::optional<Limit> below;
    std::optional<Limit> multiple_of;

    Bounds length;  // in code points
    std::optional<Pattern> pattern;
    std::optional<JsonFormat> format;

    Bounds item_count;
    bool unique_items = false;
    std::vector<Ptr> first_items;
    Ptr items;  // the others
    Ptr contains;
    Bounds contained{1, UINT64_MAX};

    Bounds member_count;
    std::vector<std::string> required;
    std::vector<std::pair<std::string, Ptr>> properties;
    std::vector<Pattern> pattern_properties;
    Ptr other_properties;
    Ptr property_names;
    std::vector<std::pair<std::string, std::vector<std::string>>> dependent_required;

    std::vector<Ptr> all_of;
    std::vector<Ptr> any_of;
    std::vector<Ptr> one_of;
    Ptr none_of;
    Ptr condition;
    Ptr then;
    Ptr otherwise;
};

inline constexpr uint8_t integer_type_bit = 1u << 7;
inline uint8_t type_bit(JsonKind kind) {
    return static_cast<uint8_t>(1u << static_cast<unsigned>(kind));
}

}  // namespace signalbox
