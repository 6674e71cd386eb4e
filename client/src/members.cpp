#include "members.h"

#include "text.h"

namespace signalbox::client {

const Json* Members::find(const char* name) const {
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> Members::optional_text(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) return value->get<std::string>();
    note(name);
    return std::nullopt;
}

std::string Members::text(const char* name) {
    return optional_text(name).value_or("");
}

std::optional<uint64_t> Members::optional_number(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_number_unsigned()) return value->get<uint64_t>();
    note(name);
    return std::nullopt;
}

uint64_t Members::number(const char* name) {
    return optional_number(name).value_or(0);
}

int64_t Members::signed_number(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) return 0;
    if (value->is_number_integer()) return value->get<int64_t>();
    note(name);
    return 0;
}

bool Members::flag(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) return false;
    if (value->is_boolean()) return value->get<bool>();
    note(name);
    return false;
}

std::optional<Instant> Members::optional_instant(const char* name) {
    const auto text = optional_text(name);
    if (!text) return std::nullopt;
    auto instant = parse_instant(*text);
    if (!instant) note(name);
    return instant;
}

Instant Members::instant(const char* name) {
    return optional_instant(name).value_or(Instant());
}

Duration Members::duration(const char* name) {
    const auto text = optional_text(name);
    if (!text) return Duration::zero();
    const auto duration = parse_duration(*text);
    if (!duration) note(name);
    return duration.value_or(Duration::zero());
}

std::optional<Duration> Members::milliseconds(const char* name) {
    const auto count = optional_number(name);
    if (!count) return std::nullopt;
    return Duration(static_cast<int64_t>(*count));
}

TicketStatus Members::ticket_status(const char* name) {
    const auto status = parse_ticket_status(text(name));
    if (!status) note(name);
    return status.value_or(TicketStatus::queued);
}

Resource Members::resource() {
    return {optional_text("server_uuid").value_or("default"), text("scope"), text("id")};
}

std::string Members::json(const char* name) {
    const Json* value = find(name);
    return value == nullptr ? "" : value->dump();
}

const Json& Members::object(const char* name) {
    static const Json nothing = Json::object();
    const Json* value = find(name);
    if (value != nullptr && value->is_object()) return *value;
    note(name);
    return nothing;
}

std::vector<std::string> Members::texts(const char* name) {
    std::vector<std::string> texts;
    for (const auto& element : elements(name)) {
        if (!element.is_string()) {
            note(name);
            return {};
        }
        texts.push_back(element.get<std::string>());
    }
    return texts;
}

std::vector<Json> Members::elements(const char* name) {
    const Json* value = find(name);
    if (value != nullptr && value->is_array()) return *value;
    note(name);
    return {};
}

}  // namespace signalbox::client
