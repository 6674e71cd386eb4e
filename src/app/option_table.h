#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "app/options.h"

// What the options of `serve` are made of: how their texts are read, and the table that they are
// added to, a file for each group of them.

namespace signalbox {

using OptionSetter = std::function<Result<void>(ServeOptions&, const std::string&)>;

constexpr uint64_t mib = 1u << 20;
constexpr uint64_t gib = 1u << 30;

Result<uint64_t> read_number(const std::string& text, uint64_t min, uint64_t max);
// "64MiB", "64M" or "67108864".
Result<uint64_t> read_size(const std::string& text, uint64_t min, uint64_t max);
Result<bool> read_flag(const std::string& text);

template <class Number>
OptionSetter number(Number ServeOptions::* member, uint64_t min, uint64_t max) {
    return [=](ServeOptions& options, const std::string& text) -> Result<void> {
        TRY_AS(const auto value, read_number(text, min, max));
        options.*member = static_cast<Number>(value);
        return {};
    };
}

// For a limit within one of the structs: `place` says where.
template <class Place>
OptionSetter count(Place place, uint64_t max, uint64_t min = 1) {
    return [=](ServeOptions& options, const std::string& text) -> Result<void> {
        TRY_AS(const auto value, read_number(text, min, max));
        auto& target = place(options);
        target = static_cast<std::remove_reference_t<decltype(target)>>(value);
        return {};
    };
}

template <class Place>
OptionSetter size(Place place, uint64_t min, uint64_t max) {
    return [=](ServeOptions& options, const std::string& text) -> Result<void> {
        TRY_AS(const auto value, read_size(text, min, max));
        auto& target = place(options);
        target = static_cast<std::remove_reference_t<decltype(target)>>(value);
        return {};
    };
}

// One more of those in a list of networks.
template <class Place>
OptionSetter network(Place place) {
    return [=](ServeOptions& options, const std::string& text) -> Result<void> {
        const auto parsed = IpNetwork::parse(text);
        if (!parsed) {
            return fail(ErrorCode::invalid_argument,
                        "must be an address or a network, such as 10.0.0.0/8, with no bits set "
                        "behind those that count");
        }
        place(options).push_back(*parsed);
        return {};
    };
}

template <class Place>
OptionSetter flag(Place place) {
    return [=](ServeOptions& options, const std::string& text) -> Result<void> {
        TRY_AS(place(options), read_flag(text));
        return {};
    };
}

template <class Place>
OptionSetter duration(Place place) {
    return [=](ServeOptions& options, const std::string& text) -> Result<void> {
        TRY_AS(const auto value, parse_duration(text));
        if (value.count() <= 0) {
            return fail(ErrorCode::invalid_argument, "must be longer than 0");
        }
        place(options) = value;
        return {};
    };
}

OptionSetter text_of(std::string ServeOptions::* member);

// The same for a text within one of the structs.
template <class Place>
OptionSetter text_at(Place place) {
    return [=](ServeOptions& options, const std::string& text) -> Result<void> {
        if (text.empty()) return fail(ErrorCode::invalid_argument, "must not be empty");
        place(options) = text;
        return {};
    };
}

class OptionTable {
public:
    OptionSpec& add(std::string name, std::string placeholder, std::string help, OptionSetter set) {
        specs_.push_back({std::move(name), std::move(placeholder), std::move(help), false, false,
                          std::move(set)});
        return specs_.back();
    }
    // Those whose help tells the default: what `place` finds in options that nobody set.
    template <class Place>
    void add_count(std::string name, const std::string& help, Place place,
                   uint64_t max = 1'000'000'000) {
        add(std::move(name), "N", fmt::format("{} [{}]", help, default_of(place)),
            count(place, max));
    }
    template <class Place>
    void add_duration(std::string name, const std::string& help, Place place) {
        add(std::move(name), "TIME",
            fmt::format("{} [{}]", help, format_duration(default_of(place))), duration(place));
    }
    template <class Place>
    void add_switch(std::string name, const std::string& help, Place place) {
        add(std::move(name), "BOOL", fmt::format("{} [{}]", help, default_of(place)),
            [place](ServeOptions& options, const std::string& text) -> Result<void> {
                TRY_AS(place(options), read_flag(text));
                return {};
            });
    }
    [[nodiscard]] std::vector<OptionSpec> take() { return std::move(specs_); }

private:
    template <class Place>
    static auto default_of(Place place) {
        ServeOptions defaults;
        return place(defaults);
    }

    std::vector<OptionSpec> specs_;
};

// Where it listens, who may ask, how it logs.
void add_server_options(OptionTable& table);
// How it stores, and what everything is limited to.
void add_limit_options(OptionTable& table);
void add_collection_options(OptionTable& table);
void add_zaqar_options(OptionTable& table);
// How subscribers are told.
void add_notify_options(OptionTable& table);
// Fails with one of those that does not fit the others.
Result<void> check_notify_options(const ServeOptions& options);
void add_registry_options(OptionTable& table);

}  // namespace signalbox
