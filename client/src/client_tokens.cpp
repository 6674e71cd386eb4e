#include "documents.h"
#include "endpoint.h"
#include "signalbox/client/client.h"
#include "text.h"
#include "try.h"

namespace signalbox::client {
namespace {

constexpr int not_found = 404;

}  // namespace

// A second token by mistake would be a secret that nobody has and nobody misses.
Result<Token> Client::create_token(const TokenRequest& request, const CallOptions& call) const {
    TRY_AS(auto body, write_token_request(request));
    TRY_AS(const auto answer,
           endpoint_
               ->call({.method = "POST", .target = "/api/v1/tokens", .body = std::move(body)},
                      Repeat::unless_it_arrived, call)
               .answer);
    return read_token(answer.body);
}

Pager<Token> Client::list_tokens(size_t page_items, const CallOptions& call) const {
    const auto first = "/api/v1/tokens?limit=" + std::to_string(page_items);
    return Pager<Token>([endpoint = endpoint_, first,
                         call](const std::string& place) -> Result<Page<Token>> {
        const auto& target = place.empty() ? first : place;
        TRY_AS(const auto answer, endpoint->call({.target = target}, Repeat::always, call).answer);
        return read_token_page(answer.body);
    });
}

Result<void> Client::revoke_token(const std::string& id, const CallOptions& call) const {
    const auto outcome =
        endpoint_->call({.method = "DELETE", .target = "/api/v1/tokens/" + percent_encode(id)},
                        Repeat::always, call);
    if (outcome.answer) return {};
    // What an attempt that got no answer has revoked, the next one did not find.
    if (outcome.may_be_second && outcome.answer.error().status == not_found) return {};
    return tl::unexpected(outcome.answer.error());
}

Result<Identity> Client::identity(const CallOptions& call) const {
    TRY_AS(const auto answer,
           endpoint_->call({.target = "/api/v1/identity"}, Repeat::always, call).answer);
    return read_identity(answer.body);
}

}  // namespace signalbox::client
