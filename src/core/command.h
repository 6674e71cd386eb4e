#pragma once

#include <optional>
#include <string>
#include <variant>

#include "core/collection_commands.h"
#include "core/feed_commands.h"
#include "core/kv_commands.h"
#include "core/operation_commands.h"
#include "core/pool_commands.h"
#include "core/queue_commands.h"
#include "core/registry_commands.h"
#include "core/session_commands.h"
#include "core/subscription_commands.h"
#include "core/ticket_commands.h"
#include "core/token_commands.h"
#include "core/watch_commands.h"

namespace signalbox {

// Who asks, for the history of what they touch.
struct Caller {
    std::string name;        // the authenticated principal, or the peer's address
    std::string request_id;  // as the client sent it, or made up
};

// Takes a parked request back: its client has gone. Never answered.
struct CancelRequest {
    RequestId parked;
};

using CommandBody = std::variant<
    CreateTicket, GetTicket, WaitTicket, RenewTicket, ReleaseTicket, DeleteTicket, ClearServer,
    CheckTicket, GetLine, SetLine, ListLines, ListLineTickets, GetTicketHistory, ListDeadlocks,
    CreateSession, GetSession, RenewSession, HoldSession, EndSession, ListSessions, SubscribeFeed,
    ReadFeedHead, CancelRequest, CreateToken, RevokeToken, CreateQueue, GetQueue, UpdateQueue,
    DeleteQueue, PurgeQueue, GetQueueStats, PostMessages, ListMessages, GetMessages, DeleteMessages,
    PopMessages, ClaimMessages, GetClaim, RenewClaim, ReleaseClaim, GetQueueCursor, SetQueueCursor,
    DeleteQueueCursor, ListQueueCursors, PutPool, GetPool, UpdatePool, DeletePool, ListPools,
    PutFlavor, GetFlavor, DeleteFlavor, ListFlavors, CreateSubscription, GetSubscription,
    ListSubscriptions, UpdateSubscription, ConfirmSubscription, DeleteSubscription,
    PurgeSubscriptions, FollowMessages, ReportDelivery, WaitForChange, PutKey, DeleteKey,
    RunKvTransaction, Register, Deregister, UpdateCheck, DeclareType, RemoveType, WriteItem,
    RemoveItem, ReportOperation, CancelOperation, WaitOperation, ForgetOperation, ExtendFeed>;

// A request to the core.
struct Command {
    RequestId request;
    std::string tenant;  // by name
    Caller caller;
    CommandBody body;
};

// The answer to a command: Result<Body::Answer> for the body it carried.
using Reply = std::variant<
    Result<TicketCreated>, Result<TicketView>, Result<WaitOutcome>, Result<ServerCleared>,
    Result<LineView>, Result<LineList>, Result<TicketList>, Result<TicketHistory>,
    Result<DeadlockList>, Result<SessionView>, Result<SessionEnded>, Result<SessionList>,
    Result<FeedJoined>, Result<FeedHead>, Result<TokenRecord>, Result<TokenRevoked>,
    Result<QueueCreated>, Result<QueueView>, Result<QueueDeleted>, Result<QueuePurged>,
    Result<QueueStats>, Result<MessagesPosted>, Result<MessageList>, Result<MessagesDeleted>,
    Result<MessagesClaimed>, Result<ClaimView>, Result<ClaimReleased>, Result<QueueCursor>,
    Result<QueueCursorDeleted>, Result<QueueCursorList>, Result<PoolView>, Result<PoolDeleted>,
    Result<PoolList>, Result<FlavorView>, Result<FlavorDeleted>, Result<FlavorList>,
    Result<SubscriptionCreated>, Result<SubscriptionView>, Result<SubscriptionList>,
    Result<SubscriptionUpdated>, Result<SubscriptionDeleted>, Result<SubscriptionsPurged>,
    Result<MessagesFollowed>, Result<DeliveryReported>, Result<ChangeSeen>, Result<KeyWritten>,
    Result<KvTransactionOutcome>, Result<Registered>, Result<Deregistered>, Result<CheckUpdated>,
    Result<TypeDeclared>, Result<TypeRemoved>, Result<ItemWritten>, Result<ItemRemoved>,
    Result<OperationRecord>, Result<OperationForgotten>>;

// The answer that refuses a command, of the kind its sender expects; nothing for a command that
// is never answered.
std::optional<Reply> refusal(const CommandBody& body, const Error& error);

// Turns an answer into an error of the same kind.
void refuse(Reply& reply, const Error& error);

}  // namespace signalbox
