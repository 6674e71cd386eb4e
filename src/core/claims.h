#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/limits.h"
#include "core/messages.h"
#include "core/tenants.h"

namespace signalbox {

// Who works on which messages, until when; and those who wait for one. A message is in at most
// one claim at a time, because a partition does one thing after another. A claim costs what it
// takes, whatever else is claimed or waits. Core thread.
class Claims {
public:
    Claims(const QueueLimits& limits, QueueCatalog& catalog, Messages& messages, Tenants& tenants)
        : limits_(limits), catalog_(catalog), messages_(messages), tenants_(tenants) {}

    // Nothing when the request is parked. `name` is the tenant's.
    std::optional<Result<MessagesClaimed>> claim(TenantId tenant, const std::string& name,
                                                 const ClaimMessages& command, RequestId request,
                                                 Step& step);
    Result<ClaimView> get(TenantId tenant, const GetClaim& command, Step& step);
    Result<ClaimView> renew(TenantId tenant, const RenewClaim& command, Step& step);
    Result<ClaimReleased> release(TenantId tenant, const ReleaseClaim& command, Step& step);

    void on_deadline(Claim& claim, Step& step);
    void on_wait_timeout(RequestId request, Step& step);
    // Its waiter is gone already.
    void forget_wait(RequestId request);

    // Serves those who wait for what has become ready. A search that did not come to an end goes on
    // once a batch, however many commands are in it.
    enum class Searches : uint8_t { rest, go_on };
    void settle(Searches searches, Step& step);
    [[nodiscard]] bool is_unsettled() const { return !messages_.awake().empty(); }

private:
    struct Waiting {
        Queue& queue;
        TenantId tenant;
        ClaimMessages command;
        bool is_once = false;  // it does not wait; only the search for messages goes on
    };
    struct Candidate {
        MessagePlace place;
        std::string encoded;
        bool moves = false;  // to the dead letters
        std::string body;    // unless it moves
    };
    struct Search {
        std::vector<Candidate> found;
        bool is_complete = true;  // otherwise it may go on in the next batch
    };

    Result<Search> search(Queue& queue, const ClaimMessages& command, Step& step) const;
    Result<MessagesClaimed> take(Queue& queue, Search& found, const ClaimMessages& command,
                                 Step& step);
    Result<Queue*> dead_letters_of(const Queue& queue, Step& step);
    void move_to(Queue& dead_letters, Queue& queue, const Candidate& candidate, Step& step);
    Result<Claim*> require(Queue& queue, const ClaimId& id) const;
    ClaimView view_of(const Claim& claim, Now now) const;
    struct Returned {
        MessagePlace place;
        std::string encoded;
    };
    Result<std::vector<Returned>> read_taken(Queue& queue, const Claim& claim,
                                             const std::vector<MessagePlace>& only,
                                             Step& step) const;
    void give_back(Queue& queue, Claim& claim, const std::vector<Returned>& messages,
                   Duration delay, bool counts, Step& step);
    std::optional<Result<MessagesClaimed>> park(Queue& queue, TenantId tenant,
                                                const std::string& name,
                                                const ClaimMessages& command, bool is_once,
                                                RequestId request, Step& step);
    void serve(Queue& queue, Step& step);

    const QueueLimits& limits_;
    QueueCatalog& catalog_;
    Messages& messages_;
    Tenants& tenants_;
    std::map<RequestId, Waiting> waiting_;
};

}  // namespace signalbox
