#include <variant>

#include "base/assert.h"
#include "core/engine.h"

// Which part of the state each command is for.

namespace signalbox {

Error Engine::stopping() {
    return {ErrorCode::unavailable, "the server is stopping", {}};
}

struct Engine::Apply {
    Engine& engine;
    RequestId request;
    const std::string& tenant_name;
    TenantId tenant;
    Step& step;

    template <class Answer>
    void answer(Result<Answer> result) const {
        step.complete<Answer>(request, std::move(result));
    }

    void operator()(CreateTicket& command) const {
        answer(engine.tickets_.create(tenant, std::move(command), step));
    }
    void operator()(const GetTicket& command) const {
        answer(engine.tickets_.get(tenant, command.uuid, step));
    }
    void operator()(const WaitTicket& command) const {
        if (engine.stopping_) return answer<WaitOutcome>(fail(stopping()));
        auto outcome = engine.tickets_.wait(tenant, command, request, step);
        if (!outcome) return answer<WaitOutcome>(fail(std::move(outcome).error()));
        if (*outcome) answer<WaitOutcome>(std::move(**outcome));
    }
    void operator()(const RenewTicket& command) const {
        answer(engine.tickets_.renew(tenant, command, step));
    }
    void operator()(const ReleaseTicket& command) const {
        answer(engine.tickets_.release(tenant, command, step));
    }
    void operator()(const DeleteTicket& command) const {
        answer(engine.tickets_.remove(tenant, command, step));
    }
    void operator()(const ClearServer& command) const {
        if (engine.stopping_) return answer<ServerCleared>(fail(stopping()));
        engine.tickets_.clear_server(tenant, command, request, step);
    }
    void operator()(const CheckTicket& command) const {
        answer(engine.tickets_.check_token(tenant, command, step));
    }
    void operator()(const GetLine& command) const {
        answer(engine.tickets_.get_line(tenant, command.resource));
    }
    void operator()(const SetLine& command) const {
        answer(engine.tickets_.set_line(tenant, command, step));
    }
    void operator()(const ListLines& command) const {
        answer<LineList>(engine.tickets_.list_lines(tenant, command));
    }
    void operator()(const ListLineTickets& command) const {
        answer<TicketList>(engine.tickets_.list_line(tenant, command, step.now));
    }
    void operator()(const GetTicketHistory& command) const {
        answer(engine.tickets_.history(tenant, command.uuid, step));
    }
    void operator()(const ListDeadlocks& /*command*/) const {
        answer<DeadlockList>(engine.tickets_.deadlocks(tenant, step.now));
    }
    void operator()(CreateSession& command) const {
        const auto depends = engine.registry_.check_terms(tenant, command.terms);
        if (!depends) return answer<SessionView>(fail(depends.error()));
        answer(engine.sessions_.create(tenant, std::move(command), step));
    }
    void operator()(const GetSession& command) const {
        answer(engine.sessions_.get(tenant, command.id, step.now));
    }
    void operator()(const RenewSession& command) const {
        answer(engine.sessions_.renew(tenant, command.id, step));
    }
    void operator()(const HoldSession& command) const {
        if (engine.stopping_) return answer<SessionEnded>(fail(stopping()));
        auto held = engine.sessions_.hold(tenant, command.id, request, step);
        if (!held) answer<SessionEnded>(fail(std::move(held).error()));
    }
    void operator()(const EndSession& command) const {
        auto session = engine.sessions_.require(tenant, command.id);
        if (!session) return answer<SessionEnded>(fail(std::move(session).error()));
        engine.end_session(**session, command.reason, step);
        answer<SessionEnded>(SessionEnded{command.id, command.reason});
    }
    void operator()(const ListSessions& command) const {
        answer<SessionList>(engine.sessions_.list(tenant, command, step.now));
    }
    void operator()(const SubscribeFeed& command) const {
        if (engine.stopping_) return answer<FeedJoined>(fail(stopping()));
        // What this batch has written so far is in the store when the answer arrives.
        const Revision committed(step.revision().value - 1);
        auto joined = engine.feed_.subscribe(request, tenant, command.topics, committed);
        if (joined) engine.tenants_.follow(tenant_name, tenant);
        answer(std::move(joined));
    }
    void operator()(const ExtendFeed& command) const {
        const Revision committed(step.revision().value - 1);
        answer(engine.feed_.extend(command.subscriber, command.topics, committed));
    }
    [[nodiscard]] std::optional<ItemType> known_type(const std::string& name) const {
        const auto* known = engine.item_types_.find(tenant, name);
        return known == nullptr ? std::nullopt : std::optional(known->type);
    }
    void operator()(DeclareType& command) const {
        const auto before = known_type(command.type.name);
        auto declared = engine.item_types_.declare(tenant, std::move(command), step);
        if (declared) {
            engine.appliers_.declare(tenant, tenant_name, before ? &*before : nullptr,
                                     &declared->type, step);
        }
        answer(std::move(declared));
    }
    void operator()(const RemoveType& command) const {
        const auto before = known_type(command.name);
        auto removed = engine.item_types_.remove(tenant, command, step);
        if (removed) engine.appliers_.declare(tenant, tenant_name, &*before, nullptr, step);
        answer(std::move(removed));
    }
    void operator()(WriteItem& command) const {
        answer(engine.collections_.write(tenant, std::move(command), step));
    }
    void operator()(const RemoveItem& command) const {
        answer(engine.collections_.remove(tenant, command, step));
    }
    void operator()(ReportOperation& command) const {
        answer(engine.operations_.report(tenant, std::move(command), step));
    }
    void operator()(const CancelOperation& command) const {
        answer(engine.operations_.cancel(tenant, command, step));
    }
    void operator()(const WaitOperation& command) const {
        if (engine.stopping_) return answer<OperationRecord>(fail(stopping()));
        auto outcome = engine.operations_.wait(tenant, command, request, step);
        if (!outcome) return answer<OperationRecord>(fail(std::move(outcome).error()));
        if (*outcome) answer<OperationRecord>(std::move(**outcome));
    }
    void operator()(const ForgetOperation& command) const {
        answer(engine.operations_.forget(tenant, command, step));
    }
    void operator()(const ReadFeedHead& /*command*/) const {
        answer<FeedHead>(FeedHead{Revision(step.revision().value - 1)});
    }
    void operator()(PutPool& command) const { answer(engine.pools_.put(std::move(command), step)); }
    void operator()(const GetPool& command) const { answer(engine.pools_.get(command)); }
    void operator()(UpdatePool& command) const {
        answer(engine.pools_.update(std::move(command), step));
    }
    void operator()(const DeletePool& command) const {
        answer(engine.pools_.remove(command, step));
    }
    void operator()(const ListPools& command) const {
        answer<PoolList>(engine.pools_.list(command));
    }
    void operator()(PutFlavor& command) const {
        answer(engine.pools_.put(std::move(command), step));
    }
    void operator()(const GetFlavor& command) const { answer(engine.pools_.get(command)); }
    void operator()(const DeleteFlavor& command) const {
        answer(engine.pools_.remove(command, step));
    }
    void operator()(const ListFlavors& command) const {
        answer<FlavorList>(engine.pools_.list(command));
    }
    void operator()(CreateToken& command) const {
        answer(engine.tokens_.create(std::move(command), step));
    }
    void operator()(const RevokeToken& command) const {
        answer(engine.tokens_.revoke(command, step));
    }
    void operator()(const CancelRequest& /*command*/) const { ASSERT(false); }
    void operator()(CreateQueue& command) const {
        answer(engine.queues_.catalog.create(tenant, std::move(command), step));
    }
    void operator()(const GetQueue& command) const {
        answer(engine.queues_.catalog.get(tenant, command, step));
    }
    void operator()(UpdateQueue& command) const {
        answer(engine.queues_.catalog.update(tenant, std::move(command), step));
    }
    void operator()(const DeleteQueue& command) const {
        answer(engine.queues_.catalog.remove(tenant, command, step));
    }
    void operator()(const PurgeQueue& command) const {
        answer(engine.queues_.catalog.purge(tenant, command, step));
    }
    void operator()(const GetQueueStats& command) const {
        answer(engine.queues_.messages.stats(tenant, command, step));
    }
    void operator()(PostMessages& command) const {
        answer(engine.queues_.messages.post(tenant, command, step));
    }
    void operator()(const ListMessages& command) const {
        if (engine.stopping_) return answer<MessageList>(fail(stopping()));
        auto list = engine.queues_.messages.list(tenant, command, request, step);
        if (list) answer(std::move(*list));
    }
    void operator()(const GetMessages& command) const {
        answer(engine.queues_.messages.get(tenant, command, step));
    }
    void operator()(const DeleteMessages& command) const {
        answer(engine.queues_.messages.remove(tenant, command, step));
    }
    void operator()(const PopMessages& command) const {
        if (engine.stopping_) return answer<MessageList>(fail(stopping()));
        auto popped = engine.queues_.messages.pop(tenant, command, request, step);
        if (popped) answer(std::move(*popped));
    }
    void operator()(const ClaimMessages& command) const {
        if (engine.stopping_) return answer<MessagesClaimed>(fail(stopping()));
        auto claimed = engine.queues_.claims.claim(tenant, tenant_name, command, request, step);
        if (claimed) answer(std::move(*claimed));
    }
    void operator()(const GetClaim& command) const {
        answer(engine.queues_.claims.get(tenant, command, step));
    }
    void operator()(const RenewClaim& command) const {
        answer(engine.queues_.claims.renew(tenant, command, step));
    }
    void operator()(const ReleaseClaim& command) const {
        answer(engine.queues_.claims.release(tenant, command, step));
    }
    void operator()(const GetQueueCursor& command) const {
        answer(engine.queues_.cursors.get(tenant, command, step));
    }
    void operator()(const SetQueueCursor& command) const {
        answer(engine.queues_.cursors.set(tenant, command, step));
    }
    void operator()(const DeleteQueueCursor& command) const {
        answer(engine.queues_.cursors.remove(tenant, command, step));
    }
    void operator()(const ListQueueCursors& command) const {
        answer(engine.queues_.cursors.list(tenant, command, step));
    }
    void operator()(const WaitForChange& command) const {
        if (engine.stopping_) return answer<ChangeSeen>(fail(stopping()));
        const auto seen = engine.watches_.wait(tenant, tenant_name, command, request, step);
        if (!seen) return answer<ChangeSeen>(fail(seen.error()));
        if (*seen) answer<ChangeSeen>(**seen);
    }
    void operator()(const PutKey& command) const { answer(engine.kv_.put(tenant, command, step)); }
    void operator()(const DeleteKey& command) const {
        answer(engine.kv_.remove(tenant, command, step));
    }
    void operator()(const RunKvTransaction& command) const {
        answer(engine.kv_.run(tenant, command, step));
    }
    void operator()(Register& command) const {
        answer(engine.registry_.add(tenant, std::move(command), step));
    }
    void operator()(const Deregister& command) const {
        answer(engine.registry_.remove(tenant, command, step));
    }
    void operator()(UpdateCheck& command) const {
        answer(engine.registry_.update(tenant, std::move(command), step));
    }
    void operator()(CreateSubscription& command) const {
        answer(engine.queues_.subscriptions.create(tenant, tenant_name, std::move(command), step));
    }
    void operator()(const GetSubscription& command) const {
        answer(engine.queues_.subscriptions.get(tenant, command, step.now));
    }
    void operator()(const ListSubscriptions& command) const {
        answer<SubscriptionList>(engine.queues_.subscriptions.list(tenant, command, step.now));
    }
    void operator()(UpdateSubscription& command) const {
        answer(engine.queues_.subscriptions.update(tenant, std::move(command), step));
    }
    void operator()(const ConfirmSubscription& command) const {
        answer(engine.queues_.subscriptions.confirm(tenant, command, step));
    }
    void operator()(const DeleteSubscription& command) const {
        answer(engine.queues_.subscriptions.remove(tenant, command, step));
    }
    void operator()(const PurgeSubscriptions& command) const {
        answer(engine.queues_.subscriptions.purge(tenant, command, step));
    }
    void operator()(const FollowMessages& command) const {
        if (engine.stopping_) return answer<MessagesFollowed>(fail(stopping()));
        auto followed = engine.queues_.followers.follow(request, {tenant, command.queue});
        if (followed) engine.tenants_.follow(tenant_name, tenant);
        answer(std::move(followed));
    }
    void operator()(const ReportDelivery& command) const {
        answer(engine.queues_.deliveries.report(command, step));
    }
};

void Engine::apply(Command& command, TenantId tenant, Step& step) {
    std::visit(Apply{*this, command.request, command.tenant, tenant, step}, command.body);
}

}  // namespace signalbox
