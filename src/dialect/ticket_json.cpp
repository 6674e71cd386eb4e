#include "dialect/ticket_json.h"

#include "core/resource_json.h"

namespace signalbox {
namespace {

void write_place(JsonWriter& json, const TicketView& view) {
    if (view.record.token.value != 0) json.member("token", view.record.token.value);
    if (view.record.status == TicketStatus::queued && view.place) {
        json.member("position", view.place->position);
        json.member("ahead", view.place->ahead);
        json.key("estimated_wait_ms");
        if (view.place->estimated_wait) {
            json.value(view.place->estimated_wait->count());
        } else {
            json.null();
        }
    }
    if (!view.reason.empty()) json.member("reason", view.reason);
}

void write_times(JsonWriter& json, const TicketRecord& record) {
    json.member("created_at", format_instant(record.created_at));
    json.member("updated_at", format_instant(record.updated_at));
}

}  // namespace

void write_triton_ticket(JsonWriter& json, const TicketView& view) {
    const TicketRecord& record = view.record;
    const auto fields = record.details->fields();
    json.begin_object();
    json.member("uuid", record.uuid.text());
    write_resource(json, record.line->resource);
    if (!fields.expires_text.empty()) {
        json.member("expires_at", fields.expires_text);
    } else if (record.expires_at != never) {
        json.member("expires_at", format_instant(record.expires_at));
    }
    write_times(json, record);
    json.member("status", ticket_status_name(record.status));
    if (fields.action) json.member("action", *fields.action);
    json.key("extra");
    json.raw(fields.extra);
    if (fields.reqid) json.member("reqid", *fields.reqid);
    write_place(json, view);
    json.end_object();
}

void write_ticket(JsonWriter& json, const TicketView& view) {
    const TicketRecord& record = view.record;
    const auto fields = record.details->fields();
    json.begin_object();
    json.member("uuid", record.uuid.text());
    write_resource(json, record.line->resource);
    if (!fields.more_resources.empty()) {
        json.key("resources");
        json.begin_array();
        json.begin_object();
        write_resource(json, record.line->resource);
        json.end_object();
        for (const auto& resource : fields.more_resources) {
            json.begin_object();
            write_resource(json, resource);
            json.end_object();
        }
        json.end_array();
    }
    json.member("status", ticket_status_name(record.status));
    write_place(json, view);
    json.member("mode", ticket_mode_name(record.mode));
    if (fields.slots) json.member("slots", *fields.slots);
    json.member("priority", fields.priority);
    if (record.barge) json.member("barge", true);
    if (fields.owner) json.member("owner", *fields.owner);
    if (fields.session) json.member("session", fields.session->text());
    if (fields.ttl.count() > 0) json.member("ttl", format_duration(fields.ttl));
    if (fields.hold_max.count() > 0) json.member("hold_max", format_duration(fields.hold_max));
    json.key("expires_at");
    if (record.expires_at != never) {
        json.value(format_instant(record.expires_at));
    } else {
        json.null();
    }
    write_times(json, record);
    json.key("granted_at");
    if (record.granted_at != never) {
        json.value(format_instant(record.granted_at));
    } else {
        json.null();
    }
    if (fields.action) json.member("action", *fields.action);
    if (fields.reqid) json.member("reqid", *fields.reqid);
    json.key("extra");
    json.raw(fields.extra);
    json.end_object();
}

void write_line(JsonWriter& json, const LineView& view) {
    json.begin_object();
    write_resource(json, view.key->resource);
    json.member("slots", view.slots);
    json.member("paused", view.paused);
    json.member("draining", view.draining);
    if (!view.reason.empty()) json.member("reason", view.reason);
    json.member("holders", view.holders);
    json.member("queued", view.queued);
    json.key("oldest_queued_at");
    if (view.oldest_queued_at) {
        json.value(format_instant(*view.oldest_queued_at));
    } else {
        json.null();
    }
    json.key("hold_average_ms");
    if (view.hold_average) {
        json.value(view.hold_average->count());
    } else {
        json.null();
    }
    json.end_object();
}

}  // namespace signalbox
