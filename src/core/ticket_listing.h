#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ticket.h"
#include "storage/store.h"

namespace signalbox {

struct TicketFilter {
    std::optional<ServerId> server;  // also tickets that have it among further resources
    std::optional<std::string> scope;
    std::optional<std::string> id;
    std::vector<TicketStatus> statuses;  // empty: all but deleted
};

// Where a page of a listing ended.
struct TicketListPlace {
    ServerId server;
    TicketSequence sequence;
};

// Tickets of a tenant, live and ended, by server and order of creation, from a snapshot; any
// thread. It reads a bounded number of rows at a time, so that a filter that matches little
// holds nobody up.
class TicketListing {
public:
    struct Request {
        TenantId tenant;
        TicketFilter filter;
        ScanOrder order = ScanOrder::ascending;
        std::optional<TicketListPlace> after;  // exclusive
        size_t offset = 0;                     // matches to skip
        size_t limit = 0;
    };
    TicketListing(std::shared_ptr<const StoreSnapshot> snapshot, Request request, Instant now);

    // Reads on, at most `rows_max` rows. True when the listing is complete.
    Result<bool> read(size_t rows_max);

    [[nodiscard]] std::vector<TicketView>& tickets() { return tickets_; }
    // Where to go on; nothing when there is nothing more.
    [[nodiscard]] const std::optional<TicketListPlace>& next() const { return next_; }

private:
    // One table's rows within the range of the request, up to the present place.
    [[nodiscard]] bool may_have(Table table) const;
    std::unique_ptr<RowScan> open_scan(Table table) const;
    [[nodiscard]] bool matches(const TicketView& view) const;
    Result<std::optional<TicketView>> read_row(Table table, const RowScan& scan) const;

    std::shared_ptr<const StoreSnapshot> snapshot_;
    Request request_;
    Instant now_;
    std::optional<TicketListPlace> reached_;
    std::vector<TicketView> tickets_;
    std::optional<TicketListPlace> next_;
};

}  // namespace signalbox
