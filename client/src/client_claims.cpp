#include "documents.h"
#include "endpoint.h"
#include "queue_paths.h"
#include "signalbox/client/client.h"
#include "try.h"

namespace signalbox::client {
namespace {

constexpr int not_found = 404;

std::string claim_path(const std::string& queue, const std::string& claim,
                       std::string_view rest = {}) {
    return queue_path(queue, "/claims/") + percent_encode(claim) + std::string(rest);
}

}  // namespace

// In pieces that are short enough for whatever stands between client and server.
Result<Claim> Client::claim_messages(const std::string& queue, const ClaimRequest& request,
                                     const CallOptions& call) const {
    using Clock = std::chrono::steady_clock;
    const auto started = Clock::now();
    const auto body = write_claim_request(request);
    for (;;) {
        const auto passed = std::chrono::floor<Duration>(Clock::now() - started);
        const auto left = std::max(request.wait - passed, Duration::zero());
        const auto piece = std::min(left, endpoint_->options().hold_max);
        const auto target = queue_path(queue, "/claims?wait=") + format_duration(piece);
        TRY_AS(const auto answer, endpoint_
                                      ->call({.method = "POST", .target = target, .body = body},
                                             Repeat::always, call, piece)
                                      .answer);
        TRY_AS(auto claim, read_claim(answer.body));
        if (claim || piece == left) return claim;
    }
}

Result<Claim> Client::get_claim(const std::string& queue, const std::string& claim,
                                const CallOptions& call) const {
    TRY_AS(const auto answer,
           endpoint_->call({.target = claim_path(queue, claim)}, Repeat::always, call).answer);
    return read_claim(answer.body);
}

Result<void> Client::renew_claim(const std::string& queue, const std::string& claim,
                                 const ClaimRenewal& renewal, const CallOptions& call) const {
    TRY(endpoint_
            ->call({.method = "PUT",
                    .target = claim_path(queue, claim),
                    .body = write_claim_renewal(renewal)},
                   Repeat::always, call)
            .answer);
    return {};
}

Result<uint64_t> Client::acknowledge(const std::string& queue, const std::string& claim,
                                     const std::vector<std::string>& ids,
                                     const CallOptions& call) const {
    std::string body = R"({"all":true})";
    if (!ids.empty()) {
        TRY_AS(body, write_ids(ids));
    }
    const auto outcome = endpoint_->call(
        {.method = "POST", .target = claim_path(queue, claim, "/ack"), .body = std::move(body)},
        Repeat::always, call);
    if (outcome.answer) return read_number(outcome.answer->body, "acknowledged");
    // The claim ends with its last message, which an attempt without an answer has acknowledged.
    if (outcome.may_be_second && outcome.answer.error().status == not_found) return ids.size();
    return tl::unexpected(outcome.answer.error());
}

Result<uint64_t> Client::release_claim(const std::string& queue, const std::string& claim,
                                       const ClaimRelease& release, const CallOptions& call) const {
    TRY_AS(auto body, write_claim_release(release));
    const auto outcome = endpoint_->call(
        {.method = "POST", .target = claim_path(queue, claim, "/release"), .body = std::move(body)},
        Repeat::always, call);
    if (outcome.answer) return read_number(outcome.answer->body, "released");
    if (outcome.may_be_second && outcome.answer.error().status == not_found) {
        return release.ids.size();
    }
    return tl::unexpected(outcome.answer.error());
}

}  // namespace signalbox::client
