#include <fmt/format.h>

#include "base/checksum.h"
#include "codec/url.h"
#include "dialect/native/claim_watch.h"
#include "dialect/native/message_input.h"
#include "dialect/native/native_routes.h"
#include "dialect/native/queue_call.h"

// /api/v1/queues/:queue/messages

namespace signalbox::native {
namespace {

// Of what one answer tells of, or one request names.
Result<std::vector<NewMessage>> read_posted(const Call& call, Parameters& query) {
    const auto& request = call.request;
    const size_t count_max = queue_limits(call).messages_per_post_max;
    if (!sends_lines(request)) {
        TRY(query.only_known());
        TRY_AS(const auto document, parse_body(call));
        return read_messages(document.root(), count_max);
    }
    const auto form = query.text("form").value_or("body");
    if (form == "message") {
        TRY(query.only_known());
        return read_message_lines(request.body, LineForm::message, {}, count_max);
    }
    if (form != "body") {
        return fail(ErrorCode::invalid_argument, "must be message or body", "form");
    }
    TRY_AS(const auto common, read_common(query));
    TRY(query.only_known());
    return read_message_lines(request.body, LineForm::body, common, count_max);
}

// Who posts ten thousand messages may not want to hear ten thousand ids.
bool wants_minimal(const HttpRequest& request) {
    return request.field("prefer").value_or("").find("return=minimal") != std::string_view::npos;
}

HttpResponse posted_response(const MessagesPosted& posted, bool is_minimal) {
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    if (is_minimal) {
        json.member("posted", posted.ids.size());
    } else {
        json.key("ids");
        json.begin_array();
        for (const auto& id : posted.ids) json.value(id.text());
        json.end_array();
    }
    json.end_object();
    auto response = json_response(posted.is_replay ? 200 : 201, std::move(body));
    if (posted.is_replay) response.fields.emplace_back("Idempotent-Replay", "true");
    if (is_minimal) response.fields.emplace_back("Preference-Applied", "return=minimal");
    return response;
}

Result<void> post(const Call& call) {
    const auto& request = call.request;
    PostMessages command;
    command.queue = queue_of(call);
    TRY_AS(auto query, Parameters::of(request.query));
    TRY_AS(command.messages, read_posted(call, query));
    command.request_bytes = static_cast<int64_t>(request.body.size());
    if (const auto key = request.field("idempotency-key")) {
        command.idempotency_key = *key;
        command.idempotency_digest =
            checksum(request.body, checksum(request.query, checksum(request.path)));
    }
    const bool is_minimal = wants_minimal(request);
    ask(call, std::move(command),
        [is_minimal](const MessagesPosted& posted) { return posted_response(posted, is_minimal); });
    return {};
}

// A page of a listing, and how to ask for the next one.
struct Listing {
    ListMessages command;
    MessageFormat format;
    std::string link;      // up to the place
    size_t bytes_max = 0;  // of the bodies of a page

    // A page that is full in neither way was the last one.
    [[nodiscard]] bool has_more(const MessageList& list) const {
        size_t bytes = 0;
        for (const auto& message : list.messages) bytes += message.body.size();
        return list.messages.size() >= command.limit || bytes >= bytes_max;
    }

    [[nodiscard]] HttpResponse response(const MessageList& list, Instant now) const {
        auto response = messages_response(format, list.messages, now, [&](JsonWriter& json) {
            json.member("next_after", list.next_after);
            if (has_more(list)) json.member("next", link + std::to_string(list.next_after));
        });
        if (format.as_lines) {
            response.fields.emplace_back("Signalbox-Next-After", std::to_string(list.next_after));
        }
        return response;
    }
};

Result<Listing> read_listing(const Call& call, Parameters& query, bool of_reader) {
    Listing listing;
    listing.command.queue = queue_of(call);
    TRY_AS(listing.format, read_format(call.request, query));
    TRY_AS(const auto after, query.integer("after", 0, INT64_MAX));
    TRY_AS(const auto limit, query.integer("limit", 1, static_cast<int64_t>(batch_max(call))));
    // A reader is shown everything: what it passed over it would never see.
    TRY_AS(listing.command.include_claimed, flag_parameter(query, "include_claimed", of_reader));
    TRY_AS(listing.command.include_delayed, flag_parameter(query, "include_delayed", of_reader));
    TRY(query.only_known());
    listing.command.after = static_cast<uint64_t>(after.value_or(0));
    listing.command.limit =
        static_cast<size_t>(limit.value_or(std::min(page_messages_default, batch_max(call))));
    listing.bytes_max = queue_limits(call).answer_bytes_max;
    listing.link = queue_path(listing.command.queue) + "/messages?";
    if (listing.command.include_claimed) listing.link += "include_claimed=true&";
    if (listing.command.include_delayed) listing.link += "include_delayed=true&";
    listing.link += fmt::format("limit={}&after=", listing.command.limit);
    return listing;
}

Result<void> list(const Call& call) {
    TRY_AS(auto query, Parameters::of(call.request.query));
    const auto reader = query.text("reader");
    const bool has_place = query.text("after").has_value();
    TRY_AS(auto listing, read_listing(call, query, reader.has_value()));
    const ExchangePtr exchange = call.exchange;
    const std::string tenant = tenant_of(call);
    const auto read = [exchange, tenant](Listing wanted) {
        auto command = wanted.command;
        exchange->ask(tenant, std::move(command), [exchange, wanted](auto list) {
            if (!list) return exchange->respond(problem(list.error()));
            exchange->respond(wanted.response(*list, exchange->frontend().now().wall));
        });
    };
    if (!reader || has_place) {
        read(std::move(listing));
        return {};
    }
    // From where the reader stands; one that is new stands at the beginning.
    exchange->ask(tenant, GetQueueCursor{queue_of(call), *reader},
                  [exchange, listing, read](auto cursor) {
                      auto wanted = listing;
                      if (cursor) {
                          wanted.command.after = cursor->sequence;
                      } else if (cursor.error().code != ErrorCode::not_found) {
                          return exchange->respond(problem(cursor.error()));
                      }
                      read(std::move(wanted));
                  });
    return {};
}

Result<void> show(const Call& call) {
    TRY_AS(const auto id, parse_message_id(call.parameter("message"), "message"));
    ask(call, GetMessages{queue_of(call), {id}}, [](const MessageList& list) {
        if (list.messages.empty()) {
            return problem({ErrorCode::not_found, "there is no such message", {}});
        }
        std::string body;
        JsonWriter json(body);
        write_message(json, list.messages.front());
        return json_response(200, std::move(body));
    });
    return {};
}

void delete_and_answer(const Call& call, std::shared_ptr<ClaimWatch> watch,
                       const DeleteMessages& command,
                       const std::function<HttpResponse(uint64_t count)>& answer) {
    // What is deleted by force need not have been of the claim that was named. Of several claims
    // nobody knows how many each; their streams find out by themselves.
    std::optional<ClaimId> loser;
    if (command.rule == DeleteRule::claim_of_each && command.claims.size() == 1) {
        loser = command.claims.front();
    }
    ask(call, command, [watch = std::move(watch), loser, answer](const MessagesDeleted& deleted) {
        if (loser) watch->tell(*loser, deleted.count);
        return answer(deleted.count);
    });
}

// A claimed message needs its claim, unless it is said that claims do not matter.
Result<void> remove(const Call& call, const std::shared_ptr<ClaimWatch>& watch) {
    DeleteMessages command;
    command.queue = queue_of(call);
    TRY_AS(const auto id, parse_message_id(call.parameter("message"), "message"));
    command.ids.push_back(id);
    TRY_AS(auto query, Parameters::of(call.request.query));
    if (const auto claim = query.text("claim")) {
        TRY_AS(const auto claim_id, parse_claim_id(*claim, "claim"));
        command.claims.push_back(claim_id);
    }
    TRY_AS(const bool is_forced, flag_parameter(query, "force", false));
    TRY(query.only_known());
    command.rule = is_forced ? DeleteRule::any : DeleteRule::claim_of_each;
    delete_and_answer(call, watch, command, [](uint64_t /*count*/) { return no_content(); });
    return {};
}

Result<void> remove_many(const Call& call, const std::shared_ptr<ClaimWatch>& watch) {
    DeleteMessages command;
    command.queue = queue_of(call);
    TRY_AS(const auto document, parse_body(call));
    TRY_AS(auto members, JsonMembers::of(document.root()));
    TRY_AS(auto ids, ids_member(members, "ids", batch_max(call)));
    if (!ids) return fail(ErrorCode::invalid_argument, "is required", "ids");
    command.ids = std::move(*ids);
    TRY_AS(const auto claim, members.text("claim"));
    if (claim) {
        TRY_AS(const auto claim_id, parse_claim_id(*claim, "claim"));
        command.claims.push_back(claim_id);
    }
    TRY_AS(const auto claims, members.array("claims"));
    if (claims && claims->size() > batch_max(call)) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must not be more than {} in one request", batch_max(call)),
                    "claims");
    }
    for (const auto& element : claims.value_or(std::vector<JsonValue>())) {
        TRY_AS(const auto claim_id, parse_claim_id(element.text().value_or(""), "claims"));
        command.claims.push_back(claim_id);
    }
    TRY_AS(const auto is_forced, members.boolean("force"));
    TRY(members.only_known());
    command.rule = is_forced.value_or(false) ? DeleteRule::any : DeleteRule::claim_of_each;
    delete_and_answer(call, watch, command,
                      [](uint64_t count) { return count_response("deleted", count); });
    return {};
}

Result<void> pop(const Call& call) {
    PopMessages command;
    command.queue = queue_of(call);
    TRY_AS(auto query, Parameters::of(call.request.query));
    TRY_AS(const auto format, read_format(call.request, query));
    TRY(query.only_known());
    TRY_AS(const auto document, parse_body(call));
    TRY_AS(auto members, JsonMembers::of(document.root()));
    TRY_AS(const auto limit, members.integer("limit", 1, static_cast<int64_t>(batch_max(call))));
    TRY(members.only_known());
    command.limit = static_cast<size_t>(limit.value_or(1));
    const ExchangePtr exchange = call.exchange;
    ask(call, std::move(command), [exchange, format](const MessageList& list) {
        return messages_response(format, list.messages, exchange->frontend().now().wall,
                                 [](JsonWriter& /*json*/) {});
    });
    return {};
}

}  // namespace

void add_message_routes(Router& router, const std::shared_ptr<ClaimWatch>& watch) {
    const auto add = [&](HttpMethod method, std::string_view pattern, Router::Handler handler) {
        router.add(Dialect::native, method, pattern, std::move(handler));
    };
    add(HttpMethod::post, "/api/v1/queues/:queue/messages", handler(of_queue(post)));
    add(HttpMethod::get, "/api/v1/queues/:queue/messages", handler(of_queue(list)));
    add(HttpMethod::post, "/api/v1/queues/:queue/messages/pop", handler(of_queue(pop)));
    add(HttpMethod::post, "/api/v1/queues/:queue/messages/delete",
        plain_handler(of_queue([watch](const Call& call) { return remove_many(call, watch); })));
    add(HttpMethod::get, "/api/v1/queues/:queue/messages/:message", plain_handler(of_queue(show)));
    add(HttpMethod::erase, "/api/v1/queues/:queue/messages/:message",
        handler(of_queue([watch](const Call& call) { return remove(call, watch); })));
}

}  // namespace signalbox::native
