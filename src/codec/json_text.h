#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "codec/json_reader.h"

namespace signalbox {

// Walks over the text of JSON that is known to be valid (JsonDocument::parse took it), and tells
// where its values are, so that a value can be kept as it was written. It copies and decodes
// nothing. Going over a text that is not valid stays within it, but tells nonsense.
//
//     JsonTextReader reader(text);
//     reader.enter();
//     while (const auto name = reader.next_member()) {
//         const auto value = reader.take();
//     }
class JsonTextReader {
public:
    explicit JsonTextReader(std::string_view text) : text_(text) { skip_space(); }

    // Of the value in front.
    [[nodiscard]] JsonKind kind() const;
    // Into the array or object in front.
    void enter();
    // To the next element of the array; false behind the last one.
    bool next_element();
    // To the value of the next member of the object, whose name is given back as it is written,
    // without its quotes; nothing behind the last one.
    std::optional<std::string_view> next_member();
    // The value in front, as it is written; goes behind it.
    std::string_view take();
    // Among what was taken so far was an integer of more than 64 bits.
    [[nodiscard]] bool has_large_integer() const { return has_large_integer_; }

private:
    void skip_space();
    void skip_string();
    void skip_scalar();
    // Past a comma, or the end of the container.
    bool advance(char close);

    std::string_view text_;
    size_t at_ = 0;
    bool has_large_integer_ = false;
};

// Whether a name as it is written means `name`, which needs no escapes.
bool is_json_name(std::string_view written, std::string_view name);
// Of a value as it is written: nothing when it is no string.
std::optional<std::string> json_string(std::string_view written);
// Of a value as it is written: nothing when it is not whole or does not fit.
std::optional<int64_t> json_integer(std::string_view written);

}  // namespace signalbox
