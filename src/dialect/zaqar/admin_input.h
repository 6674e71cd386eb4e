#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/pool_commands.h"
#include "dialect/zaqar/zaqar_call.h"

// What an admin sends about pools and flavors.

namespace signalbox::zaqar {

struct PoolInput {
    std::optional<std::string> uri;
    std::optional<uint32_t> weight;
    std::optional<std::string> options;  // a JSON object
    std::optional<std::string> flavor;   // empty: none
};
Checked<PoolInput> read_pool(std::string_view body);

// {"pool_list": [names][, "capabilities": {}]}, not empty.
Checked<std::vector<std::string>> read_pool_list(std::string_view body);

// "signalbox://partition/3" -> 3
std::optional<size_t> partition_of_uri(std::string_view uri);

// As ask(), of what is kept for the whole server.
template <class Body, class Render, class Explain>
void ask_catalog(const ZaqarCall& call, Body body, Render render, Explain explain) {
    const ExchangePtr exchange = call.exchange();
    exchange->ask(
        catalog_tenant, std::move(body),
        [exchange, render = std::move(render), explain = std::move(explain)](auto answer) mutable {
            if (!answer) return exchange->respond(zaqar::render(explain(answer.error())));
            exchange->respond(render(*answer));
        });
}

template <class Body, class Render>
void ask_catalog(const ZaqarCall& call, Body body, Render render) {
    ask_catalog(call, std::move(body), std::move(render),
                [](const Error& error) { return fault_of(error); });
}

}  // namespace signalbox::zaqar
