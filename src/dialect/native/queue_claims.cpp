#include <fmt/format.h>

#include "dialect/native/claim_watch.h"
#include "dialect/native/native_routes.h"
#include "dialect/native/queue_call.h"

// /api/v1/queues/:queue/claims: taking messages for a while, and saying what became of them.

namespace signalbox::native {
namespace {

// Of what one answer tells of, or one request names.
Result<ClaimId> claim_of(const Call& call) {
    return parse_claim_id(call.parameter("claim"), "claim");
}

std::string claim_path(const QueueName& queue, const ClaimId& claim) {
    return queue_path(queue) + "/claims/" + claim.text();
}

HttpResponse claimed_response(const QueueName& queue, const MessageFormat& format,
                              const MessagesClaimed& claimed, Instant now) {
    auto response = messages_response(format, claimed.messages, now, [&](JsonWriter& json) {
        json.key("claim");
        if (!claimed.claim) return json.null();
        json.value(claimed.claim->text());
        json.member("ttl", format_duration(claimed.ttl));
        json.member("expires_at", format_instant(claimed.expires_at));
    });
    if (!claimed.claim) return response;
    response.status = 201;
    response.fields.emplace_back("Location", claim_path(queue, *claimed.claim));
    response.fields.emplace_back("Signalbox-Claim", claimed.claim->text());
    return response;
}

// With a wait, in the body or the query, the answer comes when there is a message or the time is
// over.
Result<void> claim(const Call& call) {
    ClaimMessages command;
    command.queue = queue_of(call);
    TRY_AS(auto query, Parameters::of(call.request.query));
    TRY_AS(const auto format, read_format(call.request, query));
    TRY_AS(const auto wait, query.duration("wait"));
    TRY(query.only_known());
    TRY_AS(const auto document, parse_body(call));
    TRY_AS(auto members, JsonMembers::of(document.root()));
    TRY_AS(const auto limit, members.integer("limit", 1, static_cast<int64_t>(batch_max(call))));
    TRY_AS(const auto ttl, duration_member(members, "ttl"));
    TRY_AS(const auto grace, duration_member(members, "grace"));
    TRY_AS(const auto own_wait, duration_member(members, "wait"));
    TRY(members.only_known());
    if (wait && own_wait) {
        return fail(ErrorCode::invalid_argument, "is in the query and in the body", "wait");
    }
    command.limit =
        static_cast<size_t>(limit.value_or(std::min(claim_messages_default, batch_max(call))));
    command.ttl = ttl.value_or(up_to_max(claim_ttl_default, call));
    command.grace = grace.value_or(up_to_max(claim_grace_default, call));
    command.wait = wait.value_or(own_wait.value_or(Duration::zero()));
    const ExchangePtr exchange = call.exchange;
    ask(call, command, [exchange, format, queue = command.queue](const MessagesClaimed& claimed) {
        return claimed_response(queue, format, claimed, exchange->frontend().now().wall);
    });
    return {};
}

void write_claim(JsonWriter& json, const ClaimView& view) {
    json.member("claim", view.id.text());
    json.member("age_ms", view.age.count());
    json.member("ttl", format_duration(view.ttl));
    json.member("expires_at", format_instant(view.expires_at));
}

Result<void> show(const Call& call) {
    TRY_AS(const auto id, claim_of(call));
    TRY_AS(auto query, Parameters::of(call.request.query));
    TRY_AS(const auto format, read_format(call.request, query));
    TRY(query.only_known());
    const ExchangePtr exchange = call.exchange;
    ask(call, GetClaim{queue_of(call), id}, [exchange, format](const ClaimView& view) {
        return messages_response(format, view.messages, exchange->frontend().now().wall,
                                 [&](JsonWriter& json) { write_claim(json, view); });
    });
    return {};
}

Result<void> renew(const Call& call) {
    RenewClaim command;
    command.queue = queue_of(call);
    TRY_AS(command.claim, claim_of(call));
    TRY_AS(const auto document, parse_body(call));
    TRY_AS(auto members, JsonMembers::of(document.root()));
    TRY_AS(const auto ttl, duration_member(members, "ttl"));
    TRY_AS(const auto grace, duration_member(members, "grace"));
    TRY(members.only_known());
    command.ttl = ttl.value_or(up_to_max(claim_ttl_default, call));
    command.grace = grace.value_or(up_to_max(claim_grace_default, call));
    ask(call, command, [](const ClaimView& view) {
        std::string body;
        JsonWriter json(body);
        json.begin_object();
        write_claim(json, view);
        json.end_object();
        return json_response(200, std::move(body));
    });
    return {};
}

// What is acknowledged is deleted. "all" stands for what the claim holds at this moment.
Result<void> acknowledge(const Call& call, const std::shared_ptr<ClaimWatch>& watch) {
    DeleteMessages command;
    command.queue = queue_of(call);
    command.rule = DeleteRule::claim_of_each;
    TRY_AS(const auto id, claim_of(call));
    command.claims.push_back(id);
    TRY_AS(const auto document, parse_body(call));
    TRY_AS(auto members, JsonMembers::of(document.root()));
    TRY_AS(auto ids, ids_member(members, "ids", batch_max(call)));
    TRY_AS(const auto is_all, members.boolean("all"));
    TRY(members.only_known());
    if (ids && is_all) {
        return fail(ErrorCode::invalid_argument, "and ids exclude each other", "all");
    }
    const ExchangePtr exchange = call.exchange;
    const std::string tenant = tenant_of(call);
    const auto remove = [exchange, tenant, watch, id](DeleteMessages deletion) {
        exchange->ask(tenant, std::move(deletion), [exchange, watch, id](auto deleted) {
            if (!deleted) return exchange->respond(problem(deleted.error()));
            watch->tell(id, deleted->count);
            exchange->respond(count_response("acknowledged", deleted->count));
        });
    };
    if (ids) {
        command.ids = std::move(*ids);
        remove(std::move(command));
        return {};
    }
    if (!is_all.value_or(false)) {
        return fail(ErrorCode::invalid_argument, "or all is required", "ids");
    }
    exchange->ask(tenant, GetClaim{command.queue, id}, [exchange, command, remove](auto view) {
        if (!view) return exchange->respond(problem(view.error()));
        DeleteMessages deletion = command;
        for (const auto& message : view->messages) deletion.ids.push_back(message.id);
        remove(std::move(deletion));
    });
    return {};
}

Result<void> release(const Call& call, const std::shared_ptr<ClaimWatch>& watch) {
    ReleaseClaim command;
    command.queue = queue_of(call);
    TRY_AS(command.claim, claim_of(call));
    TRY_AS(const auto document, parse_body(call));
    TRY_AS(auto members, JsonMembers::of(document.root()));
    TRY_AS(auto ids, ids_member(members, "ids", batch_max(call)));
    TRY_AS(const auto delay, duration_member(members, "delay"));
    TRY_AS(const auto has_failed, members.boolean("failed"));
    TRY(members.only_known());
    if (ids) command.only = std::move(*ids);
    command.delay = delay.value_or(Duration::zero());
    command.counts_as_failure = has_failed.value_or(false);
    const ClaimId id = command.claim;
    ask(call, std::move(command), [watch, id](const ClaimReleased& released) {
        watch->tell(id, released.messages);
        return count_response("released", released.messages);
    });
    return {};
}

Result<void> remove(const Call& call, const std::shared_ptr<ClaimWatch>& watch) {
    ReleaseClaim command;
    command.queue = queue_of(call);
    TRY_AS(command.claim, claim_of(call));
    const ClaimId id = command.claim;
    ask(call, std::move(command), [watch, id](const ClaimReleased& released) {
        watch->tell(id, released.messages);
        return no_content();
    });
    return {};
}

}  // namespace

void add_claim_routes(Router& router, const std::shared_ptr<ClaimWatch>& watch) {
    const auto add = [&](HttpMethod method, std::string_view pattern, Router::Handler handler) {
        router.add(Dialect::native, method, pattern, std::move(handler));
    };
    add(HttpMethod::post, "/api/v1/queues/:queue/claims", handler(of_queue(claim)));
    add(HttpMethod::get, "/api/v1/queues/:queue/claims/:claim", handler(of_queue(show)));
    add(HttpMethod::put, "/api/v1/queues/:queue/claims/:claim", plain_handler(of_queue(renew)));
    add(HttpMethod::patch, "/api/v1/queues/:queue/claims/:claim", plain_handler(of_queue(renew)));
    add(HttpMethod::erase, "/api/v1/queues/:queue/claims/:claim",
        plain_handler(of_queue([watch](const Call& call) { return remove(call, watch); })));
    add(HttpMethod::post, "/api/v1/queues/:queue/claims/:claim/ack",
        plain_handler(of_queue([watch](const Call& call) { return acknowledge(call, watch); })));
    add(HttpMethod::post, "/api/v1/queues/:queue/claims/:claim/release",
        plain_handler(of_queue([watch](const Call& call) { return release(call, watch); })));
}

}  // namespace signalbox::native
