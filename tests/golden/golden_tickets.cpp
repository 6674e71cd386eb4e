#include "tests/golden/golden_tickets.h"

namespace signalbox {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

CreateTicket ticket_for(Resource resource) {
    CreateTicket command;
    command.resource = std::move(resource);
    return command;
}

CreateTicket full_ticket(const Uuid& session) {
    auto command = ticket_for(golden_resource(1, "vm", "100"));
    auto& fields = command.fields;
    fields.action = "provision";
    fields.extra = R"({"owner_uuid":"é","retries":3})";
    fields.reqid = "req-1";
    fields.owner = "workflow-7";
    fields.priority = -5;
    fields.ttl = minutes(10);
    fields.hold_max = minutes(60);
    fields.session = session;
    fields.slots = 1;
    fields.more_resources = {golden_resource(2, "vm", "200"), golden_resource(1, "nic", "")};
    command.mode = TicketMode::shared;
    command.barge = true;
    command.idempotency_key = "key-1";
    command.request_digest = 0x0102030405060708;
    return command;
}

}  // namespace

Resource golden_resource(uint8_t server, std::string scope, std::string id) {
    Resource resource;
    if (server != 0) {
        resource.server.is_named = true;
        resource.server.uuid.bytes.fill(static_cast<uint8_t>(0x11 * server));
    }
    resource.scope = std::move(scope);
    resource.id = std::move(id);
    return resource;
}

GoldenTickets::GoldenTickets() : driver({}, 1) {
    session = driver.must(CreateSession{"worker-1", seconds(30), seconds(5), {}}).id;

    auto plain_ticket = ticket_for(golden_resource(1, "vm", "100"));
    plain_ticket.fields.expires_text = "2026-01-01T03:00:00+02:00";
    plain_ticket.expires_at = driver.clock().now().wall + minutes(60);
    plain = driver.must(std::move(plain_ticket)).ticket.record.uuid;
    driver.advance(Duration(1500));
    full = driver.must(full_ticket(session)).ticket.record.uuid;

    finished = driver.must(ticket_for(golden_resource(0, "image", "a"))).ticket.record.uuid;
    driver.advance(seconds(2));
    driver.must(ReleaseTicket{finished, FencingToken(2), true, "stuck"});

    auto brief = ticket_for(golden_resource(0, "image", "a"));
    brief.fields.ttl = seconds(1);
    expired = driver.must(std::move(brief)).ticket.record.uuid;
    driver.advance(seconds(2));

    deleted = driver.must(ticket_for(golden_resource(0, "image", "b"))).ticket.record.uuid;
    driver.must(DeleteTicket{deleted, "a mistake"});

    SetLine line;
    // Any bytes may be in a name, also those that end one.
    line.resource = golden_resource(2, std::string("s\0é", 4), "id");
    line.slots = 300;
    line.paused = true;
    line.draining = true;
    line.reason = "maintenance";
    driver.must(std::move(line));
}

std::map<Table, MemoryStore::Rows> GoldenTickets::rows() {
    std::map<Table, MemoryStore::Rows> by_table;
    for (auto& [key, value] : driver.store().rows()) {
        by_table[static_cast<Table>(key.front())].emplace(key, value);
    }
    return by_table;
}

}  // namespace signalbox
