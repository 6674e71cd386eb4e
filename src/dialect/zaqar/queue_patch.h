#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dialect/zaqar/queue_metadata.h"

// Zaqar's form of a JSON patch, on the metadata of a queue: add, replace and remove of one member
// of /metadata each.

namespace signalbox::zaqar {

inline constexpr std::string_view patch_content_type =
    "application/openstack-messaging-v2.0-json-patch";

enum class PatchKind : uint8_t { add, replace, remove };

struct PatchOperation {
    PatchKind kind = PatchKind::add;
    std::string name;   // of the member
    std::string value;  // as it is written; not of a remove
};

Checked<std::vector<PatchOperation>> read_patch(std::string_view body, const ZaqarLimits& limits);

// All or nothing of it. 409 for a replace or a remove of what is not there; but what GET always
// shows is there, be it set or not.
Checked<void> apply_patch(MetadataDocument& document, QueueKind kind,
                          const std::vector<PatchOperation>& operations);

}  // namespace signalbox::zaqar
