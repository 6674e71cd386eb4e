#include "app/option_table.h"

#include <charconv>

namespace signalbox {

Result<uint64_t> read_number(const std::string& text, uint64_t min, uint64_t max) {
    uint64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (text.empty() || error != std::errc() || stopped != end || number < min || number > max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must be a whole number between {} and {}", min, max));
    }
    return number;
}

Result<uint64_t> read_size(const std::string& text, uint64_t min, uint64_t max) {
    static const std::vector<std::pair<std::string_view, unsigned>> units{
        {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"K", 10}, {"M", 20}, {"G", 30}};
    std::string digits = text;
    unsigned shift = 0;
    for (const auto& [suffix, bits] : units) {
        if (!text.ends_with(suffix)) continue;
        digits.resize(text.size() - suffix.size());
        shift = bits;
        break;
    }
    const auto number = read_number(digits, 0, UINT64_MAX >> shift);
    if (!number || (*number << shift) < min || (*number << shift) > max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must be a size between {} and {} bytes, such as 64MiB", min, max));
    }
    return *number << shift;
}

Result<bool> read_flag(const std::string& text) {
    if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
    if (text == "false" || text == "0" || text == "no" || text == "off") return false;
    return fail(ErrorCode::invalid_argument, "must be true or false");
}

OptionSetter text_of(std::string ServeOptions::* member) {
    return text_at([=](ServeOptions& options) -> auto& { return options.*member; });
}

}  // namespace signalbox
