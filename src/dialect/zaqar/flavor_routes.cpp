#include <fmt/format.h>

#include "codec/json_writer.h"
#include "dialect/zaqar/admin_input.h"
#include "dialect/zaqar/zaqar_checks.h"
#include "dialect/zaqar/zaqar_routes.h"

// Flavors, which pick pools. All pools can do the same, so every flavor has every capability.

namespace signalbox::zaqar {
namespace {

constexpr std::string_view capabilities =
    R"(["FIFO","CLAIMS","DURABILITY","AOD","HIGH_THROUGHPUT"])";

Checked<FlavorName> flavor_name(const ZaqarCall& call) {
    const auto& name = call.path_parameter("flavor");
    if (auto checked = check_name(name, "Flavor", call.limits()); !checked) {
        return refuse(std::move(checked.error()));
    }
    return FlavorName{call.project(), name};
}

void write_flavor(std::string& out, const FlavorView& flavor, std::string_view version,
                  bool shows_capabilities) {
    JsonWriter json(out);
    json.begin_object();
    json.member("name", flavor.flavor.name);
    json.key("pool_list");
    json.begin_array();
    for (const auto& pool : flavor.pools) json.value(pool);
    json.end_array();
    if (shows_capabilities) {
        json.key("capabilities");
        json.raw(capabilities);
    }
    json.member("href", fmt::format("/{}/flavors/{}", version, flavor.flavor.name));
    json.end_object();
}

HttpResponse flavor_response(const FlavorView& flavor, std::string_view version) {
    std::string body;
    write_flavor(body, flavor, version, true);
    return json_response(200, std::move(body));
}

// What is wrong with the pools of a flavor goes before the flavor.
auto explain(std::string name, std::string_view what) {
    return [name = std::move(name), what](const Error& error) {
        if (error.code != ErrorCode::not_found || error.field != "pool") return fault_of(error);
        return Fault{
            400, fmt::format("Unable to {}", what),
            fmt::format("Flavor {} could not be {}d, error:{}", name, what, error.message)};
    };
}

Checked<PutFlavor> read_change(const ZaqarCall& call) {
    if (auto admin = call.check_admin(); !admin) return refuse(std::move(admin.error()));
    auto flavor = flavor_name(call);
    if (!flavor) return refuse(std::move(flavor.error()));
    auto pools = read_pool_list(call.request().body);
    if (!pools) return refuse(std::move(pools.error()));
    return PutFlavor{std::move(*flavor), std::move(*pools)};
}

Checked<void> create(const ZaqarCall& call) {
    auto command = read_change(call);
    if (!command) return refuse(std::move(command.error()));
    const auto name = command->flavor.name;
    ask_catalog(
        call, std::move(*command),
        [path = fmt::format("/{}/flavors/{}", version_text(call.version()), name)](
            const FlavorView& /*flavor*/) {
            auto response = empty_response(201);
            response.fields.emplace_back("Location", path);
            return response;
        },
        explain(name, "create"));
    return {};
}

Checked<void> change(const ZaqarCall& call) {
    auto command = read_change(call);
    if (!command) return refuse(std::move(command.error()));
    command->must_exist = true;
    const auto name = command->flavor.name;
    ask_catalog(
        call, std::move(*command),
        [version = version_text(call.version())](const FlavorView& flavor) {
            return flavor_response(flavor, version);
        },
        explain(name, "update"));
    return {};
}

Checked<void> show(const ZaqarCall& call) {
    auto flavor = flavor_name(call);
    if (!flavor) return refuse(std::move(flavor.error()));
    ask_catalog(call, GetFlavor{std::move(*flavor)},
                [version = version_text(call.version())](const FlavorView& view) {
                    return flavor_response(view, version);
                });
    return {};
}

Checked<void> remove(const ZaqarCall& call) {
    if (auto admin = call.check_admin(); !admin) return admin;
    auto flavor = flavor_name(call);
    if (!flavor) return refuse(std::move(flavor.error()));
    ask_catalog(call, DeleteFlavor{std::move(*flavor)},
                [](const FlavorDeleted& /*deleted*/) { return empty_response(204); });
    return {};
}

Checked<void> list(const ZaqarCall& call) {
    const auto limit = call.integer("limit");
    if (!limit) return refuse(limit.error());
    const auto page = check_flavor_limit(*limit, call.limits());
    if (!page) return refuse(page.error());
    const auto detailed = call.flag("detailed");
    if (!detailed) return refuse(detailed.error());
    const auto version = version_text(call.version());
    NextLink next(fmt::format("/{}/flavors", version));
    next.add_number("limit", *limit);
    next.add_flag("detailed", *detailed);
    ListFlavors command;
    command.after.project = call.project();
    if (const auto* marker = call.text("marker")) command.after.name = *marker;
    command.limit = *page;
    ask_catalog(call, std::move(command),
                [next, version, shows_capabilities = detailed->value_or(false)](
                    const FlavorList& flavors) mutable {
                    std::string body = R"({"flavors":[)";
                    for (const auto& flavor : flavors.flavors) {
                        if (body.back() != '[') body += ',';
                        write_flavor(body, flavor, version, shows_capabilities);
                    }
                    body += "],";
                    if (flavors.flavors.empty()) {
                        body += no_links;
                    } else {
                        next.add("marker", flavors.flavors.back().flavor.name);
                        body += next.links();
                    }
                    body += '}';
                    return json_response(200, std::move(body));
                });
    return {};
}

}  // namespace

void add_flavor_routes(RouteTable& routes) {
    routes.add(HttpMethod::get, "/flavors", list);
    routes.add(HttpMethod::put, "/flavors/:flavor", create);
    routes.add(HttpMethod::get, "/flavors/:flavor", show);
    routes.add(HttpMethod::patch, "/flavors/:flavor", change);
    routes.add(HttpMethod::erase, "/flavors/:flavor", remove);
}

}  // namespace signalbox::zaqar
