#include <cstdio>

#include <signalbox/client/client.h>
#include <signalbox/client/held_ticket.h>

// Takes a ticket, shows its fencing token, and gives it back.
int main() {
    using namespace signalbox::client;
    const Client client;
    TicketRequest request;
    request.resource = {.scope = "vm", .id = "foreign"};
    request.ttl = std::chrono::seconds(30);
    auto held = HeldTicket::acquire(client, request);
    if (!held) {
        std::fprintf(stderr, "%s\n", held.error().text().c_str());
        return 1;
    }
    std::printf("token %llu\n", static_cast<unsigned long long>(held->token()));
    const auto released = held->release("done");
    return released && released->status == TicketStatus::finished ? 0 : 1;
}
