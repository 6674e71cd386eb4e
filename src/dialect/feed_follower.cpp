#include "dialect/feed_follower.h"

#include <algorithm>

#include "base/assert.h"
#include "core/tenants.h"

namespace signalbox {

Partition& FeedFollower::partition() const {
    return frontend_.node().partition_of(request_.tenant);
}

const FeedLimits& FeedFollower::limits() const {
    return partition().limits().feed;
}

std::string FeedFollower::cursor_text(FeedPosition position) const {
    return Cursor{frontend_.node().identity().history, position}.text();
}

void FeedFollower::join() {
    state_ = State::joining;
    Command command;
    command.tenant = request_.tenant;
    command.caller = caller();
    command.body = SubscribeFeed{request_.topics};
    const auto self = shared_from_this();
    subscription_ = frontend_.submit(std::move(command), [self](Reply reply) {
        self->joined(std::get<Result<FeedJoined>>(std::move(reply)));
    });
    if (!subscription_) return;
    frontend_.on_events(*subscription_, [self](std::shared_ptr<const Event> event) {
        self->receive(std::move(event));
    });
}

void FeedFollower::joined(Result<FeedJoined> answer) {
    if (state_ == State::over) return;
    const auto self = shared_from_this();
    if (!answer) {
        leave_feed();
        state_ = State::over;
        if (begun_) {
            ended();
        } else {
            refused(answer.error());
        }
        return;
    }
    joined_at_ = answer->joined_at;
    if (!begun_) {
        begun_ = true;
        reached_ = request_.after.value_or(end_of(joined_at_));
        begun(*answer);
        if (state_ == State::over) return;
        // A position from the future belongs to a history that was rolled back.
        if (reached_.revision > joined_at_) return lose(answer->floor);
    }
    if (!is_kept(reached_, answer->floor)) return lose(answer->floor);
    state_ = State::catching_up;
    ask_extension();
    catch_up();
}

void FeedFollower::catch_up() {
    if (state_ != State::catching_up) return;
    const auto self = shared_from_this();
    if (backlog() > limits().backlog_bytes_max) {
        when_drained([self] {
            self->when_drained(nullptr);
            self->frontend_.run_later([self] { self->catch_up(); });
        });
        return;
    }
    const auto done = send_page();
    if (state_ != State::catching_up) return;
    if (!done) {
        leave_feed();
        state_ = State::over;
        return ended();
    }
    if (*done) return go_live();
    frontend_.run_later([self] { self->catch_up(); });
}

// One page from the store, or as much of it as the client may have unsent; true when everything up
// to joined_at_ has been sent.
Result<bool> FeedFollower::send_page() {
    if (reached_ >= end_of(joined_at_)) return true;
    const auto snapshot = partition().snapshot();
    TRY_AS(const auto floor, FeedReader::floor(*snapshot));
    if (!is_kept(reached_, floor)) {
        lose(floor);
        return true;
    }
    TRY_AS(const TenantId tenant, find_tenant(*snapshot, request_.tenant));
    FeedReader reader(snapshot, tenant, request_.topics, reached_);
    TRY_AS(auto page, reader.next(limits().page_rows_max));
    for (auto& event : page.events) {
        // Later ones are delivered, or will be read when we join again.
        if (event.position.revision > joined_at_) break;
        if (backlog() > limits().backlog_bytes_max) return false;
        const FeedPosition position = event.position;
        if (is_wanted(event)) send(std::make_shared<const Event>(std::move(event)));
        if (state_ != State::catching_up) return true;
        reached_ = position;
    }
    const bool done = page.at_end || page.reached.revision >= joined_at_;
    reached_ = done ? end_of(joined_at_) : page.reached;
    return done;
}

void FeedFollower::go_live() {
    if (state_ == State::over) return;
    if (overflowed_) return fall_behind();
    state_ = State::live;
    while (!buffer_.empty() && state_ == State::live) {
        const auto event = std::move(buffer_.front());
        buffer_.pop_front();
        receive(event);
    }
    if (state_ == State::live) caught_up();
}

// A topic that was added stands for what comes behind its addition only.
bool FeedFollower::is_wanted(const Event& event) const {
    if (added_.empty()) return true;
    return std::any_of(event.topics.begin(), event.topics.end(), [&](Topic topic) {
        const auto added = std::find_if(added_.begin(), added_.end(),
                                        [&](const auto& each) { return each.first == topic; });
        if (added != added_.end()) return event.position > added->second;
        return std::find(request_.topics.begin(), request_.topics.end(), topic) !=
               request_.topics.end();
    });
}

void FeedFollower::receive(std::shared_ptr<const Event> event) {
    const auto self = shared_from_this();
    if (!event) {
        // The server stops; the client comes back with its cursor.
        if (state_ == State::over) return;
        leave_feed();
        state_ = State::over;
        return ended();
    }
    switch (state_) {
        case State::live:
            if (backlog() > limits().backlog_bytes_max) return fall_behind();
            reached_ = event->position;
            if (is_wanted(*event)) send(event);
            return;
        case State::joining:
        case State::catching_up:
            if (overflowed_) return;
            buffer_.push_back(std::move(event));
            overflowed_ = buffer_.size() > limits().buffered_events_max;
            if (overflowed_) buffer_.clear();
            return;
        case State::draining:
        case State::over: return;
    }
}

// Leaves the live feed and joins again when the client has taken what it was sent; `reached_`
// says from where.
void FeedFollower::fall_behind() {
    leave_feed();
    buffer_.clear();
    overflowed_ = false;
    state_ = State::draining;
    const auto self = shared_from_this();
    const auto rejoin = [self] {
        if (self->state_ != State::draining) return;
        self->when_drained(nullptr);
        self->join();
    };
    if (backlog() == 0) {
        frontend_.run_later(rejoin);
    } else {
        when_drained([self, rejoin] { self->frontend_.run_later(rejoin); });
    }
}

void FeedFollower::leave_feed() {
    if (subscription_) frontend_.forget(*subscription_);
    subscription_.reset();
    // Asked again where it follows again.
    is_extending_ = false;
}

void FeedFollower::lose(Revision floor) {
    leave_feed();
    state_ = State::over;
    buffer_.clear();
    extension_.reset();
    lost(floor);
}

void FeedFollower::finish() {
    if (state_ == State::over) return;
    state_ = State::over;
    leave_feed();
    buffer_.clear();
    extension_.reset();
}

void FeedFollower::extend(std::vector<Topic> topics, std::function<void(Result<void>)> then) {
    ASSERT(!extension_);
    if (state_ == State::over) return;
    extension_ = Extension{std::move(topics), std::move(then)};
    ask_extension();
}

void FeedFollower::ask_extension() {
    const bool follows = state_ == State::catching_up || state_ == State::live;
    if (!extension_ || is_extending_ || !follows || !subscription_) return;
    is_extending_ = true;
    Command command;
    command.tenant = request_.tenant;
    command.caller = caller();
    command.body = ExtendFeed{*subscription_, extension_->topics};
    const auto self = shared_from_this();
    frontend_.submit(std::move(command), [self, asked = *subscription_](Reply reply) {
        // It has left meanwhile, and asks again where it follows again.
        if (self->subscription_ != asked || !self->extension_) return;
        self->is_extending_ = false;
        const auto answer = std::get<Result<FeedJoined>>(std::move(reply));
        const auto extension = std::move(*self->extension_);
        self->extension_.reset();
        if (!answer) return extension.then(fail(answer.error()));
        for (const auto topic : extension.topics) {
            const auto& known = self->request_.topics;
            if (std::find(known.begin(), known.end(), topic) != known.end()) continue;
            self->request_.topics.push_back(topic);
            self->added_.emplace_back(topic, end_of(answer->joined_at));
        }
        extension.then({});
    });
}

void FeedFollower::ask_head(std::function<void(Revision)> then) {
    if (asking_head_) return;
    asking_head_ = true;
    Command command;
    command.tenant = request_.tenant;
    command.body = ReadFeedHead{};
    const auto self = shared_from_this();
    frontend_.submit(std::move(command), [self, then = std::move(then)](Reply reply) {
        self->asking_head_ = false;
        const auto head = std::get<Result<FeedHead>>(std::move(reply));
        if (!head || self->state_ != State::live) return;
        self->reached_ = std::max(self->reached_, end_of(head->committed));
        then(head->committed);
    });
}

}  // namespace signalbox
