#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>

#include <fmt/format.h>

#include "codec/json_schema_node.h"

namespace signalbox {
namespace {

constexpr size_t schemas_max = 1000;  // in one
constexpr size_t depth_max = 32;
// Of one regular expression, with what it remembers of the texts that it has seen.
constexpr int64_t expression_memory_max = 64 << 10;
// Of all of them together, 16 bytes each: what declaring a type may cost in memory and in time.
constexpr size_t instructions_max = 65'536;
// Of a schema, in the words about what does not keep it: they are made for each value.
constexpr size_t said_bytes_max = 1024;

// They say something to people and nothing about values.
constexpr std::array annotations{"$schema", "$id",        "$comment", "title",     "description",
                                 "default", "deprecated", "readOnly", "writeOnly", "examples"};

Error wrong(const std::string& field, std::string message) {
    return {ErrorCode::invalid_argument, std::move(message), field};
}

std::optional<uint8_t> type_named(std::string_view name) {
    static const std::map<std::string_view, uint8_t> types{
        {"null", type_bit(JsonKind::null)},     {"boolean", type_bit(JsonKind::boolean)},
        {"number", type_bit(JsonKind::number)}, {"string", type_bit(JsonKind::text)},
        {"array", type_bit(JsonKind::array)},   {"object", type_bit(JsonKind::object)},
        {"integer", integer_type_bit},
    };
    const auto found = types.find(name);
    return found == types.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

class JsonSchemaCompiler {
public:
    using Node = JsonSchema::Node;
    using Ptr = Node::Ptr;

    explicit JsonSchemaCompiler(std::shared_ptr<const JsonDocument> literals)
        : literals_(std::move(literals)) {}

    Result<Ptr> compile(const JsonValue& schema, const std::string& field) {
        if (++schemas_ > schemas_max) {
            return fail(wrong(field, fmt::format("is one of more than {} schemas", schemas_max)));
        }
        if (depth_ >= depth_max) {
            return fail(wrong(field, fmt::format("is deeper than {} schemas", depth_max)));
        }
        auto node = std::make_shared<Node>();
        node->literals = literals_;
        if (const auto all = schema.boolean()) {
            node->never = !*all;
            return Ptr(node);
        }
        if (!schema.is_object()) return fail(wrong(field, "must be an object or a boolean"));
        ++depth_;
        for (const auto& [name, value] : schema.members()) {
            TRY(keyword(*node, std::string(name), value, field + "." + std::string(name)));
        }
        --depth_;
        return Ptr(node);
    }

private:
    Result<void> keyword(Node& node, const std::string& name, const JsonValue& value,
                         const std::string& field) {
        using Reader = std::function<Result<void>(JsonSchemaCompiler&, Node&, const JsonValue&,
                                                  const std::string&)>;
        const auto number = [](std::optional<Node::Limit> Node::* member) -> Reader {
            return [member](JsonSchemaCompiler&, Node& to, const JsonValue& from,
                            const std::string& at) -> Result<void> {
                if (from.kind() != JsonKind::number) return fail(wrong(at, "must be a number"));
                to.*member = Node::Limit{JsonNumber(from), from.json()};
                return {};
            };
        };
        const auto count = [](Node::Bounds Node::* member, uint64_t Node::Bounds::* end) -> Reader {
            return [member, end](JsonSchemaCompiler&, Node& to, const JsonValue& from,
                                 const std::string& at) -> Result<void> {
                const auto given = from.number();
                if (!given || *given < 0 || *given > 1e15 || *given != std::floor(*given)) {
                    return fail(wrong(at, "must be a number of things"));
                }
                to.*member.*end = static_cast<uint64_t>(*given);
                return {};
            };
        };
        const auto one = [](Ptr Node::* member) -> Reader {
            return [member](JsonSchemaCompiler& self, Node& to, const JsonValue& from,
                            const std::string& at) -> Result<void> {
                TRY_AS(to.*member, self.compile(from, at));
                return {};
            };
        };
        const auto several = [](std::vector<Ptr> Node::* member) -> Reader {
            return [member](JsonSchemaCompiler& self, Node& to, const JsonValue& from,
                            const std::string& at) { return self.schemas(to.*member, from, at); };
        };
        using Self = JsonSchemaCompiler;
        static const std::map<std::string, Reader> readers{
            {"type", &Self::types},
            {"const", &Self::constant},
            {"enum", &Self::choices},
            {"minimum", number(&Node::minimum)},
            {"maximum", number(&Node::maximum)},
            {"exclusiveMinimum", number(&Node::above)},
            {"exclusiveMaximum", number(&Node::below)},
            {"multipleOf", &Self::multiple_of},
            {"minLength", count(&Node::length, &Node::Bounds::min)},
            {"maxLength", count(&Node::length, &Node::Bounds::max)},
            {"pattern", &Self::pattern},
            {"format", &Self::format},
            {"minItems", count(&Node::item_count, &Node::Bounds::min)},
            {"maxItems", count(&Node::item_count, &Node::Bounds::max)},
            {"uniqueItems", &Self::unique_items},
            {"prefixItems", several(&Node::first_items)},
            {"items", one(&Node::items)},
            {"contains", one(&Node::contains)},
            {"minContains", count(&Node::contained, &Node::Bounds::min)},
            {"maxContains", count(&Node::contained, &Node::Bounds::max)},
            {"minProperties", count(&Node::member_count, &Node::Bounds::min)},
            {"maxProperties", count(&Node::member_count, &Node::Bounds::max)},
            {"required", &Self::required},
            {"properties", &Self::properties},
            {"patternProperties", &Self::pattern_properties},
            {"additionalProperties", one(&Node::other_properties)},
            {"propertyNames", one(&Node::property_names)},
            {"dependentRequired", &Self::dependent_required},
            {"allOf", several(&Node::all_of)},
            {"anyOf", several(&Node::any_of)},
            {"oneOf", several(&Node::one_of)},
            {"not", one(&Node::none_of)},
            {"if", one(&Node::condition)},
            {"then", one(&Node::then)},
            {"else", one(&Node::otherwise)},
        };
        if (const auto reader = readers.find(name); reader != readers.end()) {
            return reader->second(*this, node, value, field);
        }
        if (std::find(annotations.begin(), annotations.end(), name) != annotations.end()) return {};
        return fail(wrong(field, "is not a keyword that is supported here"));
    }

    Result<void> types(Node& node, const JsonValue& value, const std::string& field) {
        const auto add = [&](const JsonValue& each) -> Result<void> {
            const auto name = each.text();
            const auto bit = name ? type_named(*name) : std::nullopt;
            if (!bit) {
                return fail(wrong(field,
                                  "must be null, boolean, integer, number, string, array, object, "
                                  "or a list of them"));
            }
            node.types = static_cast<uint8_t>(node.types.value_or(0) | *bit);
            return {};
        };
        if (value.kind() != JsonKind::array) return add(value);
        node.types = 0;
        for (const auto& each : value.elements()) TRY(add(each));
        return {};
    }

    Result<void> constant(Node& node, const JsonValue& value, const std::string& /*field*/) {
        node.constant = value;
        const auto json = value.json();
        node.constant_needed =
            json.size() > said_bytes_max ? "is not the value that it must be" : "must be " + json;
        return {};
    }

    Result<void> choices(Node& node, const JsonValue& value, const std::string& field) {
        if (value.kind() != JsonKind::array) return fail(wrong(field, "must be a list"));
        node.choices = value.elements();
        return {};
    }

    Result<void> multiple_of(Node& node, const JsonValue& value, const std::string& field) {
        const auto number = value.number();
        if (!number || *number <= 0) return fail(wrong(field, "must be a number above 0"));
        node.multiple_of = Node::Limit{JsonNumber(value), value.json()};
        return {};
    }

    Result<Node::Pattern> expression(std::string_view text, const std::string& field) {
        RE2::Options options(RE2::Quiet);
        options.set_max_mem(expression_memory_max);
        auto made = std::make_shared<RE2>(re2::StringPiece(text.data(), text.size()), options);
        if (!made->ok()) {
            return fail(wrong(
                field, "is not a regular expression that is supported here: " + made->error()));
        }
        instructions_ += static_cast<size_t>(std::max(made->ProgramSize(), 1));
        if (instructions_ > instructions_max) {
            return fail(wrong(field, "is too large together with the other regular expressions"));
        }
        std::string needed = text.size() > said_bytes_max ? "does not match the pattern"
                                                          : "must match " + std::string(text);
        return Node::Pattern{std::move(made), nullptr, std::move(needed)};
    }

    Result<void> pattern(Node& node, const JsonValue& value, const std::string& field) {
        const auto text = value.text();
        if (!text) return fail(wrong(field, "must be a string"));
        TRY_AS(node.pattern, expression(*text, field));
        return {};
    }

    Result<void> format(Node& node, const JsonValue& value, const std::string& field) {
        const auto name = value.text();
        if (name == "uuid") {
            node.format = JsonFormat::uuid;
        } else if (name == "date-time") {
            node.format = JsonFormat::date_time;
        } else {
            return fail(wrong(field, "must be uuid or date-time"));
        }
        return {};
    }

    Result<void> unique_items(Node& node, const JsonValue& value, const std::string& field) {
        const auto given = value.boolean();
        if (!given) return fail(wrong(field, "must be a boolean"));
        node.unique_items = *given;
        return {};
    }

    static Result<std::vector<std::string>> names(const JsonValue& value,
                                                  const std::string& field) {
        std::vector<std::string> names;
        const bool is_list = value.kind() == JsonKind::array;
        for (const auto& each : value.elements()) {
            const auto name = each.text();
            if (!name || !is_list) break;
            names.emplace_back(*name);
        }
        if (!is_list || names.size() != value.elements().size()) {
            return fail(wrong(field, "must be a list of strings"));
        }
        return names;
    }

    Result<void> required(Node& node, const JsonValue& value, const std::string& field) {
        TRY_AS(node.required, names(value, field));
        return {};
    }

    Result<void> schemas(std::vector<Ptr>& to, const JsonValue& value, const std::string& field) {
        const auto elements = value.elements();
        if (value.kind() != JsonKind::array || elements.empty()) {
            return fail(wrong(field, "must be a list of schemas"));
        }
        for (size_t i = 0; i < elements.size(); ++i) {
            TRY_AS(auto made, compile(elements[i], fmt::format("{}[{}]", field, i)));
            to.push_back(std::move(made));
        }
        return {};
    }

    Result<void> properties(Node& node, const JsonValue& value, const std::string& field) {
        if (!value.is_object()) return fail(wrong(field, "must be an object"));
        for (const auto& [name, schema] : value.members()) {
            TRY_AS(auto made, compile(schema, field + "." + std::string(name)));
            node.properties.emplace_back(name, std::move(made));
        }
        return {};
    }

    Result<void> pattern_properties(Node& node, const JsonValue& value, const std::string& field) {
        if (!value.is_object()) return fail(wrong(field, "must be an object"));
        for (const auto& [text, schema] : value.members()) {
            const auto place = field + "." + std::string(text);
            TRY_AS(auto made, expression(text, place));
            TRY_AS(made.schema, compile(schema, place));
            node.pattern_properties.push_back(std::move(made));
        }
        return {};
    }

    Result<void> dependent_required(Node& node, const JsonValue& value, const std::string& field) {
        if (!value.is_object()) return fail(wrong(field, "must be an object"));
        for (const auto& [name, list] : value.members()) {
            TRY_AS(auto needed, names(list, field + "." + std::string(name)));
            node.dependent_required.emplace_back(name, std::move(needed));
        }
        return {};
    }

    const std::shared_ptr<const JsonDocument> literals_;
    size_t schemas_ = 0;
    size_t instructions_ = 0;  // of all regular expressions
    size_t depth_ = 0;
};

JsonSchema::JsonSchema() : root_(std::make_shared<Node>()) {}

Result<JsonSchema> JsonSchema::compile(const JsonValue& schema, const std::string& field) {
    // Of its own, because constants of the schema are compared with values as they are.
    TRY_AS(auto parsed, JsonDocument::parse(schema.json()));
    const auto kept = std::make_shared<const JsonDocument>(std::move(parsed));
    if (auto unique = check_unique_names(kept->root(), field); !unique) {
        auto error = std::move(unique).error();
        error.field = field + "." + error.field;
        return fail(std::move(error));
    }
    JsonSchema made;
    JsonSchemaCompiler compiler(kept);
    TRY_AS(made.root_, compiler.compile(kept->root(), field));
    return made;
}

}  // namespace signalbox
