#include "dialect/event_members.h"

#include "codec/json_text.h"

namespace signalbox {

EventMembers::EventMembers(const Event& event) {
    JsonTextReader reader(event.data);
    reader.enter();
    while (const auto name = reader.next_member()) {
        const auto value = reader.take();
        members_.emplace_back(*name, value);
    }
}

std::string_view EventMembers::find(std::string_view name) const {
    for (const auto& [known, value] : members_) {
        if (known == name) return value;
    }
    return {};
}

}  // namespace signalbox
