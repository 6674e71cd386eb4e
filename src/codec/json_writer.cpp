#include "codec/json_writer.h"

#include <bit>
#include <cstring>

namespace signalbox {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

bool must_escape(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

// The high bit of each byte of the result that must be escaped, and of nothing before the first
// such byte: carries only run upwards.
uint64_t to_escape(uint64_t eight) {
    constexpr uint64_t ones = ~uint64_t{0} / 0xff;
    constexpr uint64_t high_bits = ones << 7;
    const auto zeros = [](uint64_t bytes) { return (bytes - ones) & ~bytes; };
    const uint64_t below_space = (eight - ones * 0x20) & ~eight;
    return (below_space | zeros(eight ^ ones * '"') | zeros(eight ^ ones * '\\')) & high_bits;
}

// How many characters from `start` on need no escaping. Nearly all text is plain and some of it
// long, so eight are looked at in one go.
size_t plain_length(std::string_view text, size_t start) {
    size_t at = start;
    for (uint64_t eight = 0; at + sizeof eight <= text.size(); at += sizeof eight) {
        std::memcpy(&eight, text.data() + at, sizeof eight);
        const uint64_t found = to_escape(eight);
        if (found != 0) return at + static_cast<size_t>(std::countr_zero(found)) / 8 - start;
    }
    while (at < text.size() && !must_escape(text[at])) ++at;
    return at - start;
}

void append_escaped(std::string& out, char c) {
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\b': out += "\\b"; return;
        case '\f': out += "\\f"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: break;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += "\\u00";
    out.push_back(hex_digits[byte >> 4]);
    out.push_back(hex_digits[byte & 0xf]);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out.push_back('"');
    for (size_t at = 0;;) {
        const size_t plain = plain_length(text, at);
        out.append(text, at, plain);
        at += plain;
        if (at == text.size()) break;
        append_escaped(out, text[at++]);
    }
    out.push_back('"');
}

void JsonWriter::separate() {
    if (!first_ && !after_key_) out_.push_back(',');
    first_ = false;
    after_key_ = false;
}

void JsonWriter::open(char bracket) {
    separate();
    out_.push_back(bracket);
    first_ = true;
}

void JsonWriter::close(char bracket) {
    out_.push_back(bracket);
    first_ = false;
}

void JsonWriter::key(std::string_view name) {
    separate();
    out_.push_back('"');
    out_ += name;
    out_ += "\":";
    after_key_ = true;
}

void JsonWriter::text_key(std::string_view name) {
    separate();
    append_json_string(out_, name);
    out_.push_back(':');
    after_key_ = true;
}

void JsonWriter::value(std::string_view text) {
    separate();
    append_json_string(out_, text);
}

void JsonWriter::null() {
    separate();
    out_ += "null";
}

void JsonWriter::raw(std::string_view json) {
    separate();
    out_ += json;
}

}  // namespace signalbox
