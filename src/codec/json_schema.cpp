#include "codec/json_schema.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "base/ids.h"
#include "codec/json_schema_node.h"
#include "codec/json_writer.h"

namespace signalbox {
namespace {

// Values that are looked at for one check, each time anew for each schema, and with each value that
// another one is compared with: what takes more is either an attack or a mistake. Whatever grows
// with the value or with the schema is counted.
constexpr size_t looks_max = 200'000;
// So much of a text is looked at in the time of one look.
constexpr size_t text_bytes_per_look = 256;
// A regular expression that is too large for RE2's fast way looks at each of its instructions for
// each byte, at some 6 ns: all looks together are worth 80 ms then.
constexpr size_t instructions_per_look = 64;

bool is_integer(const JsonValue& value) {
    const auto number = value.number();
    return number && *number == std::floor(*number);
}

using Members = std::vector<std::pair<std::string_view, JsonValue>>;

Members sorted_members(const JsonValue& value) {
    auto members = value.members();
    std::sort(members.begin(), members.end(),
              [](const auto& one, const auto& other) { return one.first < other.first; });
    return members;
}

size_t code_points(std::string_view text) {
    return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u;
    }));
}

re2::StringPiece piece(std::string_view text) {
    return {text.data(), text.size()};
}

// As RFC 3339 has it, and no less: "2026-11-21T07:52:09.5+01:00".
bool is_date_time(std::string_view text) {
    static const RE2 form(R"((\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?)"
                          R"((?:[Zz]|([+-])(\d{2}):(\d{2})))");
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    std::string sign;
    std::string offset_hour;
    std::string offset_minute;
    if (!RE2::FullMatch(piece(text), form, &year, &month, &day, &hour, &minute, &second, &sign,
                        &offset_hour, &offset_minute)) {
        return false;
    }
    const auto two_digits = [](const std::string& digits) {
        return digits.empty() ? 0 : (digits[0] - '0') * 10 + (digits[1] - '0');
    };
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                           std::chrono::day(day)};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return false;
    if (two_digits(offset_hour) > 23 || two_digits(offset_minute) > 59) return false;
    // A leap second is the last one of a day of UTC.
    constexpr int day_minutes = 24 * 60;
    const int offset = two_digits(offset_hour) * 60 + two_digits(offset_minute);
    const int at = hour * 60 + minute + (sign == "-" ? offset : -offset) + day_minutes;
    return second < 60 || at % day_minutes == day_minutes - 1;
}

std::string member_path(const std::string& path, const std::string& root, std::string_view name) {
    return path == root ? std::string(name) : path + "." + std::string(name);
}

}  // namespace

// One value against one schema, and everything within them.
class JsonSchemaCheck {
public:
    using Node = JsonSchema::Node;

    explicit JsonSchemaCheck(const std::string& root) : root_(root) {}

    Result<void> check(const Node& node, const JsonValue& value, const std::string& path) {
        look(1 + path.size() / text_bytes_per_look);
        TRY(in_time());
        if (node.never) return fail(wrong(path, "is not allowed"));
        TRY(check_kind(node, value, path));
        switch (value.kind()) {
            case JsonKind::number: TRY(check_number(node, JsonNumber(value), path)); break;
            case JsonKind::text: TRY(check_text(node, *value.text(), path)); break;
            case JsonKind::array: TRY(check_array(node, value, path)); break;
            case JsonKind::object: TRY(check_object(node, value, path)); break;
            case JsonKind::null:
            case JsonKind::boolean: break;
        }
        return check_combined(node, value, path);
    }

private:
    static Error wrong(const std::string& path, std::string message) {
        return {ErrorCode::invalid_argument, std::move(message), path};
    }

    // Too long is no answer to whether it fits.
    bool fits(const Node& node, const JsonValue& value, const std::string& path) {
        return check(node, value, path).has_value();
    }
    void look(size_t times) { looks_ += times; }
    [[nodiscard]] bool is_in_time() const { return looks_ <= looks_max; }
    [[nodiscard]] Result<void> in_time() const {
        if (is_in_time()) return {};
        return fail(wrong(root_, "takes too long to check"));
    }

    // Nothing can be told of what it was not in time for.
    bool is_equal(const JsonValue& one, const JsonValue& other) {
        look(1);
        if (one.kind() != other.kind() || !is_in_time()) return false;
        switch (one.kind()) {
            case JsonKind::null: return true;
            case JsonKind::boolean: return one.boolean() == other.boolean();
            case JsonKind::text: return is_equal_text(*one.text(), *other.text());
            case JsonKind::number: return JsonNumber(one).compare(JsonNumber(other)) == 0;
            case JsonKind::array: return is_equal_array(one, other);
            case JsonKind::object: return is_equal_object(one, other);
        }
        return false;
    }

    bool is_equal_text(std::string_view one, std::string_view other) {
        if (one.size() != other.size()) return false;
        look(one.size() / text_bytes_per_look);
        return one == other;
    }

    bool is_equal_array(const JsonValue& one, const JsonValue& other) {
        const auto elements = one.elements();
        const auto others = other.elements();
        look(elements.size() + others.size());
        return std::equal(
            elements.begin(), elements.end(), others.begin(), others.end(),
            [this](const auto& each, const auto& same) { return is_equal(each, same); });
    }

    bool is_equal_object(const JsonValue& one, const JsonValue& other) {
        const auto members = sorted_members(one);
        const auto others = sorted_members(other);
        look(members.size() + others.size());
        return std::equal(members.begin(), members.end(), others.begin(), others.end(),
                          [this](const auto& each, const auto& same) {
                              return is_equal_text(each.first, same.first) &&
                                     is_equal(each.second, same.second);
                          });
    }

    Result<void> check_kind(const Node& node, const JsonValue& value, const std::string& path) {
        if (node.types) {
            const uint8_t bits = static_cast<uint8_t>(type_bit(value.kind()) |
                                                      (is_integer(value) ? integer_type_bit : 0));
            if ((*node.types & bits) == 0) return fail(wrong(path, "is of the wrong type"));
        }
        if (node.constant && !is_equal(*node.constant, value)) {
            TRY(in_time());
            return fail(wrong(path, node.constant_needed));
        }
        if (!node.choices) return {};
        const bool is_one =
            std::any_of(node.choices->begin(), node.choices->end(),
                        [&](const auto& choice) { return is_equal(choice, value); });
        TRY(in_time());
        if (!is_one) return fail(wrong(path, "is none of the values that are allowed"));
        return {};
    }

    static Result<void> check_number(const Node& node, const JsonNumber& number,
                                     const std::string& path) {
        const auto fits = [&](const std::optional<Node::Limit>& limit, auto&& order) {
            return !limit || order(number.compare(limit->number), 0);
        };
        if (!fits(node.minimum, std::greater_equal())) {
            return fail(wrong(path, "must be at least " + node.minimum->text));
        }
        if (!fits(node.maximum, std::less_equal())) {
            return fail(wrong(path, "must be at most " + node.maximum->text));
        }
        if (!fits(node.above, std::greater())) {
            return fail(wrong(path, "must be above " + node.above->text));
        }
        if (!fits(node.below, std::less())) {
            return fail(wrong(path, "must be below " + node.below->text));
        }
        if (node.multiple_of && !number.is_multiple_of(node.multiple_of->number)) {
            return fail(wrong(path, "must be a multiple of " + node.multiple_of->text));
        }
        return {};
    }

    static Result<void> check_count(const Node::Bounds& bounds, uint64_t count,
                                    std::string_view of_what, const std::string& path) {
        if (count < bounds.min) {
            return fail(wrong(path, fmt::format("must have at least {} {}", bounds.min, of_what)));
        }
        if (count > bounds.max) {
            return fail(wrong(path, fmt::format("must have at most {} {}", bounds.max, of_what)));
        }
        return {};
    }

    // Of any part of it.
    Result<bool> matches(const RE2& expression, std::string_view text) {
        const auto instructions = static_cast<size_t>(std::max(expression.ProgramSize(), 1));
        look(text.size() * instructions / instructions_per_look);
        TRY(in_time());
        return RE2::PartialMatch(piece(text), expression);
    }

    Result<void> check_text(const Node& node, std::string_view text, const std::string& path) {
        look(text.size() / text_bytes_per_look);
        TRY(check_count(node.length, code_points(text), "characters", path));
        if (node.pattern) {
            TRY_AS(const bool is_matched, matches(*node.pattern->expression, text));
            if (!is_matched) return fail(wrong(path, node.pattern->needed));
        }
        if (node.format == JsonFormat::uuid && !Uuid::parse(text)) {
            return fail(wrong(path, "must be a UUID"));
        }
        if (node.format == JsonFormat::date_time && !is_date_time(text)) {
            return fail(wrong(path, "must be a date and time"));
        }
        return {};
    }

    Result<void> check_array(const Node& node, const JsonValue& value, const std::string& path) {
        const auto elements = value.elements();
        look(elements.size());
        TRY(check_count(node.item_count, elements.size(), "elements", path));
        uint64_t contained = 0;
        for (size_t i = 0; i < elements.size(); ++i) {
            look(path.size() / text_bytes_per_look);
            TRY(in_time());
            const auto place = fmt::format("{}[{}]", path, i);
            const bool is_first = i < node.first_items.size();
            const auto& schema = is_first ? node.first_items[i] : node.items;
            if (schema) TRY(check(*schema, elements[i], place));
            if (node.contains && fits(*node.contains, elements[i], place)) ++contained;
        }
        TRY(in_time());
        if (node.contains) {
            TRY(check_count(node.contained, contained, "elements of the one kind", path));
        }
        if (!node.unique_items) return {};
        for (size_t i = 0; i < elements.size(); ++i) {
            for (size_t before = 0; before < i; ++before) {
                if (!is_equal(elements[before], elements[i])) continue;
                return fail(wrong(fmt::format("{}[{}]", path, i), "is there twice"));
            }
            TRY(in_time());
        }
        return {};
    }

    Result<void> check_object(const Node& node, const JsonValue& value, const std::string& path) {
        const auto members = value.members();
        TRY(check_count(node.member_count, members.size(), "members", path));
        look(members.size());
        TRY(check_names(node, value, path));
        for (const auto& [name, member] : members) {
            look((path.size() + name.size()) / text_bytes_per_look);
            TRY(in_time());
            TRY(check_member(node, name, member, member_path(path, root_, name)));
        }
        return {};
    }

    Result<void> check_names(const Node& node, const JsonValue& value, const std::string& path) {
        if (node.required.empty() && node.dependent_required.empty()) return {};
        const auto members = sorted_members(value);
        look(members.size());
        const auto has = [&](const std::string& name) {
            // The name is said where it is missing, so its length counts.
            look(1 + name.size() / text_bytes_per_look);
            const auto place =
                std::lower_bound(members.begin(), members.end(), name,
                                 [](const auto& each, const auto& to) { return each.first < to; });
            return place != members.end() && place->first == name;
        };
        for (const auto& name : node.required) {
            if (!has(name)) return fail(wrong(member_path(path, root_, name), "is required"));
        }
        for (const auto& [name, needed] : node.dependent_required) {
            if (!has(name)) continue;
            for (const auto& other : needed) {
                if (has(other)) continue;
                return fail(
                    wrong(member_path(path, root_, other), "is required together with " + name));
            }
            TRY(in_time());
        }
        return {};
    }

    Result<void> check_member(const Node& node, std::string_view name, const JsonValue& member,
                              const std::string& path) {
        bool is_known = false;
        look(node.properties.size() + node.pattern_properties.size());
        for (const auto& [known, schema] : node.properties) {
            if (known != name) continue;
            is_known = true;
            TRY(check(*schema, member, path));
        }
        for (const auto& pattern : node.pattern_properties) {
            TRY_AS(const bool is_matched, matches(*pattern.expression, name));
            if (!is_matched) continue;
            is_known = true;
            TRY(check(*pattern.schema, member, path));
        }
        if (!is_known && node.other_properties) TRY(check(*node.other_properties, member, path));
        if (!node.property_names) return {};
        // As a value of its own, to be looked at like any other.
        const auto document = JsonDocument::parse(json_text_of(name));
        if (!document) return fail(wrong(path, "has a name that cannot be"));
        return check(*node.property_names, document->root(), path);
    }

    static std::string json_text_of(std::string_view text) {
        std::string out;
        append_json_string(out, text);
        return out;
    }

    Result<void> check_combined(const Node& node, const JsonValue& value, const std::string& path) {
        for (const auto& schema : node.all_of) TRY(check(*schema, value, path));
        const auto fitting = [&](const auto& schemas) {
            return std::count_if(schemas.begin(), schemas.end(),
                                 [&](const auto& schema) { return fits(*schema, value, path); });
        };
        if (!node.any_of.empty() && fitting(node.any_of) == 0) {
            TRY(in_time());
            return fail(wrong(path, "fits none of the schemas of anyOf"));
        }
        if (!node.one_of.empty()) {
            const auto count = fitting(node.one_of);
            TRY(in_time());
            if (count != 1) {
                return fail(
                    wrong(path, fmt::format("fits {} schemas of oneOf and not one", count)));
            }
        }
        if (node.none_of && fits(*node.none_of, value, path)) {
            return fail(wrong(path, "fits the schema of not"));
        }
        if (node.condition) {
            const auto& next = fits(*node.condition, value, path) ? node.then : node.otherwise;
            TRY(in_time());
            if (next) TRY(check(*next, value, path));
        }
        return in_time();
    }

    const std::string& root_;
    size_t looks_ = 0;
};

Result<void> JsonSchema::validate(const JsonValue& value, const std::string& root) const {
    return JsonSchemaCheck(root).check(*root_, value, root);
}

namespace {

// Where, as seen from the value: ".a[2].b". Written only when it is found: a name may be as long as
// half of the text, and stand before as many values as fit into the other half.
std::optional<std::string> name_given_twice(const JsonValue& value) {
    if (value.kind() == JsonKind::array) {
        const auto elements = value.elements();
        for (size_t i = 0; i < elements.size(); ++i) {
            const auto found = name_given_twice(elements[i]);
            if (found) return fmt::format("[{}]{}", i, *found);
        }
    }
    if (!value.is_object()) return std::nullopt;
    const auto members = value.members();
    std::vector<std::string_view> names;
    names.reserve(members.size());
    for (const auto& [name, member] : members) names.push_back(name);
    std::sort(names.begin(), names.end());
    if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end()) {
        return fmt::format(".{}", *twice);
    }
    for (const auto& [name, member] : members) {
        const auto found = name_given_twice(member);
        if (found) return fmt::format(".{}{}", name, *found);
    }
    return std::nullopt;
}

}  // namespace

Result<void> check_unique_names(const JsonValue& value, const std::string& root) {
    const auto found = name_given_twice(value);
    if (!found) return {};
    return fail(ErrorCode::invalid_argument, "is given twice",
                found->front() == '.' ? found->substr(1) : root + *found);
}

}  // namespace signalbox
