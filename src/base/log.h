#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

// Structured log lines: an event's name and named fields, as logfmt or JSON, to stderr.
// Any thread. Values of tokens and message bodies never go in here.

namespace signalbox::log {

enum class Level : uint8_t { debug, info, warning, error, off };
enum class Format : uint8_t { logfmt, json };

// One name and its value. Strings are escaped by the sink, numbers and booleans stand bare.
struct Field {
    template <class Number>
        requires std::is_arithmetic_v<Number>
    Field(std::string_view field_name, Number number) : name(field_name), bare(true) {
        if constexpr (std::is_same_v<Number, bool>) {
            value = number ? "true" : "false";
        } else {
            value = std::to_string(number);
        }
    }
    Field(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
    Field(std::string_view field_name, const char* text) : name(field_name), value(text) {}
    Field(std::string_view field_name, std::string text)
        : name(field_name), value(std::move(text)) {}

    std::string_view name;
    std::string value;
    bool bare = false;
};

// Before the first line is written, from one thread. The default is warnings, as logfmt.
void configure(Level level, Format format);

[[nodiscard]] bool enabled(Level level);
void write(Level level, std::string_view event, std::initializer_list<Field> fields);

// One line of `format`, without time and line end; for the sink, and for its tests.
std::string render(Format format, Level level, std::string_view event,
                   std::initializer_list<Field> fields);

}  // namespace signalbox::log

// LOG(info, "journal.trimmed", {"revision", 7}); evaluates its fields only when they are shown.
#define LOG(level_name, event, ...)                                                             \
    do {                                                                                        \
        if (::signalbox::log::enabled(::signalbox::log::Level::level_name)) {                   \
            ::signalbox::log::write(::signalbox::log::Level::level_name, event, {__VA_ARGS__}); \
        }                                                                                       \
    } while (false)
