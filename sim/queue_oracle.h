#pragma once

#include <string>
#include <vector>

#include "sim/queue_facts.h"

namespace signalbox {

// What may never happen to messages and claims, told by what clients asked and were told.
//
// - what was acknowledged is not lost before its time, unless somebody deleted it;
// - a message has one id, and what is posted under one key, or with one `dedup`, is there once;
// - nobody is shown a message that was deleted, has expired or is not due yet;
// - a message, and a group, is not in two claims that live at one time;
// - a claim gets what is free, oldest and most urgent first, in that order, and passes nothing
// over;
// - nothing vanishes from a claim that lives, and its holder can delete and renew.
class QueueOracle {
public:
    QueueOracle(const QueueHistory& history, QueueFacts::Options options);

    // Everything that is wrong; empty when nothing is.
    [[nodiscard]] std::vector<std::string> verify();

private:
    void look_at(const QueueCall& call);
    void look_at_seen(const QueueCall& call, const QueueFacts::Message& message);
    void look_at_order(const QueueCall& call);
    void look_at_passed_over(const QueueCall& call);
    void look_at_list(const QueueCall& call);
    void look_at_claim(const QueueCall& call);
    void look_at_refusal(const QueueCall& call);
    void look_at_holders();
    void look_at_groups();
    void look_at_dedups();
    void wrong(const QueueCall& call, const std::string& what);
    void complain(std::string complaint);
    [[nodiscard]] std::vector<const QueueFacts::Message*> seen_by(const QueueCall& call) const;

    const QueueHistory& history_;
    const QueueFacts facts_;
    std::vector<std::string> complaints_;
};

}  // namespace signalbox
