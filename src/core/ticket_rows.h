#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "core/step.h"
#include "core/ticket_commands.h"

namespace signalbox {

// How tickets are written down: their rows, the numbers given out, and each transition twice,
// as an entry of the ticket's history and as an event of the feed. docs/formats.md has the
// tables. Core thread.
class TicketRows {
public:
    explicit TicketRows(const TicketLimits& limits) : limits_(limits) {}

    Result<void> load_counters(const RowReader& rows);

    [[nodiscard]] TicketSequence next_sequence() const { return next_sequence_; }
    TicketSequence take_sequence();
    FencingToken take_token();
    // At the end of a step that may have taken numbers.
    void save_counters(Step& step);

    static void put_live(const TicketRecord& record, Step& step);
    // The live row becomes an ended one.
    void put_ended(const TicketRecord& record, std::string_view reason, Step& step);
    // An ended ticket changes its status.
    static void update_ended(const TicketRecord& record, std::string_view reason, Step& step);
    // The ended tickets of one server: rows by range, whatever their number. Counts and histories,
    // which nobody can ask for any more, stay until retention comes by.
    static void erase_ended(TenantId tenant, ServerId server, Step& step);
    // Points from the further servers of a ticket to its row.
    static void put_elsewhere(const TicketRecord& record, Step& step);

    // `transition` is "created", "granted", ...; the event's type is "ticket." and that.
    static void note(const TicketRecord& record, std::string_view transition,
                     std::string_view reason, Step& step);
    // Likewise for "renewed"; `fields` become the record's details.
    static void note_renewal(TicketRecord& record, TicketFields fields, Step& step);

    static Result<std::optional<TicketView>> find_ended(TenantId tenant, const Uuid& uuid,
                                                        const RowReader& rows);
    static Result<std::vector<TicketTransition>> history(const TicketRecord& record,
                                                         const RowReader& rows);

    // Drops ended tickets that are too old or too many, a few at a time. True when there is
    // more to do at once.
    Result<bool> forget_ended(Step& step);

    [[nodiscard]] uint64_t ended_count() const { return ended_count_; }

private:
    static Result<void> forget_one(std::string_view key, std::string_view value, Step& step);

    const TicketLimits& limits_;
    TicketSequence next_sequence_{1};
    FencingToken next_token_{1};
    uint64_t ended_count_ = 0;
    bool counters_changed_ = false;
    std::string oldest_ended_;  // no older row is left; where the scan for old ones begins
};

}  // namespace signalbox
