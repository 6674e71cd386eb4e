#include "codec/python_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

namespace signalbox {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

// Half of a letter beyond 16 bits, or a whole one.
void append_unit(std::string& out, uint32_t unit) {
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += hex_digits[(unit >> shift) & 0xf];
}

void append_code_point(std::string& out, uint32_t code) {
    if (code < 0x10000) return append_unit(out, code);
    code -= 0x10000;
    append_unit(out, 0xd800 + (code >> 10));
    append_unit(out, 0xdc00 + (code & 0x3ff));
}

void append_ascii(std::string& out, char c) {
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        case '\b': out += "\\b"; return;
        case '\f': out += "\\f"; return;
        default: break;
    }
    if (c >= ' ' && c <= '~') {
        out += c;
    } else {
        append_unit(out, static_cast<unsigned char>(c));
    }
}

// As repr() does it: the fewest digits that mean this number, and an exponent where it is below -4
// or above 15.
std::string float_text(double number) {
    char written[32];
    const auto end =
        std::to_chars(std::begin(written), std::end(written), number, std::chars_format::scientific)
            .ptr;
    const std::string_view text(written, static_cast<size_t>(end - written));
    const size_t e = text.find('e');
    int exponent = 0;
    std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), text.data() + text.size(),
                    exponent);
    if (exponent < -4 || exponent > 15) return std::string(text);
    std::string digits;
    for (const char c : text.substr(0, e)) {
        if (c >= '0' && c <= '9') digits += c;
    }
    std::string out = text.front() == '-' ? "-" : "";
    if (exponent < 0) {
        return out + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
    }
    const auto whole = static_cast<size_t>(exponent) + 1;
    if (digits.size() < whole) digits.append(whole - digits.size(), '0');
    const auto fraction = digits.substr(whole);
    return out + digits.substr(0, whole) + "." + (fraction.empty() ? "0" : fraction);
}

void append_number(std::string& out, const JsonValue& value) {
    if (const auto whole = value.integer()) {
        out += std::to_string(*whole);
        return;
    }
    const auto text = value.json();
    double number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_whole = text.find_first_of(".eE") == std::string::npos;
    const bool is_known = read.ec == std::errc() && std::isfinite(number);
    out += is_whole || !is_known ? text : float_text(number);
}

void append_object(std::string& out, const JsonValue& object) {
    auto members = object.members();
    std::map<std::string_view, size_t> places;
    size_t count = 0;
    for (const auto& member : members) {
        const auto [place, is_new] = places.emplace(member.first, count);
        if (is_new) {
            members[count++] = member;
        } else {
            members[place->second].second = member.second;
        }
    }
    members.erase(members.begin() + static_cast<std::ptrdiff_t>(count), members.end());
    out += '{';
    bool is_first = true;
    for (const auto& [name, value] : members) {
        if (!is_first) out += ", ";
        is_first = false;
        append_python_string(out, name);
        out += ": ";
        append_python_json(out, value);
    }
    out += '}';
}

}  // namespace

void append_python_string(std::string& out, std::string_view text) {
    out += '"';
    for (size_t at = 0; at < text.size(); ++at) {
        const auto lead = static_cast<unsigned char>(text[at]);
        if (lead < 0x80) {
            append_ascii(out, text[at]);
            continue;
        }
        const size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
        uint32_t code = lead & (0x3fu >> more);
        for (size_t i = 0; i < more && at + 1 < text.size(); ++i) {
            code = (code << 6) | (static_cast<unsigned char>(text[++at]) & 0x3fu);
        }
        append_code_point(out, code);
    }
    out += '"';
}

void append_python_json(std::string& out, const JsonValue& value) {
    switch (value.kind()) {
        case JsonKind::null: out += "null"; return;
        case JsonKind::boolean: out += *value.boolean() ? "true" : "false"; return;
        case JsonKind::number: return append_number(out, value);
        case JsonKind::text: return append_python_string(out, *value.text());
        case JsonKind::object: return append_object(out, value);
        case JsonKind::array: break;
    }
    out += '[';
    bool is_first = true;
    for (const auto& element : value.elements()) {
        if (!is_first) out += ", ";
        is_first = false;
        append_python_json(out, element);
    }
    out += ']';
}

}  // namespace signalbox
