#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "app/options.h"

// What the table of options is made with: how texts are read, and a list that grows.

namespace signalbox {

using Setter = std::function<Result<void>(ServeOptions&, const std::string&)>;

constexpr uint64_t mib = 1u << 20;
constexpr uint64_t gib = 1u << 30;

Result<uint64_t> read_number(const std::string& text, uint64_t min, uint64_t max);
// "64MiB", "64M" or "67108864".
Result<uint64_t> read_size(const std::string& text, uint64_t min, uint64_t max);
Result<bool> read_flag(const std::string& text);

// For a limit within one of the structs: `place` says where.
template <class Place>
Setter count(Place place, uint64_t max, uint64_t min = 1) {
    return [=](ServeOptions& options, const std::string& text) -> Result<void> {
        TRY_AS(const auto value, read_number(text, min, max));
        auto& target = place(options);
        target = static_cast<std::remove_reference_t<decltype(target)>>(value);
        return {};
    };
}

template <class Place>
Setter size(Place place, uint64_t min, uint64_t max) {
    return [=](ServeOptions& options, const std::string& text) -> Result<void> {
        TRY_AS(const auto value, read_size(text, min, max));
        auto& target = place(options);
        target = static_cast<std::remove_reference_t<decltype(target)>>(value);
        return {};
    };
}

template <class Place>
Setter duration(Place place) {
    return [=](ServeOptions& options, const std::string& text) -> Result<void> {
        TRY_AS(const auto value, parse_duration(text));
        if (value.count() <= 0) {
            return fail(ErrorCode::invalid_argument, "must be longer than 0");
        }
        place(options) = value;
        return {};
    };
}

// The same for a text within one of the structs.
template <class Place>
Setter text_at(Place place) {
    return [=](ServeOptions& options, const std::string& text) -> Result<void> {
        if (text.empty()) return fail(ErrorCode::invalid_argument, "must not be empty");
        place(options) = text;
        return {};
    };
}

class OptionList {
public:
    OptionSpec& add(std::string name, std::string placeholder, std::string help, Setter set) {
        specs_.push_back({std::move(name), std::move(placeholder), std::move(help), false, false,
                          std::move(set)});
        return specs_.back();
    }
    template <class Place>
    void add_count(std::string name, const std::string& help, Place place,
                   uint64_t max = 1'000'000'000) {
        ServeOptions defaults;
        add(std::move(name), "N", fmt::format("{} [{}]", help, place(defaults)), count(place, max));
    }
    template <class Place>
    void add_duration(std::string name, const std::string& help, Place place) {
        ServeOptions defaults;
        add(std::move(name), "TIME", fmt::format("{} [{}]", help, format_duration(place(defaults))),
            duration(place));
    }
    template <class Place>
    void add_switch(std::string name, const std::string& help, Place place) {
        ServeOptions defaults;
        add(std::move(name), "BOOL", fmt::format("{} [{}]", help, place(defaults)),
            [place](ServeOptions& options, const std::string& text) -> Result<void> {
                TRY_AS(place(options), read_flag(text));
                return {};
            });
    }
    std::vector<OptionSpec> take() { return std::move(specs_); }

private:
    std::vector<OptionSpec> specs_;
};

// Those of Zaqar's routes.
void add_zaqar_options(OptionList& list);

}  // namespace signalbox
