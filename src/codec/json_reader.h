#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

// Reads JSON that a client sent: the whole document is validated before anything is used
// (syntax, UTF-8, depth), and members are read by name with errors that name them.

namespace signalbox {

enum class JsonKind : uint8_t { null, boolean, number, text, array, object };

// A value of a JsonDocument; a view that must not outlive it.
class JsonValue {
public:
    [[nodiscard]] JsonKind kind() const;
    [[nodiscard]] bool is_null() const { return kind() == JsonKind::null; }
    [[nodiscard]] bool is_object() const { return kind() == JsonKind::object; }

    // Nothing when it is of another kind; integer() also when it is not whole or does not fit.
    [[nodiscard]] std::optional<bool> boolean() const;
    [[nodiscard]] std::optional<int64_t> integer() const;
    [[nodiscard]] std::optional<std::string_view> text() const;
    // The nearest one, of those that are too long.
    [[nodiscard]] std::optional<double> number() const;

    // The elements of an array, the members of an object; empty for other kinds.
    [[nodiscard]] std::vector<JsonValue> elements() const;
    [[nodiscard]] std::vector<std::pair<std::string_view, JsonValue>> members() const;

    // Compact JSON with the same meaning.
    [[nodiscard]] std::string json() const;

private:
    friend class JsonDocument;
    using ElementHandle = std::array<uint64_t, 2>;  // the parser's own, which no header shows
    explicit JsonValue(ElementHandle handle) : handle_(handle) {}

    ElementHandle handle_;
};

class JsonDocument {
public:
    // Fails with invalid_argument when the text is not one JSON value.
    static Result<JsonDocument> parse(std::string_view text);
    ~JsonDocument();
    JsonDocument(JsonDocument&&) noexcept;
    JsonDocument& operator=(JsonDocument&&) noexcept;

    [[nodiscard]] JsonValue root() const;

private:
    struct Content;
    explicit JsonDocument(std::unique_ptr<Content> content);
    std::unique_ptr<Content> content_;
};

// The members of an object, by name. A null member counts as absent. Each getter remembers
// that its name is known, so only_known() can name what nobody asked for.
class JsonMembers {
public:
    // Fails when `object` is none or has a name twice; `prefix` stands in front of the names
    // in errors ("resources[0].").
    static Result<JsonMembers> of(const JsonValue& object, std::string prefix = {});

    Result<std::optional<std::string>> text(std::string_view name);
    Result<std::optional<int64_t>> integer(std::string_view name, int64_t min, int64_t max);
    Result<std::optional<bool>> boolean(std::string_view name);
    Result<std::optional<JsonValue>> object(std::string_view name);
    Result<std::optional<std::vector<JsonValue>>> array(std::string_view name);
    // Of any kind.
    std::optional<JsonValue> value(std::string_view name);

    // Fails and names the first member that no getter was asked for.
    [[nodiscard]] Result<void> only_known() const;
    [[nodiscard]] std::string path(std::string_view name) const;

private:
    struct Member {
        std::string_view name;
        JsonValue value;
        bool known = false;
    };
    std::string prefix_;
    std::vector<Member> members_;
};

}  // namespace signalbox
