#include <algorithm>

#include "codec/json_writer.h"
#include "core/queue_rows.h"
#include "core/tenants.h"
#include "dialect/zaqar/queue_metadata.h"
#include "dialect/zaqar/websocket_call.h"
#include "dialect/zaqar/zaqar_checks.h"
#include "storage/keys.h"

namespace signalbox::zaqar {

// There is no filter, so that a page is few rows, and no need to read it in slices.
void list_websocket_queues(const std::shared_ptr<WebSocketCall>& call) {
    const auto& request = call->request();
    const auto limit = check_queue_limit(request.integer("limit"), call->limits());
    if (!limit) return call->refuse_with(limit.error());
    const auto snapshot = call->frontend().node().partition_of(call->project()).snapshot();
    const auto tenant = find_tenant(*snapshot, call->project());
    if (!tenant) return call->refuse_with(fault_of(tenant.error()));
    const auto prefix = queue_row_prefix(*tenant, QueueKind::queue);
    std::string lower = prefix;
    if (const auto marker = request.text("marker"); marker && !marker->empty()) {
        lower += *marker;
        lower.push_back('\0');
    }
    const bool detailed = request.flag("detailed");
    const auto scan = snapshot->scan(lower, prefix_end(prefix));
    std::string body = R"({"queues":[)";
    for (size_t shown = 0; shown < *limit && scan->valid(); ++shown, scan->next()) {
        const auto name = scan->key().substr(prefix.size());
        body += shown > 0 ? R"(,{"name":)" : R"({"name":)";
        append_json_string(body, name);
        if (detailed) {
            auto row = decode_queue(scan->value());
            if (!row) {
                return call->refuse_with(
                    fault_of({ErrorCode::internal, "a row of a queue is damaged", {}}));
            }
            QueueView view;
            view.settings = std::move(row->settings);
            view.metadata = std::move(row->metadata);
            body += R"(,"metadata":)";
            body += MetadataDocument::of(view).text();
        }
        body += '}';
    }
    if (const auto read = scan->status(); !read) return call->refuse_with(fault_of(read.error()));
    call->respond(200, body + "]}");
}

}  // namespace signalbox::zaqar
