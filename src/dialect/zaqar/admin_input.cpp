#include "dialect/zaqar/admin_input.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "codec/json_reader.h"
#include "dialect/zaqar/message_input.h"

namespace signalbox::zaqar {
namespace {

Checked<JsonDocument> read_object(std::string_view body) {
    if (body.empty()) return refuse(invalid_body("JSON could not be parsed."));
    if (auto checked = check_json(body); !checked) return refuse(std::move(checked.error()));
    auto document = JsonDocument::parse(body);
    if (!document || !document->root().is_object()) {
        return refuse(invalid_body("Document type not supported."));
    }
    return std::move(*document);
}

tl::unexpected<Fault> wrong_type(std::string_view name, std::string_view type) {
    return refuse(invalid_body(fmt::format("'{}' is not of type '{}'", name, type)));
}

}  // namespace

Checked<PoolInput> read_pool(std::string_view body) {
    auto document = read_object(body);
    if (!document) return refuse(std::move(document.error()));
    PoolInput input;
    for (const auto& [name, value] : document->root().members()) {
        if (name == "uri") {
            const auto text = value.text();
            if (!text || text->empty()) return wrong_type(name, "string");
            input.uri = *text;
        } else if (name == "weight") {
            const auto number = value.integer();
            if (!number) return wrong_type(name, "integer");
            if (*number < 0 || *number > UINT32_MAX) {
                return refuse(
                    invalid_body(fmt::format("'weight' must be between 0 and {}", UINT32_MAX)));
            }
            input.weight = static_cast<uint32_t>(*number);
        } else if (name == "options") {
            if (!value.is_object() && !value.is_null()) return wrong_type(name, "object");
            input.options = value.is_null() ? "{}" : value.json();
        } else if (name == "flavor") {
            const auto text = value.text();
            if (!text && !value.is_null()) return wrong_type(name, "string");
            input.flavor = text.value_or("");
        }
    }
    return input;
}

Checked<std::vector<std::string>> read_pool_list(std::string_view body) {
    auto document = read_object(body);
    if (!document) return refuse(std::move(document.error()));
    std::optional<JsonValue> list;
    for (const auto& [name, value] : document->root().members()) {
        if (name == "pool_list") list = value;
        if (name == "capabilities" && !value.is_object()) return wrong_type(name, "object");
    }
    if (!list) return refuse(invalid_body("'pool_list' is a required property"));
    if (list->kind() != JsonKind::array) return wrong_type("pool_list", "array");
    std::vector<std::string> pools;
    for (const auto& element : list->elements()) {
        const auto name = element.text();
        if (!name) return wrong_type("pool_list", "array of strings");
        pools.emplace_back(*name);
    }
    std::sort(pools.begin(), pools.end());
    pools.erase(std::unique(pools.begin(), pools.end()), pools.end());
    if (pools.empty()) return refuse(invalid_body("'pool_list' must name a pool"));
    return pools;
}

std::optional<size_t> partition_of_uri(std::string_view uri) {
    constexpr std::string_view beginning = "signalbox://partition/";
    if (!uri.starts_with(beginning)) return std::nullopt;
    uri.remove_prefix(beginning.size());
    size_t number = 0;
    const auto [stopped, error] = std::from_chars(uri.data(), uri.data() + uri.size(), number);
    // One way to write it, so that two pools with the same partition have the same URI.
    if (error != std::errc() || uri != std::to_string(number)) return std::nullopt;
    return number;
}

}  // namespace signalbox::zaqar
