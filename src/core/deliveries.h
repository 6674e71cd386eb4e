#pragma once

#include <array>
#include <boost/intrusive/list.hpp>
#include <optional>
#include <string>

#include "base/limits.h"
#include "core/messages.h"
#include "core/outboxes.h"
#include "core/queue_catalog.h"
#include "core/step.h"

namespace signalbox {

struct RetryPolicy;

// Decides who is told what next, and when again if that fails; the telling itself is an Effect.
// One effect at a time for a subscription, so that its messages stay in order, and one message at a
// time while it fails. Everybody has their turn: a subscription gets a bounded number of messages
// and goes to the end of its line, of which there are three. Those that have not shown that they
// take what they are told, and quickly, never have more than half of what may be under way, and
// those that failed last time no more than a quarter: however many hang, the others go on, also
// behind a restart, when it is known only who failed. Core thread.
//
//   has its place --turn--> under way --all delivered--> has its place
//                               `--failed--> waits for its next attempt --time--> has its place
//                               `--failed for the last time--> the message is dropped, or moves to
//                                                              the queue of dead letters
class Deliveries {
public:
    Deliveries(const SubscriptionLimits& limits, Outboxes& outboxes, QueueCatalog& catalog,
               const MessageBodies& bodies, Messages& messages)
        : limits_(limits),
          outboxes_(outboxes),
          catalog_(catalog),
          bodies_(bodies),
          messages_(messages) {}

    // Hands out effects to those whose turn it is. Bounded; see is_unsettled().
    void settle(Step& step);
    [[nodiscard]] bool is_unsettled() const;

    // How it went. Of something that is not under way any more it says nothing, and nothing of a
    // subscription that has become another since.
    Result<DeliveryReported> report(const ReportDelivery& command, Step& step);

    // It has something to be told, or is to be told at once what it waited for.
    void want(Subscription& subscription);
    void want_at_once(Subscription& subscription, Step& step);
    // It is about to be removed.
    void forget(Subscription& subscription);

    [[nodiscard]] static DeliveryStatus status_of(const Subscription& subscription);

    struct Statistics {
        uint64_t delivered = 0;
        uint64_t failed = 0;  // attempts
        uint64_t dropped = 0;
        uint64_t dead_lettered = 0;
        uint64_t under_way_now = 0;
    };
    [[nodiscard]] const Statistics& statistics() const { return statistics_; }

private:
    using Line =
        boost::intrusive::list<Subscription, boost::intrusive::base_hook<Subscription::Turn>,
                               boost::intrusive::constant_time_size<false>>;

    // Whether something is in that line, and may be told.
    [[nodiscard]] bool may_begin(Subscription::Standing standing) const;
    Subscription* next_in_line();
    using Notifications = std::vector<std::shared_ptr<const Notification>>;

    // What one step has read of rows.
    struct Reading {
        size_t rows = 0;
        size_t bytes = 0;
    };
    [[nodiscard]] bool has_read_enough() const;

    Result<void> begin(Subscription& subscription, Step& step);
    // What it can be told at once, from the first that is not too old; with their bodies open.
    Result<Notifications> next_notifications(Subscription& subscription, Step& step);
    Result<std::shared_ptr<const Notification>> open(
        const Outbox& outbox, const std::shared_ptr<const Notification>& notification) const;
    [[nodiscard]] static bool has_more(const Subscription& subscription);
    [[nodiscard]] Effect effect_of(const Subscription& subscription, Effect::Kind kind) const;
    void end_window(Subscription& subscription);
    void take_outcome(Subscription& subscription, const ReportDelivery& command, Step& step);
    void take_success(Subscription& subscription, size_t delivered, Step& step);
    void take_failure(Subscription& subscription, const ReportDelivery::Failure& failure,
                      Step& step);
    void give_up(Subscription& subscription, Step& step);
    // False when the queue of dead letters has no room for it.
    bool move_to_dead_letters(Subscription& subscription, Step& step);
    void try_again_after(Subscription& subscription, Duration pause, Step& step);
    [[nodiscard]] RetryPolicy policy_of(const Subscription& subscription, Step& step);

    const SubscriptionLimits& limits_;
    Outboxes& outboxes_;
    QueueCatalog& catalog_;
    const MessageBodies& bodies_;
    Messages& messages_;
    // Those that have something to be told and are told nothing at the moment.
    std::array<Line, Subscription::standings> lines_;
    size_t next_line_ = 0;
    std::array<size_t, Subscription::standings> windows_{};  // under way
    Reading reading_;
    uint64_t last_window_ = 0;
    Statistics statistics_;
};

}  // namespace signalbox
