#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/ticket.h"

namespace signalbox {

// What tickets promise, said as plainly as possible: a list of all tickets, and after every
// change a search through all of them for one that may be granted. Slow and obviously right;
// the engine must agree with it after every step.
class TicketsModel {
public:
    struct Ticket {
        uint64_t number = 0;  // order of creation
        std::vector<std::string> lines;
        bool shared = false;
        int64_t order = 0;  // creation time, earlier by a minute for each priority
        int64_t expires_ms = 0;
        int64_t ttl_ms = 0;  // 0: expires_ms is fixed
        TicketStatus status = TicketStatus::queued;
        uint64_t granted_as = 0;  // 1 for the first grant of all
    };

    size_t create(Ticket ticket, int64_t now_ms);
    void renew(size_t number, int64_t now_ms);
    void end(size_t number, TicketStatus status, int64_t now_ms);
    void set_paused(const std::string& line, bool paused, int64_t now_ms);
    void set_slots(const std::string& line, size_t slots, int64_t now_ms);
    // What has come due by now.
    void pass_time(int64_t now_ms);

    [[nodiscard]] const std::vector<Ticket>& tickets() const { return tickets_; }
    [[nodiscard]] size_t waiting_ahead(size_t number) const;

private:
    void grant_all(int64_t now_ms);
    [[nodiscard]] bool may_be_granted(const Ticket& ticket) const;
    [[nodiscard]] bool is_before(const Ticket& a, const Ticket& b) const;

    std::vector<Ticket> tickets_;
    std::map<std::string, bool> paused_;
    std::map<std::string, size_t> slots_;
    uint64_t grants_ = 0;
};

}  // namespace signalbox
