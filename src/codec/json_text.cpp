#include "codec/json_text.h"

#include <charconv>
#include <cstring>
#include <string>

namespace signalbox {
namespace {

// An integer of fewer digits fits for certain.
constexpr size_t safe_digits = 18;

bool is_space(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

bool ends_scalar(char c) {
    return c == ',' || c == '}' || c == ']' || is_space(c);
}

bool is_integer(std::string_view token) {
    return token.find_first_not_of("-0123456789") == std::string_view::npos;
}

}  // namespace

JsonKind JsonTextReader::kind() const {
    if (at_ >= text_.size()) return JsonKind::null;
    switch (text_[at_]) {
        case '{': return JsonKind::object;
        case '[': return JsonKind::array;
        case '"': return JsonKind::text;
        case 't':
        case 'f': return JsonKind::boolean;
        case 'n': return JsonKind::null;
        default: return JsonKind::number;
    }
}

void JsonTextReader::skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

// From its opening quote.
void JsonTextReader::skip_string() {
    ++at_;
    while (at_ < text_.size()) {
        const void* quote = std::memchr(text_.data() + at_, '"', text_.size() - at_);
        if (quote == nullptr) break;
        const auto end = static_cast<size_t>(static_cast<const char*>(quote) - text_.data());
        size_t backslashes = 0;
        while (end - backslashes > at_ && text_[end - backslashes - 1] == '\\') ++backslashes;
        at_ = end + 1;
        if (backslashes % 2 == 0) return;
    }
    at_ = text_.size();
}

void JsonTextReader::skip_scalar() {
    const size_t begin = at_;
    while (at_ < text_.size() && !ends_scalar(text_[at_])) ++at_;
    const auto token = text_.substr(begin, at_ - begin);
    if (token.size() <= safe_digits || !is_integer(token)) return;
    if (!json_integer(token)) has_large_integer_ = true;
}

void JsonTextReader::enter() {
    if (at_ < text_.size()) ++at_;
}

bool JsonTextReader::advance(char close) {
    skip_space();
    if (at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        skip_space();
    }
    if (at_ >= text_.size()) return false;
    if (text_[at_] != close) return true;
    ++at_;
    return false;
}

bool JsonTextReader::next_element() {
    return advance(']');
}

std::optional<std::string_view> JsonTextReader::next_member() {
    if (!advance('}')) return std::nullopt;
    const size_t begin = at_ + 1;
    skip_string();
    const auto name = at_ > begin ? text_.substr(begin, at_ - 1 - begin) : std::string_view();
    skip_space();
    if (at_ < text_.size()) ++at_;  // the colon
    skip_space();
    return name;
}

std::string_view JsonTextReader::take() {
    const size_t begin = at_;
    size_t depth = 0;
    while (at_ < text_.size()) {
        const char c = text_[at_];
        if (c == '"') {
            skip_string();
        } else if (c == '{' || c == '[') {
            ++depth;
            ++at_;
        } else if (c == '}' || c == ']') {
            if (depth > 0) --depth;
            ++at_;
        } else if (c == ',' || c == ':' || is_space(c)) {
            ++at_;
            continue;
        } else {
            skip_scalar();
        }
        if (depth == 0) break;
    }
    return text_.substr(begin, at_ - begin);
}

bool is_json_name(std::string_view written, std::string_view name) {
    if (written == name) return true;
    if (written.find('\\') == std::string_view::npos) return false;
    const auto quoted = JsonDocument::parse("\"" + std::string(written) + "\"");
    return quoted && quoted->root().text() == name;
}

std::optional<std::string> json_string(std::string_view written) {
    const auto document = JsonDocument::parse(written);
    const auto text = document ? document->root().text() : std::nullopt;
    if (!text) return std::nullopt;
    return std::string(*text);
}

std::optional<int64_t> json_integer(std::string_view written) {
    int64_t number = 0;
    const auto* end = written.data() + written.size();
    const auto [stopped, error] = std::from_chars(written.data(), end, number);
    if (written.empty() || error != std::errc() || stopped != end) return std::nullopt;
    return number;
}

}  // namespace signalbox
