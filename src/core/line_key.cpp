#include "core/line_key.h"

namespace signalbox {
namespace {

constexpr std::string_view default_server = "default";

}  // namespace

std::optional<ServerId> ServerId::parse(std::string_view text) {
    if (text == default_server) return ServerId{};
    const auto uuid = Uuid::parse(text);
    if (!uuid) return std::nullopt;
    return ServerId{true, *uuid};
}

std::string ServerId::text() const {
    return is_named ? uuid.text() : std::string(default_server);
}

}  // namespace signalbox
