#include "core/ticket_listing.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr std::array tables{Table::ticket_live, Table::ticket_ended, Table::ticket_elsewhere};

TicketListPlace place_of(std::string_view key) {
    ByteReader reader(key);
    reader.u8();
    reader.u32_be();
    TicketListPlace place;
    place.server = read_server(reader);
    place.sequence = TicketSequence(reader.u64_be());
    return place;
}

}  // namespace

TicketListing::TicketListing(std::shared_ptr<const StoreSnapshot> snapshot, Request request,
                             Instant now)
    : snapshot_(std::move(snapshot)),
      request_(std::move(request)),
      now_(now),
      reached_(request_.after) {}

// Whether a ticket that is asked for can be in the table: a million ended ones need not be read
// to find those that wait. A live row may show as expired, see read_row().
bool TicketListing::may_have(Table table) const {
    const auto& wanted = request_.filter.statuses;
    if (wanted.empty() || table == Table::ticket_elsewhere) return true;
    return std::any_of(wanted.begin(), wanted.end(), [&](TicketStatus status) {
        const bool ended = !is_live(status);
        return table == Table::ticket_ended ? ended : !ended || status == TicketStatus::expired;
    });
}

std::unique_ptr<RowScan> TicketListing::open_scan(Table table) const {
    const TenantId tenant = request_.tenant;
    std::string lower = request_.filter.server
                            ? ticket_row_prefix(table, tenant, *request_.filter.server)
                            : KeyBuilder(table).tenant(tenant).take();
    std::string upper = prefix_end(lower);
    if (reached_) {
        const auto place = ticket_row_key(table, tenant, reached_->server, reached_->sequence);
        if (request_.order == ScanOrder::ascending) {
            lower = std::max(lower, prefix_end(place));
        } else {
            upper = std::min(upper, place);
        }
    }
    return snapshot_->scan(lower, std::max(lower, upper), request_.order);
}

Result<bool> TicketListing::read(size_t rows_max) {
    std::array<std::unique_ptr<RowScan>, tables.size()> scans;
    for (size_t i = 0; i < tables.size(); ++i) {
        // A ticket's further servers are looked at only when one is asked for, else it would
        // be listed twice.
        if (tables[i] == Table::ticket_elsewhere && !request_.filter.server) continue;
        if (!may_have(tables[i])) continue;
        scans[i] = open_scan(tables[i]);
    }
    const bool ascending = request_.order == ScanOrder::ascending;
    for (size_t rows = 0; rows < rows_max; ++rows) {
        // The next row in key order, whichever table it is in.
        size_t best = tables.size();
        for (size_t i = 0; i < tables.size(); ++i) {
            if (!scans[i]) continue;
            if (!scans[i]->valid()) {
                if (const auto status = scans[i]->status(); !status) return fail(status.error());
                continue;
            }
            if (best == tables.size()) {
                best = i;
                continue;
            }
            const auto candidate = scans[i]->key().substr(1);
            const auto present = scans[best]->key().substr(1);
            if (ascending ? candidate < present : candidate > present) best = i;
        }
        if (best == tables.size()) return true;
        RowScan& scan = *scans[best];
        reached_ = place_of(scan.key());
        TRY_AS(auto view, read_row(tables[best], scan));
        if (view && matches(*view)) {
            if (request_.offset > 0) {
                --request_.offset;
            } else {
                tickets_.push_back(std::move(*view));
            }
            if (tickets_.size() == request_.limit) {
                next_ = reached_;
                return true;
            }
        }
        scan.next();
    }
    return false;
}

Result<std::optional<TicketView>> TicketListing::read_row(Table table, const RowScan& scan) const {
    std::optional<TicketView> view;
    if (table == Table::ticket_elsewhere) {
        // The row says where the ticket is, but for its table.
        for (const auto home : {Table::ticket_live, Table::ticket_ended}) {
            const auto key = KeyBuilder(home).tail(scan.value()).take();
            TRY_AS(const auto row, snapshot_->get(key));
            if (!row) continue;
            view = decode_ticket(key, *row);
            break;
        }
        if (!view) return view;
    } else {
        view = decode_ticket(scan.key(), scan.value());
    }
    if (!view) return fail(ErrorCode::internal, "a row of a ticket is damaged");
    // Its timer may be a moment late; nobody is shown a ticket as valid that is not.
    auto& record = view->record;
    if (is_live(record.status) && record.details->ttl().count() == 0 &&
        record.details->hold_max().count() == 0 && record.expires_at <= now_) {
        record.status = TicketStatus::expired;
    }
    return view;
}

bool TicketListing::matches(const TicketView& view) const {
    const auto& filter = request_.filter;
    const TicketRecord& record = view.record;
    if (filter.statuses.empty()) {
        if (record.status == TicketStatus::deleted) return false;
    } else if (std::find(filter.statuses.begin(), filter.statuses.end(), record.status) ==
               filter.statuses.end()) {
        return false;
    }
    if (!filter.scope && !filter.id) return true;
    const auto fits = [&](const Resource& resource) {
        return (!filter.server || resource.server == *filter.server) &&
               (!filter.scope || resource.scope == *filter.scope) &&
               (!filter.id || resource.id == *filter.id);
    };
    if (fits(record.line->resource)) return true;
    const auto more = record.details->fields().more_resources;
    return std::any_of(more.begin(), more.end(), fits);
}

}  // namespace signalbox
