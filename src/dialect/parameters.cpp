#include "dialect/parameters.h"

#include <charconv>

#include <fmt/format.h>

namespace signalbox {

Result<Parameters> Parameters::of(std::string_view query) {
    auto pairs = parse_query(query);
    if (!pairs) {
        return fail(ErrorCode::invalid_argument, "is not well-formed", "query");
    }
    Parameters parameters;
    for (auto& [name, value] : *pairs) {
        for (const auto& before : parameters.parameters_) {
            if (before.name == name) {
                return fail(ErrorCode::invalid_argument, "is given twice", name);
            }
        }
        parameters.parameters_.push_back({std::move(name), std::move(value)});
    }
    return parameters;
}

std::optional<std::string> Parameters::text(std::string_view name) {
    for (auto& parameter : parameters_) {
        if (parameter.name != name) continue;
        parameter.known = true;
        return parameter.value;
    }
    return std::nullopt;
}

Result<std::optional<int64_t>> Parameters::integer(std::string_view name, int64_t min,
                                                   int64_t max) {
    const auto given = text(name);
    if (!given) return std::optional<int64_t>();
    TRY_AS(const int64_t number, parse_integer(*given, min, max, name));
    return std::optional(number);
}

Result<std::optional<Duration>> Parameters::duration(std::string_view name) {
    const auto given = text(name);
    if (!given) return std::optional<Duration>();
    const auto duration = parse_duration(*given);
    if (!duration) {
        return fail(ErrorCode::invalid_argument, duration.error().message, std::string(name));
    }
    return std::optional(*duration);
}

Result<std::optional<Uuid>> Parameters::uuid(std::string_view name) {
    const auto given = text(name);
    if (!given) return std::optional<Uuid>();
    TRY_AS(const Uuid uuid, parse_uuid(*given, name));
    return std::optional(uuid);
}

Result<std::optional<ServerId>> Parameters::server(std::string_view name) {
    const auto given = text(name);
    if (!given) return std::optional<ServerId>();
    TRY_AS(const ServerId server, parse_server(*given, name));
    return std::optional(server);
}

Result<void> Parameters::only_known() const {
    for (const auto& parameter : parameters_) {
        if (!parameter.known) {
            return fail(ErrorCode::invalid_argument, "is not a known parameter", parameter.name);
        }
    }
    return {};
}

Result<Uuid> parse_uuid(std::string_view text, std::string_view field) {
    if (const auto uuid = Uuid::parse(text)) return *uuid;
    return fail(ErrorCode::invalid_argument, "must be a UUID", std::string(field));
}

Result<ServerId> parse_server(std::string_view text, std::string_view field) {
    if (const auto server = ServerId::parse(text)) return *server;
    return fail(ErrorCode::invalid_argument, "must be a UUID or \"default\"", std::string(field));
}

Result<int64_t> parse_integer(std::string_view text, int64_t min, int64_t max,
                              std::string_view field) {
    int64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (text.empty() || error != std::errc() || stopped != end || number < min || number > max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must be an integer between {} and {}", min, max),
                    std::string(field));
    }
    return number;
}

}  // namespace signalbox
