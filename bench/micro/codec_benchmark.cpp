#include <memory>

#include <benchmark/benchmark.h>

#include "base/assert.h"
#include "codec/http1.h"
#include "codec/json_reader.h"
#include "core/event.h"
#include "core/ticket.h"
#include "dialect/ticket_json.h"
#include "storage/change_set.h"

// Bytes to values and back: requests, answers, rows.

namespace signalbox {
namespace {

constexpr std::string_view create_body =
    R"({"server_uuid":"564dba97-54f6-4d3d-50f4-fe51cb228cc8","scope":"vm",)"
    R"("id":"bench-000000000001","ttl":"24h","action":"provision"})";

std::string create_request() {
    std::string request =
        "POST /api/v1/tickets HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
        "Content-Type: application/json\r\nContent-Length: ";
    request += std::to_string(create_body.size());
    request += "\r\n\r\n";
    request += create_body;
    return request;
}

TicketView make_view() {
    TicketView view;
    TicketRecord& record = view.record;
    record.uuid = *Uuid::parse("4d1f30a4-2c1f-4b1e-9c0e-6a3f0a4d9d11");
    record.sequence = TicketSequence(123456);
    record.line.reset(
        new LineKey(TenantId(1), Resource{*ServerId::parse("564dba97-54f6-4d3d-50f4-fe51cb228cc8"),
                                          "vm", "bench-000000000001"}));
    TicketFields fields;
    fields.ttl = std::chrono::hours(24);
    fields.action = "provision";
    record.details = TicketDetails::make(fields);
    record.created_at = Instant(std::chrono::hours(500'000));
    record.updated_at = record.created_at;
    record.expires_at = record.created_at + fields.ttl;
    record.granted_at = record.created_at;
    record.order_at = record.created_at;
    record.token = FencingToken(123456);
    record.status = TicketStatus::active;
    return view;
}

void http_parse(benchmark::State& state) {
    const HttpLimits limits;
    HttpParser parser(limits);
    const auto request = create_request();
    for (auto each : state) {
        const auto progress = parser.parse(request);
        ASSERT(progress.is_complete);
        benchmark::DoNotOptimize(parser.request().body.data());
        parser.reset();
    }
}
BENCHMARK(http_parse)->Name("HTTP: parse a creation");

void http_head(benchmark::State& state) {
    HttpResponse response;
    response.status = 201;
    response.content_type = "application/json";
    response.fields.emplace_back("Location",
                                 "/api/v1/tickets/4d1f30a4-2c1f-4b1e-9c0e-6a3f0a4d9d11");
    std::string out;
    for (auto each : state) {
        out.clear();
        append_response_head(out, response, HttpFraming::length, true,
                             "Sun, 06 Nov 1994 08:49:37 GMT");
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(http_head)->Name("HTTP: write the head of an answer");

void json_read(benchmark::State& state) {
    for (auto each : state) {
        const auto document = JsonDocument::parse(create_body);
        ASSERT(document);
        auto members = JsonMembers::of(document->root());
        ASSERT(members);
        for (const auto* name : {"server_uuid", "scope", "id", "ttl", "action"}) {
            benchmark::DoNotOptimize(members->text(name));
        }
        ASSERT(members->only_known());
    }
}
BENCHMARK(json_read)->Name("JSON: read a creation");

void json_write(benchmark::State& state) {
    const TicketView view = make_view();
    std::string out;
    for (auto each : state) {
        out.clear();
        JsonWriter json(out);
        write_ticket(json, view);
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(json_write)->Name("JSON: write a ticket");

void row_encode(benchmark::State& state) {
    const TicketView view = make_view();
    for (auto each : state) benchmark::DoNotOptimize(encode_ticket(view.record, {}));
}
BENCHMARK(row_encode)->Name("row of a ticket: encode");

void row_decode(benchmark::State& state) {
    const TicketView view = make_view();
    const auto key = ticket_row_key(Table::ticket_live, TenantId(1),
                                    view.record.line->resource.server, view.record.sequence);
    const auto value = encode_ticket(view.record, {});
    for (auto each : state) benchmark::DoNotOptimize(decode_ticket(key, value));
}
BENCHMARK(row_decode)->Name("row of a ticket: decode");

void batch_write(benchmark::State& state) {
    const TicketView view = make_view();
    const auto key = ticket_row_key(Table::ticket_live, TenantId(1),
                                    view.record.line->resource.server, view.record.sequence);
    const auto value = encode_ticket(view.record, {});
    BatchWriter writer;
    for (auto each : state) {
        writer.reset(Revision(1));
        for (int i = 0; i < 64; ++i) {
            writer.begin();
            writer.put(key, value);
            writer.end();
        }
        benchmark::DoNotOptimize(writer.view().bytes.data());
    }
    state.SetItemsProcessed(64 * static_cast<int64_t>(state.iterations()));
}
BENCHMARK(batch_write)->Name("change sets: 64 of one row");

}  // namespace
}  // namespace signalbox
