#include "dialect/consul/kv_json.h"

#include "codec/base64.h"

namespace signalbox::consul {

void write_kv_entry(JsonWriter& json, const KvEntry& entry, bool with_value) {
    json.begin_object();
    json.member("LockIndex", entry.lock_index);
    json.member("Key", entry.key);
    json.member("Flags", entry.flags);
    json.key("Value");
    if (!with_value || entry.value.empty()) {
        json.null();
    } else {
        json.value(base64_encode(entry.value));
    }
    if (entry.session) json.member("Session", entry.session->text());
    json.member("CreateIndex", entry.create_index);
    json.member("ModifyIndex", entry.modify_index);
    json.end_object();
}

}  // namespace signalbox::consul
