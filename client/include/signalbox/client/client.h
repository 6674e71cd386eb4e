#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "signalbox/client/claim.h"
#include "signalbox/client/event.h"
#include "signalbox/client/line.h"
#include "signalbox/client/message.h"
#include "signalbox/client/options.h"
#include "signalbox/client/page.h"
#include "signalbox/client/problem.h"
#include "signalbox/client/queue.h"
#include "signalbox/client/session.h"
#include "signalbox/client/ticket.h"
#include "signalbox/client/token.h"

namespace signalbox::client {

class Endpoint;

// A server, seen from its client. Every call blocks until the server has answered, retries
// what may pass (lost connections, 503, 429) within the time that the options give, and
// returns a Problem for everything else. No call makes a thing twice because it was repeated,
// but for create_session() and pop_messages(), which are therefore repeated only when they surely
// never arrived, and claim_messages(): what a claim took whose answer was lost is free again when
// it expires.
//
// Any thread, many at once; calls share a pool of connections. A copy shares it too.
class Client {
public:
    explicit Client(Options options = Options::from_environment());

    // The ticket may be active already, or stand in line: see wait_ticket().
    Result<CreatedTicket> create_ticket(const TicketRequest& request,
                                        const CallOptions& call = {}) const;
    Result<Ticket> get_ticket(const std::string& uuid, const CallOptions& call = {}) const;
    // The active ticket; or, when the timeout was over first, the queued one. A ticket that ended
    // is a problem with status 409, one that was deleted 404. Goes on waiting over lost
    // connections.
    Result<Ticket> wait_ticket(const std::string& uuid, const WaitOptions& options = {},
                               const CallOptions& call = {}) const;
    Result<Ticket> renew_ticket(const std::string& uuid, const Renewal& renewal = {},
                                const CallOptions& call = {}) const;
    Result<Ticket> release_ticket(const std::string& uuid, const Release& release = {},
                                  const CallOptions& call = {}) const;
    Result<void> delete_ticket(const std::string& uuid, const std::string& reason = {},
                               const CallOptions& call = {}) const;
    // For whoever guards a resource: is the ticket active, with this token?
    Result<TokenCheck> check_token(const std::string& uuid, uint64_t token,
                                   const CallOptions& call = {}) const;
    Result<TicketHistory> ticket_history(const std::string& uuid,
                                         const CallOptions& call = {}) const;
    [[nodiscard]] Pager<Ticket> list_tickets(const TicketFilter& filter = {},
                                             const CallOptions& call = {}) const;
    Result<std::vector<Deadlock>> deadlocks(const CallOptions& call = {}) const;

    [[nodiscard]] Pager<Line> list_lines(const LineFilter& filter = {},
                                         const CallOptions& call = {}) const;
    Result<Line> get_line(const Resource& resource, const CallOptions& call = {}) const;
    Result<Line> set_line(const Resource& resource, const LineChange& change,
                          const CallOptions& call = {}) const;
    Result<LineTickets> line_tickets(const Resource& resource, size_t limit = 100,
                                     size_t offset = 0, const CallOptions& call = {}) const;

    Result<Session> create_session(const SessionRequest& request,
                                   const CallOptions& call = {}) const;
    Result<Session> get_session(const std::string& id, const CallOptions& call = {}) const;
    Result<Session> renew_session(const std::string& id, const CallOptions& call = {}) const;
    Result<void> end_session(const std::string& id, const CallOptions& call = {}) const;
    [[nodiscard]] Pager<Session> list_sessions(size_t page_items = 100,
                                               const CallOptions& call = {}) const;
    // Holds the session by an open connection, renewed when it breaks, until the session ends
    // or the call is stopped. `on_held` is told each time a connection holds it. The answer is
    // why the session ended.
    Result<std::string> hold_session(const std::string& id,
                                     const std::function<void(const Session&)>& on_held = {},
                                     const CallOptions& call = {}) const;

    // Only for admins. The answer has the token itself, which is not told again.
    Result<Token> create_token(const TokenRequest& request, const CallOptions& call = {}) const;
    [[nodiscard]] Pager<Token> list_tokens(size_t page_items = 100,
                                           const CallOptions& call = {}) const;
    Result<void> revoke_token(const std::string& id, const CallOptions& call = {}) const;
    // Whom the server takes this client for.
    Result<Identity> identity(const CallOptions& call = {}) const;

    // Calls on_event, on this thread, for each event in order, without gap or repetition over
    // lost connections, until it returns false. The answer is the cursor behind the last event
    // that was told, to go on from there later.
    Result<std::string> follow(const EventFilter& filter, const OnEvent& on_event,
                               const FollowOptions& options = {}) const;

    // Makes the queue, or makes it what the request says when it is there already.
    Result<Queue> put_queue(const std::string& queue, const QueueRequest& request = {},
                            const CallOptions& call = {}) const;
    // Refused with status 412 when it is there already.
    Result<Queue> create_queue(const std::string& queue, const QueueRequest& request = {},
                               const CallOptions& call = {}) const;
    Result<Queue> get_queue(const std::string& queue, const CallOptions& call = {}) const;
    Result<Queue> change_queue(const std::string& queue, const QueueChange& change,
                               const CallOptions& call = {}) const;
    // With everything that is in it.
    Result<void> delete_queue(const std::string& queue, const CallOptions& call = {}) const;
    // The answer is how many messages there were.
    Result<uint64_t> purge_queue(const std::string& queue, const CallOptions& call = {}) const;
    Result<QueueStats> queue_stats(const std::string& queue, const CallOptions& call = {}) const;
    [[nodiscard]] Pager<Queue> list_queues(const QueueFilter& filter = {},
                                           const CallOptions& call = {}) const;

    // All of them or none, in this order. Makes the queue when there is none.
    Result<Posted> post_messages(const std::string& queue, const std::vector<NewMessage>& messages,
                                 const PostOptions& options = {}) const;
    // Many at once, without their ids; the answer is how many. `ndjson` may be as large as the
    // server takes requests (1 MiB) and posts (the queue's post_bytes_max).
    Result<uint64_t> post_ndjson(const std::string& queue, std::string ndjson,
                                 const NdjsonPost& post = {}) const;
    [[nodiscard]] Pager<Message> list_messages(const std::string& queue,
                                               const MessageFilter& filter = {},
                                               const CallOptions& call = {}) const;
    // One page; behind the last one it is empty.
    Result<NdjsonPage> read_ndjson(const std::string& queue, const MessageFilter& filter,
                                   NdjsonForm form, const CallOptions& call = {}) const;
    Result<Message> get_message(const std::string& queue, const std::string& id,
                                const CallOptions& call = {}) const;
    // A claimed message needs its claim. One that is gone already is no problem.
    Result<uint64_t> delete_messages(const std::string& queue, const std::vector<std::string>& ids,
                                     const std::string& claim = {},
                                     const CallOptions& call = {}) const;
    // Takes the oldest free ones for good.
    Result<std::vector<Message>> pop_messages(const std::string& queue, size_t limit = 1,
                                              const CallOptions& call = {}) const;

    // Waits, when it shall, over lost connections too. See consume() for a loop.
    Result<Claim> claim_messages(const std::string& queue, const ClaimRequest& request = {},
                                 const CallOptions& call = {}) const;
    Result<Claim> get_claim(const std::string& queue, const std::string& claim,
                            const CallOptions& call = {}) const;
    Result<void> renew_claim(const std::string& queue, const std::string& claim,
                             const ClaimRenewal& renewal = {}, const CallOptions& call = {}) const;
    // Deletes them; without ids, all that the claim holds. The answer is how many there were. A
    // claim that has ended is a problem with status 404.
    Result<uint64_t> acknowledge(const std::string& queue, const std::string& claim,
                                 const std::vector<std::string>& ids = {},
                                 const CallOptions& call = {}) const;
    Result<uint64_t> release_claim(const std::string& queue, const std::string& claim,
                                   const ClaimRelease& release = {},
                                   const CallOptions& call = {}) const;

    Result<std::vector<Reader>> list_readers(const std::string& queue,
                                             const CallOptions& call = {}) const;
    Result<Reader> get_reader(const std::string& queue, const std::string& reader,
                              const CallOptions& call = {}) const;
    // Refused with status 412 when `if_sequence` is given and it stands elsewhere.
    Result<Reader> set_reader(const std::string& queue, const std::string& reader,
                              uint64_t sequence, std::optional<uint64_t> if_sequence = {},
                              const CallOptions& call = {}) const;
    Result<void> delete_reader(const std::string& queue, const std::string& reader,
                               const CallOptions& call = {}) const;

    [[nodiscard]] const Options& options() const;

private:
    std::shared_ptr<Endpoint> endpoint_;
};

}  // namespace signalbox::client
