#include "codec/json_reader.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/assert.h"
#include "codec/json_writer.h"

namespace signalbox {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr size_t depth_max = 128;
constexpr size_t document_bytes_max = 64u << 20;
// A parser grows to the largest text it has seen; such a one is not kept.
constexpr size_t kept_bytes_max = 1u << 20;

using ElementHandle = std::array<uint64_t, 2>;
static_assert(sizeof(ElementHandle) == sizeof(element) && std::is_trivially_copyable_v<element>);

element element_of(const ElementHandle& handle) {
    return std::bit_cast<element>(handle);
}

ElementHandle handle_of(element value) {
    return std::bit_cast<ElementHandle>(value);
}

// Parsers are kept for the next document of the same thread: each owns some kilobytes.
std::vector<std::unique_ptr<simdjson::dom::parser>>& spare_parsers() {
    thread_local std::vector<std::unique_ptr<simdjson::dom::parser>> spares;
    return spares;
}

// As simdjson::to_string() does it, which looks at texts character by character; and texts are
// what there is most of.
void append_json(std::string& out, element value) {
    bool is_first = true;
    const auto separate = [&] {
        if (!is_first) out.push_back(',');
        is_first = false;
    };
    switch (value.type()) {
        case element_type::STRING: append_json_string(out, std::string_view(value)); return;
        case element_type::ARRAY:
            out.push_back('[');
            for (const element each : simdjson::dom::array(value)) {
                separate();
                append_json(out, each);
            }
            out.push_back(']');
            return;
        case element_type::OBJECT:
            out.push_back('{');
            for (const auto& [name, each] : simdjson::dom::object(value)) {
                separate();
                append_json_string(out, name);
                out.push_back(':');
                append_json(out, each);
            }
            out.push_back('}');
            return;
        default: out += simdjson::to_string(value); return;
    }
}

}  // namespace

struct JsonDocument::Content {
    std::unique_ptr<simdjson::dom::parser> parser;
    element root;

    Content() {
        auto& spares = spare_parsers();
        if (spares.empty()) {
            parser = std::make_unique<simdjson::dom::parser>(document_bytes_max);
        } else {
            parser = std::move(spares.back());
            spares.pop_back();
        }
    }
    ~Content() {
        if (parser->capacity() <= kept_bytes_max) spare_parsers().push_back(std::move(parser));
    }
    Content(const Content&) = delete;
    Content& operator=(const Content&) = delete;
};

JsonDocument::JsonDocument(std::unique_ptr<Content> content) : content_(std::move(content)) {}
JsonDocument::~JsonDocument() = default;
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;

Result<JsonDocument> JsonDocument::parse(std::string_view text) {
    auto content = std::make_unique<Content>();
    auto& parser = *content->parser;
    if (parser.max_depth() != depth_max || parser.capacity() < text.size()) {
        const auto error = parser.allocate(std::max<size_t>(text.size(), 1024), depth_max);
        if (error) return fail(ErrorCode::too_large, "is too large a JSON text");
    }
    const auto error = parser.parse(text.data(), text.size(), true).get(content->root);
    if (error == simdjson::NUMBER_ERROR) {
        return fail(ErrorCode::invalid_argument, "JSON contains a number that is out of range");
    }
    if (error) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("Invalid JSON: {}", simdjson::error_message(error)));
    }
    return JsonDocument(std::move(content));
}

JsonValue JsonDocument::root() const {
    return JsonValue(handle_of(content_->root));
}

JsonKind JsonValue::kind() const {
    switch (element_of(handle_).type()) {
        case element_type::ARRAY: return JsonKind::array;
        case element_type::OBJECT: return JsonKind::object;
        case element_type::INT64:
        case element_type::UINT64:
        case element_type::DOUBLE: return JsonKind::number;
        case element_type::STRING: return JsonKind::text;
        case element_type::BOOL: return JsonKind::boolean;
        case element_type::NULL_VALUE: return JsonKind::null;
    }
    ASSERT(false);
}

std::optional<double> JsonValue::number() const {
    double value = 0;
    if (element_of(handle_).get(value)) return std::nullopt;
    return value;
}

std::optional<bool> JsonValue::boolean() const {
    bool value = false;
    if (element_of(handle_).get(value)) return std::nullopt;
    return value;
}

std::optional<int64_t> JsonValue::integer() const {
    // "2.0" is whole, but whoever writes it does not mean a count.
    if (element_of(handle_).type() == element_type::DOUBLE) return std::nullopt;
    int64_t value = 0;
    if (element_of(handle_).get(value)) return std::nullopt;
    return value;
}

std::optional<std::string_view> JsonValue::text() const {
    std::string_view value;
    if (element_of(handle_).get(value)) return std::nullopt;
    return value;
}

std::vector<JsonValue> JsonValue::elements() const {
    std::vector<JsonValue> elements;
    simdjson::dom::array array;
    if (element_of(handle_).get(array)) return elements;
    for (const element value : array) elements.push_back(JsonValue(handle_of(value)));
    return elements;
}

std::vector<std::pair<std::string_view, JsonValue>> JsonValue::members() const {
    std::vector<std::pair<std::string_view, JsonValue>> members;
    simdjson::dom::object object;
    if (element_of(handle_).get(object)) return members;
    for (const auto& [name, value] : object) {
        members.emplace_back(name, JsonValue(handle_of(value)));
    }
    return members;
}

std::string JsonValue::json() const {
    std::string out;
    append_json(out, element_of(handle_));
    return out;
}

Result<JsonMembers> JsonMembers::of(const JsonValue& object, std::string prefix) {
    if (!object.is_object()) {
        std::string field = prefix;
        while (!field.empty() && field.back() == '.') field.pop_back();
        return fail(ErrorCode::invalid_argument, "must be a JSON object",
                    field.empty() ? "body" : field);
    }
    JsonMembers members;
    members.prefix_ = std::move(prefix);
    for (const auto& [name, value] : object.members()) {
        for (const auto& before : members.members_) {
            if (before.name == name) {
                return fail(ErrorCode::invalid_argument, "is given twice", members.path(name));
            }
        }
        members.members_.push_back({name, value});
        // The look for doubles is quadratic; nobody has so many members.
        if (members.members_.size() > 256) {
            return fail(ErrorCode::invalid_argument, "has too many members",
                        members.prefix_.empty() ? "body" : members.prefix_);
        }
    }
    return members;
}

std::string JsonMembers::path(std::string_view name) const {
    return prefix_ + std::string(name);
}

std::optional<JsonValue> JsonMembers::value(std::string_view name) {
    for (auto& member : members_) {
        if (member.name != name) continue;
        member.known = true;
        if (member.value.is_null()) return std::nullopt;
        return member.value;
    }
    return std::nullopt;
}

Result<std::optional<std::string>> JsonMembers::text(std::string_view name) {
    const auto found = value(name);
    if (!found) return std::optional<std::string>();
    const auto text = found->text();
    if (!text) return fail(ErrorCode::invalid_argument, "must be a string", path(name));
    return std::optional<std::string>(*text);
}

Result<std::optional<int64_t>> JsonMembers::integer(std::string_view name, int64_t min,
                                                    int64_t max) {
    const auto found = value(name);
    if (!found) return std::optional<int64_t>();
    const auto number = found->integer();
    if (!number || *number < min || *number > max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must be an integer between {} and {}", min, max), path(name));
    }
    return number;
}

Result<std::optional<bool>> JsonMembers::boolean(std::string_view name) {
    const auto found = value(name);
    if (!found) return std::optional<bool>();
    const auto flag = found->boolean();
    if (!flag) return fail(ErrorCode::invalid_argument, "must be true or false", path(name));
    return flag;
}

Result<std::optional<JsonValue>> JsonMembers::object(std::string_view name) {
    const auto found = value(name);
    if (found && !found->is_object()) {
        return fail(ErrorCode::invalid_argument, "must be an object", path(name));
    }
    return found;
}

Result<std::optional<std::vector<JsonValue>>> JsonMembers::array(std::string_view name) {
    const auto found = value(name);
    if (!found) return std::optional<std::vector<JsonValue>>();
    if (found->kind() != JsonKind::array) {
        return fail(ErrorCode::invalid_argument, "must be an array", path(name));
    }
    return std::optional(found->elements());
}

Result<void> JsonMembers::only_known() const {
    for (const auto& member : members_) {
        if (!member.known) {
            return fail(ErrorCode::invalid_argument, "is not a known parameter", path(member.name));
        }
    }
    return {};
}

}  // namespace signalbox
