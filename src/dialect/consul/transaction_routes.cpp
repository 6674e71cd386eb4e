#include <fmt/format.h>

#include "codec/base64.h"
#include "dialect/consul/consul_acl.h"
#include "dialect/consul/consul_answer.h"
#include "dialect/consul/consul_routes.h"
#include "dialect/consul/kv_json.h"
#include "dialect/consul/kv_read.h"

// /v1/txn: several operations on keys that happen all or not at all.

namespace signalbox::consul {
namespace {

struct Verb {
    std::string_view name;
    KvVerb verb;
    std::string_view action;  // in patterns
};

constexpr Verb verbs[] = {
    {"set", KvVerb::set, "update"},
    {"cas", KvVerb::cas, "update"},
    {"lock", KvVerb::lock, "update"},
    {"unlock", KvVerb::unlock, "update"},
    {"get", KvVerb::get, "read"},
    {"get-tree", KvVerb::get_tree, "read"},
    {"check-index", KvVerb::check_index, "read"},
    {"check-session", KvVerb::check_session, "read"},
    {"check-not-exists", KvVerb::check_not_exists, "read"},
    {"delete", KvVerb::erase, "delete"},
    {"delete-tree", KvVerb::erase_tree, "delete"},
    {"delete-cas", KvVerb::erase_cas, "delete"},
};

Result<KvOperation> read_operation(const JsonValue& element, const Identity& identity) {
    TRY_AS(auto outer, Members::of(element));
    TRY_AS(const auto object, outer.object("KV"));
    if (!object) {
        return fail(ErrorCode::invalid_argument,
                    "Only operations with a member KV are supported by this server", "KV");
    }
    TRY(outer.only_known());
    TRY_AS(auto members, Members::of(*object));
    KvOperation operation;
    TRY_AS(const auto name, members.text("Verb"));
    TRY_AS(const auto key, members.text("Key"));
    TRY_AS(const auto value, members.text("Value"));
    TRY_AS(const auto flags, members.unsigned_integer("Flags"));
    TRY_AS(const auto index, members.unsigned_integer("Index"));
    TRY_AS(const auto session, members.text("Session"));
    TRY(members.only_known());
    const auto* const verb = std::find_if(std::begin(verbs), std::end(verbs),
                                          [&](const Verb& known) { return known.name == name; });
    if (verb == std::end(verbs)) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("Unknown KV verb \"{}\"", name.value_or("")), "Verb");
    }
    operation.verb = verb->verb;
    operation.key = key.value_or("");
    TRY(check_key_text(operation.key));
    const bool is_tree = verb->verb == KvVerb::get_tree || verb->verb == KvVerb::erase_tree;
    TRY(check_key_action(identity, operation.key, verb->action));
    if (is_tree) TRY(check_prefix_action(identity, operation.key, verb->action));
    const auto bytes = base64_decode(value.value_or(""));
    if (!bytes) return fail(ErrorCode::invalid_argument, "must be base64", "Value");
    operation.value = *bytes;
    operation.flags = flags.value_or(0);
    operation.index = index.value_or(0);
    if (session && !session->empty()) {
        operation.session = Uuid::parse(*session);
        if (!operation.session) {
            return fail(ErrorCode::invalid_argument, "must be the id of a session", "Session");
        }
    }
    return operation;
}

HttpResponse outcome_answer(const KvTransactionOutcome& outcome) {
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    json.key("Results");
    if (outcome.failures.empty()) {
        json.begin_array();
        for (const auto& entry : outcome.entries) {
            json.begin_object();
            json.key("KV");
            write_kv_entry(json, entry.entry, entry.with_value);
            json.end_object();
        }
        json.end_array();
    } else {
        json.null();
    }
    json.key("Errors");
    if (outcome.failures.empty()) {
        json.null();
    } else {
        json.begin_array();
        for (const auto& failure : outcome.failures) {
            json.begin_object();
            json.member("OpIndex", failure.operation);
            json.member("What", failure.what);
            json.end_object();
        }
        json.end_array();
    }
    json.end_object();
    auto response = json_answer(std::move(body));
    if (!outcome.failures.empty()) response.status = 409;
    return response;
}

Result<void> run(const ConsulCall& call) {
    TRY_AS(const auto document, call.json(""));
    if (document.root().kind() != JsonKind::array) {
        return fail(ErrorCode::invalid_argument, "Failed to parse body: must be an array", "body");
    }
    const auto elements = document.root().elements();
    const size_t operations_max = call.exchange()
                                      ->frontend()
                                      .node()
                                      .partition_of(call.tenant())
                                      .limits()
                                      .kv.transaction_operations_max;
    if (elements.size() > operations_max) {
        return fail(ErrorCode::too_large,
                    fmt::format("Transaction contains too many operations ({} > {})",
                                elements.size(), operations_max),
                    "body");
    }
    RunKvTransaction command;
    for (const auto& element : elements) {
        TRY_AS(auto operation, read_operation(element, call.exchange()->identity()));
        command.operations.push_back(std::move(operation));
    }
    const ExchangePtr exchange = call.exchange();
    exchange->ask(call.tenant(), std::move(command), [exchange](Result<KvTransactionOutcome> done) {
        exchange->respond(done ? outcome_answer(*done) : error_answer(done.error()));
    });
    return {};
}

}  // namespace

void add_transaction_routes(RouteTable& routes) {
    routes.add(HttpMethod::put, "/txn", run, Access::own);
}

}  // namespace signalbox::consul
