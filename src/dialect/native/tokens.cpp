#include "core/tokens.h"

#include <fmt/format.h>

#include "base/log.h"
#include "codec/digest.h"
#include "codec/secret_token.h"
#include "dialect/native/native_call.h"
#include "dialect/native/native_routes.h"

// /api/v1/tokens: the credentials that this server gives out, for its admins; and
// /api/v1/identity: who the asker is.

namespace signalbox::native {
namespace {

constexpr int64_t page_limit_max = 1000;
constexpr int64_t page_limit_default = 100;

void write_texts(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
    json.key(name);
    json.begin_array();
    for (const auto& text : texts) json.value(text);
    json.end_array();
}

void write_expiry(JsonWriter& json, Instant expires_at) {
    json.key("expires_at");
    if (expires_at == never) {
        json.null();
    } else {
        json.value(format_instant(expires_at));
    }
}

// `token` is given to nobody but its creator.
void write_token(JsonWriter& json, const TokenRecord& record, std::string_view token = {}) {
    json.begin_object();
    json.member("id", record.id.text());
    if (!token.empty()) json.member("token", token);
    json.member("tenant", record.tenant);
    json.member("user", record.user);
    if (record.user_uuid) json.member("user_uuid", record.user_uuid->text());
    write_texts(json, "roles", record.roles);
    write_texts(json, "acl", record.acl);
    json.member("created_at", format_instant(record.created_at));
    json.member("created_by", record.created_by);
    write_expiry(json, record.expires_at);
    json.end_object();
}

Result<std::vector<std::string>> texts_member(JsonMembers& members, std::string_view name) {
    std::vector<std::string> texts;
    TRY_AS(const auto elements, members.array(name));
    if (!elements) return texts;
    for (const auto& element : *elements) {
        const auto text = element.text();
        if (!text) {
            return fail(ErrorCode::invalid_argument, "must be a list of strings",
                        members.path(name));
        }
        texts.emplace_back(*text);
    }
    return texts;
}

Result<void> create(const Call& call) {
    CreateToken command;
    TRY_AS(const auto document, parse_body(call));
    TRY_AS(auto members, JsonMembers::of(document.root()));
    TRY_AS(const auto tenant, members.text("tenant"));
    TRY_AS(const auto user, members.text("user"));
    TRY_AS(const auto user_uuid, members.text("user_uuid"));
    if (user_uuid) {
        TRY_AS(command.user_uuid, parse_uuid(*user_uuid, "user_uuid"));
    }
    TRY_AS(command.roles, texts_member(members, "roles"));
    TRY_AS(command.acl, texts_member(members, "acl"));
    TRY_AS(command.expires_in, duration_member(members, "expires"));
    TRY(members.only_known());
    command.tenant = tenant.value_or("");
    command.user = user.value_or("");
    const ExchangePtr exchange = call.exchange;
    // Made here and not in the core, whose random numbers can be foretold.
    const auto token = format_token(exchange->frontend().secret(token_secret_bytes));
    command.hash = sha256(token);
    exchange->ask(std::string(tenant_of_tokens), std::move(command),
                  [exchange, token](const Result<TokenRecord>& record) {
                      if (!record) return exchange->respond(problem(record.error()));
                      LOG(info, "token.created", {"id", record->id.text()},
                          {"tenant", record->tenant}, {"by", record->created_by});
                      std::string body;
                      JsonWriter json(body);
                      write_token(json, *record, token);
                      auto response = json_response(201, std::move(body));
                      response.fields.emplace_back("Cache-Control", "no-store");
                      response.fields.emplace_back("Location",
                                                   "/api/v1/tokens/" + record->id.text());
                      exchange->respond(std::move(response));
                  });
    return {};
}

Result<TokenPage> read_page(const Call& call, const std::optional<Uuid>& after, size_t limit) {
    const auto& node = call.exchange->frontend().node();
    return list_tokens(*node.partition_of(tenant_of_tokens).snapshot(), after, limit);
}

// Who listens to the answer sees those that have expired and were not swept yet as what they
// are: `expires_at` is in the past.
Result<void> list(const Call& call) {
    TRY_AS(auto query, Parameters::of(call.request.query));
    TRY_AS(const auto after, query.uuid("after"));
    TRY_AS(const auto limit, query.integer("limit", 1, page_limit_max));
    TRY(query.only_known());
    const auto page_limit = static_cast<size_t>(limit.value_or(page_limit_default));
    TRY_AS(const auto page, read_page(call, after, page_limit));
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    json.key("tokens");
    json.begin_array();
    for (const auto& record : page.tokens) write_token(json, record);
    json.end_array();
    if (page.more) {
        json.member("next", fmt::format("/api/v1/tokens?limit={}&after={}", page_limit,
                                        page.tokens.back().id.text()));
    }
    json.end_object();
    call.exchange->respond(json_response(200, std::move(body)));
    return {};
}

Result<void> revoke(const Call& call) {
    TRY_AS(const auto id, uuid_parameter(call, "token"));
    const ExchangePtr exchange = call.exchange;
    exchange->ask(std::string(tenant_of_tokens), RevokeToken{id},
                  [exchange](const Result<TokenRevoked>& revoked) {
                      if (!revoked) return exchange->respond(problem(revoked.error()));
                      LOG(info, "token.revoked", {"id", revoked->id.text()},
                          {"by", exchange->identity().user});
                      HttpResponse response;
                      response.status = 204;
                      exchange->respond(std::move(response));
                  });
    return {};
}

Result<void> show_identity(const Call& call) {
    const Identity& identity = call.exchange->identity();
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    json.member("tenant", identity.tenant);
    json.member("user", identity.user);
    if (identity.user_uuid) json.member("user_uuid", identity.user_uuid->text());
    write_texts(json, "roles", identity.roles);
    write_texts(json, "acl", identity.acl);
    json.member("admin", identity.may_administer);
    write_expiry(json, identity.expires_at);
    json.end_object();
    call.exchange->respond(json_response(200, std::move(body)));
    return {};
}

}  // namespace

void add_token_routes(Router& router) {
    const auto add = [&](HttpMethod method, std::string_view pattern, Router::Handler handler) {
        router.add(Dialect::native, method, pattern, std::move(handler), Access::admin);
    };
    add(HttpMethod::post, "/api/v1/tokens", plain_handler(create));
    add(HttpMethod::get, "/api/v1/tokens", handler(list));
    add(HttpMethod::erase, "/api/v1/tokens/:token", plain_handler(revoke));
    router.add(Dialect::native, HttpMethod::get, "/api/v1/identity", plain_handler(show_identity),
               Access::own);
}

}  // namespace signalbox::native
