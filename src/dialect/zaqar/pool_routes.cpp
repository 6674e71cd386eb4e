#include <fmt/format.h>

#include "codec/json_reader.h"
#include "codec/json_writer.h"
#include "dialect/zaqar/admin_input.h"
#include "dialect/zaqar/zaqar_checks.h"
#include "dialect/zaqar/zaqar_routes.h"

// Pools, which are places for queues. Here a pool stands for a partition of the server.

namespace signalbox::zaqar {
namespace {

Checked<std::string> pool_name(const ZaqarCall& call) {
    if (auto admin = call.check_admin(); !admin) return refuse(std::move(admin.error()));
    const auto& name = call.path_parameter("pool");
    if (auto checked = check_name(name, "Pool", call.limits()); !checked) {
        return refuse(std::move(checked.error()));
    }
    return name;
}

void write_pool(std::string& out, const PoolView& pool, std::string_view version, bool detailed) {
    JsonWriter json(out);
    json.begin_object();
    json.member("name", pool.name);
    json.member("uri", pool.uri);
    json.member("weight", pool.weight);
    json.member("flavor", pool.flavor ? pool.flavor->name : std::string());
    if (detailed) {
        json.key("options");
        json.raw(pool.options);
    }
    json.member("href", fmt::format("/{}/pools/{}", version, pool.name));
    json.end_object();
}

HttpResponse pool_response(const PoolView& pool, std::string_view version, bool detailed) {
    std::string body;
    write_pool(body, pool, version, detailed);
    return json_response(200, std::move(body));
}

// Of a URI that stands for no partition there is nothing to connect to.
Checked<void> check_uri(const ZaqarCall& call, const std::string& uri) {
    const auto partition = partition_of_uri(uri);
    const auto count = call.exchange()->frontend().node().partitions().size();
    if (partition && *partition < count) return {};
    return refuse(invalid_body(fmt::format("cannot connect to {}", uri)));
}

Checked<void> create(const ZaqarCall& call) {
    auto name = pool_name(call);
    if (!name) return refuse(std::move(name.error()));
    auto input = read_pool(call.request().body);
    if (!input) return refuse(std::move(input.error()));
    if (!input->uri || !input->weight) {
        return refuse(invalid_body(
            fmt::format("'{}' is a required property", input->uri ? "weight" : "uri")));
    }
    if (auto checked = check_uri(call, *input->uri); !checked) return checked;
    PutPool command;
    command.pool.name = *name;
    command.pool.uri = std::move(*input->uri);
    command.pool.weight = *input->weight;
    if (input->options) command.pool.options = std::move(*input->options);
    if (input->flavor && !input->flavor->empty()) {
        command.pool.flavor = FlavorName{call.project(), std::move(*input->flavor)};
    }
    ask_catalog(call, std::move(command),
                [path = fmt::format("/{}/pools/{}", version_text(call.version()), *name)](
                    const PoolView& /*pool*/) {
                    auto response = empty_response(201);
                    response.fields.emplace_back("Location", path);
                    return response;
                });
    return {};
}

Checked<void> show(const ZaqarCall& call) {
    auto name = pool_name(call);
    if (!name) return refuse(std::move(name.error()));
    const auto detailed = call.flag("detailed");
    if (!detailed) return refuse(detailed.error());
    ask_catalog(call, GetPool{std::move(*name)},
                [version = version_text(call.version()), detailed = detailed->value_or(false)](
                    const PoolView& pool) { return pool_response(pool, version, detailed); });
    return {};
}

Checked<void> change(const ZaqarCall& call) {
    auto name = pool_name(call);
    if (!name) return refuse(std::move(name.error()));
    auto input = read_pool(call.request().body);
    if (!input) return refuse(std::move(input.error()));
    if (!input->uri && !input->weight && !input->options && !input->flavor) {
        return refuse(
            invalid_body("One of `uri`, `weight`,`flavor`,or `options` needs to be specified"));
    }
    if (input->uri) {
        if (auto checked = check_uri(call, *input->uri); !checked) return checked;
    }
    UpdatePool command;
    command.name = std::move(*name);
    command.uri = std::move(input->uri);
    command.weight = input->weight;
    command.options = std::move(input->options);
    if (input->flavor) {
        command.flavor = std::optional<FlavorName>();
        if (!input->flavor->empty()) {
            command.flavor = FlavorName{call.project(), std::move(*input->flavor)};
        }
    }
    ask_catalog(call, std::move(command),
                [version = version_text(call.version())](const PoolView& pool) {
                    return pool_response(pool, version, false);
                });
    return {};
}

Checked<void> remove(const ZaqarCall& call) {
    auto name = pool_name(call);
    if (!name) return refuse(std::move(name.error()));
    const ExchangePtr exchange = call.exchange();
    exchange->ask(catalog_tenant, DeletePool{std::move(*name)},
                  [exchange](Result<PoolDeleted> deleted) {
                      if (deleted) return exchange->respond(empty_response(204));
                      const auto& error = deleted.error();
                      exchange->respond(render(error.code == ErrorCode::forbidden
                                                   ? Fault{403, "Unable to delete", error.message}
                                                   : fault_of(error)));
                  });
    return {};
}

Checked<void> list(const ZaqarCall& call) {
    if (auto admin = call.check_admin(); !admin) return admin;
    const auto limit = call.integer("limit");
    if (!limit) return refuse(limit.error());
    const auto page = check_pool_limit(*limit, call.limits());
    if (!page) return refuse(page.error());
    const auto detailed = call.flag("detailed");
    if (!detailed) return refuse(detailed.error());
    const auto version = version_text(call.version());
    NextLink next(fmt::format("/{}/pools", version));
    next.add_number("limit", *limit);
    next.add_flag("detailed", *detailed);
    ListPools command;
    command.limit = *page;
    if (const auto* marker = call.text("marker")) command.after = *marker;
    ask_catalog(
        call, std::move(command),
        [next, version, shows_options = detailed->value_or(false)](const PoolList& pools) mutable {
            std::string body = R"({"pools":[)";
            for (const auto& pool : pools.pools) {
                if (body.back() != '[') body += ',';
                write_pool(body, pool, version, shows_options);
            }
            body += "],";
            if (pools.pools.empty()) {
                body += no_links;
            } else {
                next.add("marker", pools.pools.back().name);
                body += next.links();
            }
            body += '}';
            return json_response(200, std::move(body));
        });
    return {};
}

}  // namespace

void add_pool_routes(RouteTable& routes) {
    routes.add(HttpMethod::get, "/pools", list);
    routes.add(HttpMethod::put, "/pools/:pool", create);
    routes.add(HttpMethod::get, "/pools/:pool", show);
    routes.add(HttpMethod::patch, "/pools/:pool", change);
    routes.add(HttpMethod::erase, "/pools/:pool", remove);
}

}  // namespace signalbox::zaqar
