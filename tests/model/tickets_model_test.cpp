#include "tickets_model.h"

#include <cstdlib>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "sim/engine_driver.h"

// Random commands to the engine and to the model; both must agree after each. rapidcheck finds
// the shortest script that makes them differ, and prints it.

namespace signalbox {
namespace {

constexpr int64_t minute_ms = 60'000;

// Drives the two side by side. A script is a list of numbers, each one step.
class SideBySide {
public:
    void step(uint32_t code) {
        draw_ = code;
        // Sometimes the command comes before the timers that are due have fired. Only where that
        // makes no difference: whoever comes first with a priority is served first.
        if (take(4) == 0) {
            driver_.clock().advance(Duration(take(4000)));
            model_.pass_time(now_ms());
        }
        const auto choice = take(16);
        if (choice < 6 || choice == 12) driver_.fire_due();
        if (choice < 6) {
            create();
        } else if (choice < 9) {
            end(TicketStatus::finished);
        } else if (choice == 9) {
            end(TicketStatus::deleted);
        } else if (choice == 10) {
            renew();
        } else if (choice == 11) {
            wait();
        } else if (choice == 12) {
            change_line();
        } else if (choice < 15) {
            pass_time();
        } else {
            driver_.restart();
            waiting_.clear();
        }
        compare();
    }

private:
    uint32_t take(uint32_t bound) {
        const uint32_t taken = draw_ % bound;
        draw_ /= bound;
        return taken;
    }

    [[nodiscard]] int64_t now_ms() const {
        return const_cast<EngineDriver&>(driver_).clock().now().wall.time_since_epoch().count();
    }

    void create() {
        static const char* names[] = {"a", "b", "c"};
        CreateTicket command;
        TicketsModel::Ticket ticket;
        const uint32_t first = take(3);
        command.resource = {{}, "vm", names[first]};
        ticket.lines.emplace_back(names[first]);
        if (take(4) == 0) {
            const uint32_t second = (first + 1 + take(2)) % 3;
            command.fields.more_resources.push_back({{}, "vm", names[second]});
            ticket.lines.emplace_back(names[second]);
        }
        ticket.shared = take(3) == 0;
        if (ticket.shared) command.mode = TicketMode::shared;
        const uint32_t urgency = take(6);
        if (urgency == 0) command.fields.priority = 2;
        if (urgency == 1) command.fields.priority = -1;
        ticket.order = now_ms() - command.fields.priority * minute_ms;
        const uint32_t life = take(8);
        if (life < 4) {
            ticket.expires_ms = now_ms() + 1'000'000'000;
        } else if (life < 7) {
            ticket.expires_ms = now_ms() + (life - 4) * 5000;  // some are late from the start
        } else {
            ticket.ttl_ms = 7000;
        }
        command.fields.ttl = Duration(ticket.ttl_ms);
        if (ticket.ttl_ms == 0) command.expires_at = Instant(Duration(ticket.expires_ms));
        const auto created = driver_.must(std::move(command));
        uuids_.push_back(created.ticket.record.uuid);
        model_.create(std::move(ticket), now_ms());
    }

    void end(TicketStatus status) {
        if (uuids_.empty()) return;
        const size_t number = take(static_cast<uint32_t>(uuids_.size()));
        const bool was_deleted = model_.tickets()[number].status == TicketStatus::deleted;
        if (status == TicketStatus::finished) {
            const auto answer = driver_.ask(ReleaseTicket{uuids_[number], {}, false, {}});
            RC_ASSERT(answer->has_value() == !was_deleted);
        } else {
            const auto answer = driver_.ask(DeleteTicket{uuids_[number], {}});
            RC_ASSERT(answer->has_value() == !was_deleted);
        }
        if (!was_deleted) model_.end(number, status, now_ms());
    }

    void renew() {
        if (uuids_.empty()) return;
        const size_t number = take(static_cast<uint32_t>(uuids_.size()));
        const auto& ticket = model_.tickets()[number];
        RenewTicket command;
        command.uuid = uuids_[number];
        const auto answer = driver_.ask(std::move(command));
        RC_ASSERT(answer->has_value() == (is_live(ticket.status) && ticket.ttl_ms > 0));
        model_.renew(number, now_ms());
    }

    void wait() {
        if (uuids_.empty()) return;
        const size_t number = take(static_cast<uint32_t>(uuids_.size()));
        const auto& ticket = model_.tickets()[number];
        const auto answer = driver_.ask(WaitTicket{uuids_[number], std::nullopt});
        RC_ASSERT(answer.has_value() == (ticket.status != TicketStatus::queued));
        if (!answer) {
            waiting_[driver_.last_request()] = number;
        } else if (*answer) {
            RC_ASSERT((*answer)->ticket.record.status == ticket.status);
        } else {
            RC_ASSERT(ticket.status == TicketStatus::deleted);
        }
    }

    void change_line() {
        static const char* names[] = {"a", "b", "c"};
        SetLine command;
        command.resource = {{}, "vm", names[take(3)]};
        if (take(2) == 0) {
            command.paused = take(2) == 0;
            model_.set_paused(command.resource.id, *command.paused, now_ms());
        } else {
            command.slots = 1 + take(3);
            model_.set_slots(command.resource.id, *command.slots, now_ms());
        }
        driver_.must(std::move(command));
    }

    // In steps of a millisecond's multiple, so that two tickets are rarely due at once.
    void pass_time() {
        const Duration span(1 + take(20'000));
        for (int64_t passed = 0; passed < span.count();) {
            const auto until = driver_.engine().until_next_deadline(driver_.clock().now());
            const Duration piece =
                std::min(span - Duration(passed), std::max(until.value_or(span), Duration(1)));
            driver_.advance(piece);
            passed += piece.count();
            model_.pass_time(now_ms());
        }
    }

    void compare() {
        driver_.engine().check(driver_.clock().now());
        for (size_t number = 0; number < uuids_.size(); ++number) {
            const auto& expected = model_.tickets()[number];
            const auto answer = driver_.ask(GetTicket{uuids_[number]});
            if (expected.status == TicketStatus::deleted) {
                RC_ASSERT(!answer->has_value());
                continue;
            }
            RC_ASSERT(answer->has_value());
            const TicketView& actual = **answer;
            RC_ASSERT(ticket_status_name(actual.record.status) ==
                      ticket_status_name(expected.status));
            if (expected.status == TicketStatus::active) {
                RC_ASSERT(actual.record.token.value != 0);
            }
            if (expected.status == TicketStatus::queued && expected.lines.size() == 1) {
                RC_ASSERT(actual.place->position == model_.waiting_ahead(number) + 1);
            }
        }
        compare_waits();
    }

    // Each wait is answered exactly once, as soon as its ticket is not queued any more.
    void compare_waits() {
        for (auto& completion : driver_.taken()) {
            const auto waiter = waiting_.find(completion.request);
            RC_ASSERT(waiter != waiting_.end());
            const auto status = model_.tickets()[waiter->second].status;
            const auto outcome = std::get<Result<WaitOutcome>>(std::move(completion.reply));
            // One that expired and was then deleted in the same step may say either.
            if (status != TicketStatus::deleted) RC_ASSERT(outcome.has_value());
            if (outcome) RC_ASSERT(outcome->ticket.record.status != TicketStatus::queued);
            waiting_.erase(waiter);
        }
        for (const auto& [request, number] : waiting_) {
            RC_ASSERT(model_.tickets()[number].status == TicketStatus::queued);
        }
    }

    EngineDriver driver_;
    TicketsModel model_;
    std::vector<Uuid> uuids_;
    std::map<RequestId, size_t> waiting_;
    uint32_t draw_ = 0;
};

TEST(TicketsModel, agrees_with_the_engine_after_every_step) {
    // RC_PARAMS="seed=..." repeats a run that failed.
    ::setenv("RC_PARAMS", "max_success=1000 max_size=200", 0);
    const bool agrees = rc::check("the engine does what the model does", [] {
        const auto script =
            *rc::gen::container<std::vector<uint32_t>>(rc::gen::inRange<uint32_t>(0, UINT32_MAX));
        SideBySide both;
        for (const auto code : script) both.step(code);
    });
    EXPECT_TRUE(agrees);
}

}  // namespace
}  // namespace signalbox
