#include "codec/url.h"
#include "core/collection_rows.h"
#include "core/tenants.h"
#include "dialect/native/collection_call.h"
#include "dialect/native/native_routes.h"

// /api/v1/collections, and the paths that types have declared for theirs.

namespace signalbox::native {
namespace {

CollectionCall collection_of(const Call& call) {
    CollectionCall at;
    at.tenant = tenant_of(call);
    at.type = call.parameter("type");
    at.base = "/api/v1/collections/" + percent_encode(at.type);
    return at;
}

CollectionCall item_of(const Call& call) {
    auto at = collection_of(call);
    at.id = call.parameter("item");
    return at;
}

Result<void> list(const Call& call) {
    return list_items(call, collection_of(call));
}

Result<void> create(const Call& call) {
    return create_item(call, collection_of(call));
}

Result<void> show(const Call& call) {
    return show_item(call, item_of(call));
}

Result<void> replace(const Call& call) {
    return change_item(call, item_of(call), false);
}

Result<void> patch(const Call& call) {
    return change_item(call, item_of(call), true);
}

Result<void> remove(const Call& call) {
    return remove_item(call, item_of(call));
}

// The collection, or the item, that a path stands for; nothing when it is no type's.
Result<std::optional<CollectionCall>> resolve(const Call& call) {
    auto path = call.request.path;
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    CollectionCall at;
    at.tenant = tenant_of(call);
    at.is_bare = true;
    const auto snapshot = call.exchange->frontend().node().partition_of(at.tenant).snapshot();
    TRY_AS(const TenantId tenant, find_tenant(*snapshot, at.tenant));
    TRY_AS(auto type, find_item_type_by_path(*snapshot, tenant, path));
    if (!type) {
        // The last word is that of the item; those of a type need no escapes.
        if (!call.path.empty()) at.id = call.path.back().second;
        TRY_AS(type, find_item_type_by_path(*snapshot, tenant, path.substr(0, path.rfind('/'))));
    }
    if (!type) return std::optional<CollectionCall>();
    at.type = type->name;
    at.base = type->path;
    at.only_own = is_everybodys_own(*type);
    return std::optional(std::move(at));
}

Result<void> run(const Call& call, const CollectionCall& at) {
    const auto method = call.request.method;
    const auto not_here = [&](const char* allow) -> Result<void> {
        call.exchange->respond(route_problem(RouteFault::method_not_allowed, call.request, allow));
        return {};
    };
    const bool looks = method == HttpMethod::get || method == HttpMethod::head;
    if (at.id.empty() && looks) return list_items(call, at);
    TRY_AS(const auto query, Parameters::of(call.request.query));
    TRY(query.only_known());
    if (at.id.empty()) {
        if (method == HttpMethod::post) return create_item(call, at);
        return not_here("GET, POST");
    }
    if (looks) return show_item(call, at);
    if (method == HttpMethod::put) return change_item(call, at, false);
    if (method == HttpMethod::patch) return change_item(call, at, true);
    if (method == HttpMethod::erase) return remove_item(call, at);
    return not_here("GET, PUT, PATCH, DELETE");
}

Result<void> fall_back(const Call& call) {
    TRY_AS(const auto at, resolve(call));
    if (at) return run(call, *at);
    call.exchange->respond(route_problem(RouteFault::not_found, call.request, {}));
    return {};
}

}  // namespace

void add_collection_routes(Router& router) {
    const auto add = [&](HttpMethod method, std::string_view pattern, Router::Handler handler) {
        router.add(Dialect::native, method, pattern, std::move(handler));
    };
    add(HttpMethod::get, "/api/v1/collections/:type", handler(list));
    add(HttpMethod::post, "/api/v1/collections/:type", plain_handler(create));
    add(HttpMethod::get, "/api/v1/collections/:type/:item", plain_handler(show));
    add(HttpMethod::put, "/api/v1/collections/:type/:item", plain_handler(replace));
    add(HttpMethod::patch, "/api/v1/collections/:type/:item", plain_handler(patch));
    add(HttpMethod::erase, "/api/v1/collections/:type/:item", plain_handler(remove));
    router.set_fallback(Dialect::native, handler(fall_back));
}

}  // namespace signalbox::native
