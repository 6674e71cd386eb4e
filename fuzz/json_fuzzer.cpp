#include "codec/json_reader.h"
#include "codec/json_writer.h"
#include "codec/url.h"
#include "fuzz/fuzzing.h"

// Any text: what is taken for JSON is written again with the same meaning, and its members can
// be asked for in every way.

namespace signalbox {
namespace {

void ask_for_everything(const JsonValue& value) {
    auto members = JsonMembers::of(value);
    if (!members) return;
    for (const auto& [name, member] : value.members()) {
        ASSERT(is_valid_utf8(name));
        static_cast<void>(members->text(name));
        static_cast<void>(members->integer(name, -10, 10));
        static_cast<void>(members->boolean(name));
        static_cast<void>(members->object(name));
        static_cast<void>(members->array(name));
        if (const auto text = member.text()) {
            ASSERT(is_valid_utf8(*text));
            std::string again;
            append_json_string(again, *text);
            const auto document = JsonDocument::parse(again);
            ASSERT(document && document->root().text() == *text);
        }
        ask_for_everything(member);
    }
    ASSERT(members->only_known());
}

}  // namespace

void fuzz_one(std::string_view input) {
    const auto document = JsonDocument::parse(input);
    if (!document) {
        ASSERT(document.error().code == ErrorCode::invalid_argument);
        return;
    }
    ASSERT(is_valid_utf8(input));
    const auto json = document->root().json();
    const auto again = JsonDocument::parse(json);
    ASSERT(again);
    ASSERT(again->root().json() == json);
    ask_for_everything(document->root());
}

}  // namespace signalbox
