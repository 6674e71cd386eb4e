#pragma once

#include "codec/json_writer.h"
#include "core/line_key.h"

namespace signalbox {

// The members that name a resource, within an object, as every document of ours has them.
inline void write_resource(JsonWriter& json, const Resource& resource) {
    json.member("server_uuid", resource.server.text());
    json.member("scope", resource.scope);
    json.member("id", resource.id);
}

}  // namespace signalbox
