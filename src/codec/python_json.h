#pragma once

#include <string>
#include <string_view>

#include "codec/json_reader.h"

// JSON as the json module of Python writes it, to the byte: a space behind commas and colons, ASCII
// only, floating-point numbers as repr() shows them. For what others have come to compare with.

namespace signalbox {

// Of members with the same name, the last one counts, in the place of the first.
void append_python_json(std::string& out, const JsonValue& value);
// `text` in quotes.
void append_python_string(std::string& out, std::string_view text);

}  // namespace signalbox
