#include "codec/json_merge.h"

#include <map>

#include "codec/json_writer.h"

namespace signalbox {
namespace {

// Where `target` is null, the patch is for what is not there.
void append_merged(std::string& out, const JsonValue* target, const JsonValue& patch) {
    if (!patch.is_object()) {
        out += patch.json();
        return;
    }
    bool is_first = true;
    const auto begin_member = [&](std::string_view name) {
        if (!is_first) out += ',';
        is_first = false;
        append_json_string(out, name);
        out += ':';
    };
    const auto changes = patch.members();
    std::map<std::string_view, const JsonValue*> change_of;
    for (const auto& [name, value] : changes) change_of[name] = &value;
    out += '{';
    const auto before = target == nullptr ? decltype(changes)() : target->members();
    for (const auto& [name, value] : before) {
        const auto change = change_of.find(name);
        if (change == change_of.end()) {
            begin_member(name);
            out += value.json();
            continue;
        }
        if (!change->second->is_null()) {
            begin_member(name);
            append_merged(out, &value, *change->second);
        }
        change_of.erase(change);
    }
    for (const auto& [name, value] : changes) {
        const auto change = change_of.find(name);
        if (change == change_of.end() || change->second->is_null()) continue;
        begin_member(name);
        append_merged(out, nullptr, *change->second);
        change_of.erase(change);
    }
    out += '}';
}

}  // namespace

std::string json_merge_patch(const JsonValue& target, const JsonValue& patch) {
    std::string out;
    append_merged(out, &target, patch);
    return out;
}

}  // namespace signalbox
