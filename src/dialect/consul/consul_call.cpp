#include "dialect/consul/consul_call.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "dialect/consul/consul_answer.h"

namespace signalbox::consul {
namespace {

constexpr Duration wait_default = std::chrono::minutes(5);
constexpr Duration wait_max = std::chrono::minutes(10);

std::optional<uint64_t> parse_unsigned(std::string_view text) {
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

// As Go's strconv.ParseBool.
std::optional<bool> parse_truth(std::string_view text) {
    for (const auto* yes : {"", "1", "t", "T", "true", "TRUE", "True"}) {
        if (text == yes) return true;
    }
    for (const auto* no : {"0", "f", "F", "false", "FALSE", "False"}) {
        if (text == no) return false;
    }
    return std::nullopt;
}

std::string comparable(std::string_view name) {
    std::string text;
    for (const char c : name) {
        if (c == '_') continue;
        text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text;
}

Error wrong_kind(std::string_view field, const char* what) {
    return {ErrorCode::invalid_argument, what, std::string(field)};
}

// "/v1//a/../b" is redirected, as Go's servers do: such a path never names anything.
std::optional<std::string> cleaned(std::string_view path) {
    std::vector<std::string_view> segments;
    bool is_clean = true;
    std::string_view rest = path;
    const bool has_end = path.ends_with('/');
    while (!rest.empty()) {
        rest.remove_prefix(1);
        const auto segment = rest.substr(0, rest.find('/'));
        rest.remove_prefix(segment.size());
        if (segment.empty() && rest.empty()) break;
        if (segment.empty() || segment == "." || segment == "..") {
            is_clean = false;
            if (segment == ".." && !segments.empty()) segments.pop_back();
        } else {
            segments.push_back(segment);
        }
    }
    if (is_clean) return std::nullopt;
    std::string clean;
    for (const auto segment : segments) clean.append("/").append(segment);
    if (has_end || clean.empty()) clean += '/';
    return clean;
}

}  // namespace

std::optional<HttpResponse> redirection(const HttpRequest& request) {
    auto clean = cleaned(request.path);
    if (!clean) return std::nullopt;
    auto response = text_answer(301, "Moved Permanently.\n");
    if (!request.query.empty()) clean->append("?").append(request.query);
    response.fields.emplace_back("Location", std::move(*clean));
    return response;
}

Result<Duration> parse_go_duration(std::string_view text, std::string_view field) {
    const auto duration = parse_duration(text);
    // Days are ours.
    if (!duration || text.find('d') != std::string_view::npos) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("Invalid {}: \"{}\" is no duration such as 10s", field, text),
                    std::string(field));
    }
    return *duration;
}

Result<ConsulCall> ConsulCall::of(const Call& call, OptionsPtr options) {
    ConsulCall made(call, std::move(options));
    auto query = parse_query(call.request.query);
    if (!query) {
        return fail(ErrorCode::invalid_argument, "The query is not well-formed", "query");
    }
    made.query_ = std::move(*query);
    if (const auto datacenter = made.text("dc");
        datacenter && !datacenter->empty() && *datacenter != made.options().datacenter) {
        return fail(ErrorCode::internal, "No path to datacenter", "dc");
    }
    for (const auto* name : {"ns", "partition", "peer", "sg"}) {
        const auto value = made.text(name);
        if (!value || value->empty() || *value == "default") continue;
        return fail(ErrorCode::invalid_argument,
                    fmt::format("Invalid query parameter: \"{}\" - there is only one here", name),
                    name);
    }
    return made;
}

std::optional<std::string> ConsulCall::text(std::string_view name) const {
    for (const auto& [known, value] : query_) {
        if (known == name) return value;
    }
    return std::nullopt;
}

std::vector<std::string> ConsulCall::texts(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& [known, value] : query_) {
        if (known == name && !value.empty()) values.push_back(value);
    }
    return values;
}

bool ConsulCall::has(std::string_view name) const {
    return text(name).has_value();
}

Result<bool> ConsulCall::flag(std::string_view name) const {
    const auto value = text(name);
    if (!value) return false;
    const auto truth = parse_truth(*value);
    if (!truth) {
        return fail(ErrorCode::invalid_argument, fmt::format("Invalid value for ?{}", name),
                    std::string(name));
    }
    return *truth;
}

Result<std::optional<uint64_t>> ConsulCall::number(std::string_view name) const {
    const auto value = text(name);
    if (!value) return std::optional<uint64_t>();
    // An empty one is no wish for nothing: who says `cas=` wants to be protected.
    const auto parsed = parse_unsigned(*value);
    if (!parsed) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("Invalid {}: \"{}\" is no whole number", name, *value),
                    std::string(name));
    }
    return parsed;
}

Result<ReadWishes> ConsulCall::wishes() const {
    ReadWishes wishes;
    if (const auto index = text("index"); index && !index->empty()) {
        TRY_AS(const auto known, number("index"));
        wishes.index = known.value_or(0);
    }
    wishes.wait = wait_default;
    if (const auto wait = text("wait"); wait && !wait->empty()) {
        TRY_AS(wishes.wait, parse_go_duration(*wait, "wait"));
        if (wishes.wait <= Duration::zero()) wishes.wait = wait_default;
    }
    wishes.wait = std::min(wishes.wait, wait_max);
    wishes.is_pretty = has("pretty");
    const bool is_consistent = has("consistent");
    if (has("stale") && is_consistent) {
        return fail(ErrorCode::invalid_argument,
                    "Cannot specify ?stale with ?consistent, conflicting semantics.", "stale");
    }
    if (has("cached") && is_consistent) {
        return fail(ErrorCode::invalid_argument,
                    "Cannot specify ?cached with ?consistent, conflicting semantics.", "cached");
    }
    if (has("filter") && !text("filter")->empty()) {
        return fail(ErrorCode::invalid_argument, "Filtering is not supported by this server",
                    "filter");
    }
    if (has("stale")) wishes.consistency = "stale";
    if (is_consistent) wishes.consistency = "consistent";
    return wishes;
}

std::string ConsulCall::node_of(std::string_view shown) const {
    return shown == options_->node_name ? std::string() : std::string(shown);
}

Result<JsonDocument> ConsulCall::json(std::string_view otherwise) const {
    const auto text = body().empty() ? otherwise : body();
    auto document = JsonDocument::parse(text);
    if (!document) {
        return fail(ErrorCode::invalid_argument,
                    "Request decode failed: " + document.error().message, "body");
    }
    return document;
}

Result<Members> Members::of(const JsonValue& object) {
    if (!object.is_object()) {
        return fail(ErrorCode::invalid_argument, "Request decode failed: must be an object",
                    "body");
    }
    Members made;
    for (const auto& [name, value] : object.members()) {
        made.members_.push_back({comparable(name), name, value, value.is_null()});
    }
    return made;
}

// Of several that mean the same, the last one that says something.
std::optional<JsonValue> Members::value(std::string_view name) {
    const auto wanted = comparable(name);
    std::optional<JsonValue> found;
    for (auto& member : members_) {
        if (member.name != wanted) continue;
        member.known = true;
        if (!member.value.is_null()) found = member.value;
    }
    return found;
}

Result<std::optional<std::string>> Members::text(std::string_view name) {
    const auto found = value(name);
    if (!found) return std::optional<std::string>();
    const auto text = found->text();
    if (!text) return fail(wrong_kind(name, "must be a string"));
    return std::optional(std::string(*text));
}

Result<std::optional<int64_t>> Members::integer(std::string_view name, int64_t min, int64_t max) {
    const auto found = value(name);
    if (!found) return std::optional<int64_t>();
    const auto number = found->integer();
    if (!number || *number < min || *number > max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must be a whole number between {} and {}", min, max),
                    std::string(name));
    }
    return number;
}

Result<std::optional<uint64_t>> Members::unsigned_integer(std::string_view name) {
    const auto found = value(name);
    if (!found) return std::optional<uint64_t>();
    const auto number = parse_unsigned(found->json());
    if (!number) return fail(wrong_kind(name, "must be a whole number of at most 64 bits"));
    return number;
}

Result<std::optional<bool>> Members::boolean(std::string_view name) {
    const auto found = value(name);
    if (!found) return std::optional<bool>();
    const auto truth = found->boolean();
    if (!truth) return fail(wrong_kind(name, "must be true or false"));
    return truth;
}

Result<std::vector<JsonValue>> Members::array(std::string_view name) {
    const auto found = value(name);
    if (!found) return std::vector<JsonValue>();
    if (found->kind() != JsonKind::array) return fail(wrong_kind(name, "must be an array"));
    return found->elements();
}

Result<std::vector<std::string>> Members::texts(std::string_view name) {
    TRY_AS(const auto elements, array(name));
    std::vector<std::string> texts;
    for (const auto& element : elements) {
        const auto text = element.text();
        if (!text) return fail(wrong_kind(name, "must be an array of strings"));
        texts.emplace_back(*text);
    }
    return texts;
}

Result<std::optional<JsonValue>> Members::object(std::string_view name) {
    const auto found = value(name);
    if (found && !found->is_object()) return fail(wrong_kind(name, "must be an object"));
    return found;
}

Result<std::optional<Duration>> Members::duration(std::string_view name) {
    const auto found = value(name);
    if (!found) return std::optional<Duration>();
    if (const auto text = found->text()) {
        if (text->empty()) return std::optional<Duration>();
        TRY_AS(const auto parsed, parse_go_duration(*text, name));
        return std::optional(parsed);
    }
    const auto nanoseconds = found->integer();
    if (!nanoseconds || *nanoseconds < 0) {
        return fail(wrong_kind(name, "must be a duration such as \"10s\""));
    }
    return std::optional(
        std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(*nanoseconds)));
}

Result<void> Members::only_known() const {
    for (const auto& member : members_) {
        if (member.known) continue;
        return fail(ErrorCode::invalid_argument,
                    fmt::format("Request decode failed: unknown field \"{}\"", member.written),
                    std::string(member.written));
    }
    return {};
}

void RouteTable::add(HttpMethod method, std::string_view path, ConsulHandler handle,
                     Access access) {
    router_.add(
        Dialect::consul, method, "/v1" + std::string(path),
        [options = options_, handle](Call& call) {
            const ExchangePtr exchange = call.exchange;
            if (auto elsewhere = redirection(call.request)) {
                return exchange->respond(std::move(*elsewhere));
            }
            const auto consul = ConsulCall::of(call, options);
            const auto done = consul ? handle(*consul) : Result<void>(fail(consul.error()));
            if (!done) exchange->respond(error_answer(done.error()));
        },
        access);
}

}  // namespace signalbox::consul
