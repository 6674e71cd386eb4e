#include "sim/ticket_oracle.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

namespace signalbox {
namespace {

using nlohmann::json;

constexpr size_t complaints_max = 20;

bool is_end(const std::string& status) {
    return status == "finished" || status == "expired" || status == "deleted";
}

std::string line_of(const json& data) {
    return fmt::format("{}/{}/{}", data.value("server_uuid", ""), data.value("scope", ""),
                       data.value("id", ""));
}

}  // namespace

void TicketOracle::wrong(const SeenEvent& event, const std::string& what) {
    if (complaints_.size() >= complaints_max) return;
    complaints_.push_back(fmt::format("revision {}.{} {} {}: {}", event.revision, event.index,
                                      event.type, event.subject, what));
}

void TicketOracle::created(const std::string& uuid, const Ticket& ticket) {
    asked_.insert_or_assign(uuid, ticket);
}

void TicketOracle::told_active(const std::string& uuid, uint64_t token) {
    told_active_[uuid] = token;
}

void TicketOracle::released(const std::string& uuid) {
    told_released_.insert(uuid);
}

void TicketOracle::deleted(const std::string& uuid) {
    told_deleted_.insert(uuid);
}

void TicketOracle::same_key(const std::string& key, const std::string& uuid) {
    const auto [known, added] = keys_.emplace(key, uuid);
    if (!added && known->second != uuid) {
        complaints_.push_back(
            fmt::format("key {} stands for {} and for {}", key, known->second, uuid));
    }
}

void TicketOracle::saw(const SeenEvent& event) {
    if (!seen_.empty()) {
        const auto& last = seen_.back();
        if (std::tie(last.revision, last.index) >= std::tie(event.revision, event.index)) {
            wrong(event, "came behind " + last.cursor);
        }
    }
    seen_.push_back(event);
    follow(event);
}

void TicketOracle::follow(const SeenEvent& event) {
    const auto data = json::parse(event.data);
    if (event.type == "server.cleared") {
        const std::string prefix = event.subject + "/";
        for (auto& [uuid, state] : states_) {
            // Live ones have an event each.
            if (state.line.starts_with(prefix) && is_end(state.status)) state.status = "deleted";
        }
        return;
    }
    if (!event.type.starts_with("ticket.") || event.type == "ticket.deadlock") return;
    const std::string transition = event.type.substr(7);
    State& state = states_[event.subject];
    // One that is past its time, or whose session has ended, expires with the next batches;
    // somebody may delete it first.
    const bool was_over = transition == "expired" || transition == "deleted";
    if (!state.passed_by.empty() && !was_over) {
        wrong(event, "it was its turn when " + state.passed_by + " was granted");
    }
    state.passed_by.clear();
    const std::string before = state.status;
    const std::string now = data.value("status", "");
    if (transition == "created") {
        if (!before.empty()) wrong(event, "was created before");
        const std::string key = data.value("action", "");
        if (!key.empty() && !actions_.insert(key).second) {
            wrong(event, "is the second one of key " + key);
        }
        state.line = line_of(data);
        state.created_at = seen_.size();
        if (now == "queued") waiting_[state.line][state.created_at] = event.subject;
        state.status = now == "expired" ? "queued" : now;
    } else if (before.empty()) {
        wrong(event, "was never created");
    } else if (transition == "granted") {
        if (before != "queued") wrong(event, "was " + before);
        follow_grant(event, state, data.value("token", uint64_t{0}));
        state.status = "active";
    } else if (transition == "renewed") {
        if (is_end(before)) wrong(event, "was " + before);
    } else if (transition == "released" || transition == "force_released") {
        if (before == "finished" || before == "deleted") wrong(event, "was " + before);
        state.status = "finished";
    } else if (transition == "expired") {
        if (is_end(before)) wrong(event, "was " + before);
        state.status = "expired";
        const auto asked = asked_.find(event.subject);
        if (asked != asked_.end() && asked->second.is_calendar) {
            const Instant due = std::max(asked->second.expires_at, down_until_);
            if (event.time < asked->second.expires_at) wrong(event, "expired too early");
            worst_lateness_ = std::max(worst_lateness_, event.time - due);
        }
    } else if (transition == "deleted") {
        if (before == "deleted") wrong(event, "was deleted");
        state.status = "deleted";
    } else {
        wrong(event, "is no transition");
    }
    if (is_end(state.status)) {
        holders_[state.line].erase(event.subject);
        waiting_[state.line].erase(state.created_at);
    }
}

void TicketOracle::follow_grant(const SeenEvent& event, State& state, uint64_t token) {
    if (token <= last_token_) {
        wrong(event, fmt::format("token {} after {}", token, last_token_));
    }
    last_token_ = token;
    state.token = token;
    auto& holders = holders_[state.line];
    auto& waiting = waiting_[state.line];
    if (!unordered_.contains(state.line)) {
        if (!holders.empty()) wrong(event, "the line is held by " + *holders.begin());
        // Whoever was in front must have been past its time: the next that is heard of it is
        // that it expired, if nobody deletes it first.
        for (const auto& [place, uuid] : waiting) {
            if (uuid == event.subject) break;
            states_[uuid].passed_by = event.subject;
        }
    }
    const auto asked = asked_.find(event.subject);
    if (asked != asked_.end() && asked->second.is_calendar &&
        event.time >= asked->second.expires_at) {
        wrong(event, "was granted past its time");
    }
    waiting.erase(state.created_at);
    holders.insert(event.subject);
}

void TicketOracle::compare_with_listing(const std::map<std::string, std::string>& listing) {
    const auto ended =
        static_cast<size_t>(std::count_if(states_.begin(), states_.end(), [](const auto& entry) {
            return is_end(entry.second.status);
        }));
    size_t ended_listed = 0;
    for (const auto& [uuid, state] : states_) {
        const auto listed = listing.find(uuid);
        if (listed != listing.end() && is_end(state.status)) ++ended_listed;
        if (state.status == "deleted") {
            if (listed != listing.end()) {
                complaints_.push_back(uuid + " is listed though it was deleted");
            }
        } else if (listed == listing.end() && is_end(state.status) && ended > ended_max_) {
            continue;  // it may have been the oldest
        } else if (listed == listing.end()) {
            complaints_.push_back(uuid + " is not listed, but is " + state.status);
        } else if (listed->second != state.status) {
            complaints_.push_back(
                fmt::format("{} is listed as {}, but is {}", uuid, listed->second, state.status));
        }
    }
    for (const auto& [uuid, status] : listing) {
        if (!states_.contains(uuid)) complaints_.push_back(uuid + " is listed without an event");
    }
    if (ended_listed > ended_max_) {
        complaints_.push_back(fmt::format("{} ended tickets are kept", ended_listed));
    }
}

std::vector<std::string> TicketOracle::verify() {
    auto complaints = complaints_;
    const auto complain = [&](std::string text) {
        if (complaints.size() < complaints_max) complaints.push_back(std::move(text));
    };
    for (const auto& [uuid, ticket] : asked_) {
        if (!states_.contains(uuid)) complain(uuid + " was acknowledged and is lost");
    }
    for (const auto& [uuid, state] : states_) {
        if (!state.passed_by.empty() && state.status == "queued") {
            complain(uuid + " was passed over by " + state.passed_by);
        }
    }
    for (const auto& [uuid, token] : told_active_) {
        const auto state = states_.find(uuid);
        if (state == states_.end() || state->second.token != token) {
            complain(
                fmt::format("{} was called active with token {}, which the feed does not "
                            "know",
                            uuid, token));
        }
    }
    for (const auto& uuid : told_released_) {
        const auto& status = states_[uuid].status;
        if (status == "queued" || status == "active") complain(uuid + " was released and is not");
    }
    for (const auto& uuid : told_deleted_) {
        if (states_[uuid].status != "deleted") complain(uuid + " was deleted and is not");
    }
    return complaints;
}

}  // namespace signalbox
