#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace signalbox {

// Appends JSON to a string, member by member; commas come by themselves:
//     JsonWriter json(out);
//     json.begin_object();
//     json.member("uuid", uuid.text());
//     json.end_object();
// Text must be valid UTF-8; nothing else is checked. Output is compact and not ASCII-escaped.
class JsonWriter {
public:
    explicit JsonWriter(std::string& out) : out_(out) {}

    void begin_object() { open('{'); }
    void end_object() { close('}'); }
    void begin_array() { open('['); }
    void end_array() { close(']'); }

    void key(std::string_view name);       // needs no escaping: names are ours
    void text_key(std::string_view name);  // whatever it is
    void value(std::string_view text);
    void value(const char* text) { value(std::string_view(text)); }
    template <class Number>
        requires std::is_integral_v<Number>
    void value(Number number) {
        separate();
        if constexpr (std::is_same_v<Number, bool>) {
            out_ += number ? "true" : "false";
        } else {
            out_ += std::to_string(number);
        }
    }
    void null();
    // JSON that is known to be valid, as it is.
    void raw(std::string_view json);

    template <class Value>
    void member(std::string_view name, const Value& content) {
        key(name);
        value(content);
    }

private:
    void open(char bracket);
    void close(char bracket);
    void separate();

    std::string& out_;
    bool first_ = true;
    bool after_key_ = false;
};

// `text` in quotes, with what JSON requires escaped.
void append_json_string(std::string& out, std::string_view text);

}  // namespace signalbox
