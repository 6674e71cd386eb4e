#include "core/pools.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr uint8_t pool_row_version = 1;
constexpr uint8_t flavor_row_version = 1;

std::string pool_key(std::string_view name) {
    return KeyBuilder(Table::pool).tail(name).take();
}

std::string flavor_key(const FlavorName& flavor) {
    return KeyBuilder(Table::flavor).text(flavor.project).tail(flavor.name).take();
}

Error no_such_pool(std::string_view name) {
    return {ErrorCode::not_found, fmt::format("Pool {} does not exist", name), {}};
}

Error no_such_flavor(const FlavorName& flavor) {
    return {ErrorCode::not_found, fmt::format("Flavor {} does not exist", flavor.name), {}};
}

}  // namespace

std::string encode_pool(const PoolView& pool) {
    std::string out;
    put_u8(out, pool_row_version);
    put_bytes(out, pool.uri);
    put_varint(out, pool.weight);
    put_bytes(out, pool.options);
    put_u8(out, pool.flavor ? 1 : 0);
    if (pool.flavor) {
        put_bytes(out, pool.flavor->project);
        put_bytes(out, pool.flavor->name);
    }
    return out;
}

std::optional<PoolView> decode_pool(std::string_view key, std::string_view value) {
    if (key.empty()) return std::nullopt;
    PoolView pool;
    pool.name = key.substr(1);
    ByteReader reader(value);
    if (reader.u8() != pool_row_version) return std::nullopt;
    pool.uri = reader.bytes();
    const uint64_t weight = reader.varint();
    pool.options = reader.bytes();
    if (reader.u8() != 0) {
        FlavorName flavor;
        flavor.project = reader.bytes();
        flavor.name = reader.bytes();
        pool.flavor = std::move(flavor);
    }
    if (!reader.ok() || weight > UINT32_MAX) return std::nullopt;
    pool.weight = static_cast<uint32_t>(weight);
    return pool;
}

std::optional<FlavorName> decode_flavor(std::string_view key, std::string_view value) {
    ByteReader key_reader(key);
    key_reader.u8();
    FlavorName flavor;
    if (!read_key_text(key_reader, flavor.project)) return std::nullopt;
    flavor.name = key_reader.rest();
    if (ByteReader(value).u8() != flavor_row_version) return std::nullopt;
    return flavor;
}

Result<void> Pools::load(const RowReader& rows) {
    const auto pools = KeyBuilder(Table::pool).take();
    const auto scan = rows.scan(pools, prefix_end(pools));
    for (; scan->valid(); scan->next()) {
        auto pool = decode_pool(scan->key(), scan->value());
        if (!pool) return fail(ErrorCode::internal, "a row of a pool is damaged");
        pools_.emplace(pool->name, std::move(*pool));
    }
    TRY(scan->status());
    const auto flavors = KeyBuilder(Table::flavor).take();
    const auto flavor_scan = rows.scan(flavors, prefix_end(flavors));
    for (; flavor_scan->valid(); flavor_scan->next()) {
        auto flavor = decode_flavor(flavor_scan->key(), flavor_scan->value());
        if (!flavor) return fail(ErrorCode::internal, "a row of a flavor is damaged");
        flavors_.insert(std::move(*flavor));
    }
    return flavor_scan->status();
}

Result<void> Pools::check_pool(const PoolView& pool) const {
    if (pool.uri.size() > limits_.uri_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must have at most {} bytes", limits_.uri_bytes_max), "uri");
    }
    if (pool.options.size() > limits_.options_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must have at most {} bytes", limits_.options_bytes_max),
                    "options");
    }
    const bool is_taken = std::any_of(pools_.begin(), pools_.end(), [&](const auto& known) {
        return known.first != pool.name && known.second.uri == pool.uri;
    });
    if (is_taken) return fail(ErrorCode::conflict, "The database URI is in use by another pool.");
    if (!pools_.contains(pool.name) && pools_.size() >= limits_.pools_max) {
        return fail(ErrorCode::overloaded, "too many pools");
    }
    return {};
}

void Pools::keep(PoolView pool, Step& step) {
    step.ready.writes.put(pool_key(pool.name), encode_pool(pool));
    pools_.insert_or_assign(pool.name, std::move(pool));
}

Result<PoolView> Pools::put(PutPool command, Step& step) {
    TRY(check_pool(command.pool));
    keep(command.pool, step);
    return std::move(command.pool);
}

Result<PoolView> Pools::get(const GetPool& command) const {
    const auto found = pools_.find(command.name);
    if (found == pools_.end()) return fail(no_such_pool(command.name));
    return found->second;
}

Result<PoolView> Pools::update(UpdatePool command, Step& step) {
    TRY_AS(auto pool, get(GetPool{command.name}));
    if (command.uri) pool.uri = std::move(*command.uri);
    if (command.weight) pool.weight = *command.weight;
    if (command.options) pool.options = std::move(*command.options);
    if (command.flavor) pool.flavor = std::move(*command.flavor);
    TRY(check_pool(pool));
    keep(pool, step);
    return pool;
}

Result<PoolDeleted> Pools::remove(const DeletePool& command, Step& step) {
    const auto found = pools_.find(command.name);
    if (found == pools_.end()) return PoolDeleted{};
    if (const auto& flavor = found->second.flavor; flavor && flavors_.contains(*flavor)) {
        return fail(
            ErrorCode::forbidden,
            fmt::format("This pool is used by flavors {}; It cannot be deleted.", flavor->name));
    }
    step.ready.writes.erase(pool_key(command.name));
    pools_.erase(found);
    return PoolDeleted{true};
}

PoolList Pools::list(const ListPools& command) const {
    PoolList list;
    for (auto at = pools_.upper_bound(command.after);
         at != pools_.end() && list.pools.size() < command.limit; ++at) {
        list.pools.push_back(at->second);
    }
    return list;
}

FlavorView Pools::view_of(const FlavorName& flavor) const {
    FlavorView view{flavor, {}};
    for (const auto& [name, pool] : pools_) {
        if (pool.flavor == flavor) view.pools.push_back(name);
    }
    return view;
}

Result<FlavorView> Pools::put(PutFlavor command, Step& step) {
    const bool is_new = !flavors_.contains(command.flavor);
    if (is_new && command.must_exist) return fail(no_such_flavor(command.flavor));
    for (const auto& name : command.pools) {
        if (pools_.contains(name)) continue;
        auto error = no_such_pool(name);
        error.field = "pool";
        return fail(std::move(error));
    }
    if (is_new && flavors_.size() >= limits_.flavors_max) {
        return fail(ErrorCode::overloaded, "too many flavors");
    }
    if (is_new) {
        std::string row;
        put_u8(row, flavor_row_version);
        step.ready.writes.put(flavor_key(command.flavor), row);
        flavors_.insert(command.flavor);
    }
    for (const auto& name : view_of(command.flavor).pools) {
        if (std::find(command.pools.begin(), command.pools.end(), name) != command.pools.end()) {
            continue;
        }
        auto pool = pools_.at(name);
        pool.flavor.reset();
        keep(std::move(pool), step);
    }
    for (const auto& name : command.pools) {
        auto pool = pools_.at(name);
        if (pool.flavor == command.flavor) continue;
        pool.flavor = command.flavor;
        keep(std::move(pool), step);
    }
    return view_of(command.flavor);
}

Result<FlavorView> Pools::get(const GetFlavor& command) const {
    if (!flavors_.contains(command.flavor)) return fail(no_such_flavor(command.flavor));
    return view_of(command.flavor);
}

Result<FlavorDeleted> Pools::remove(const DeleteFlavor& command, Step& step) {
    if (flavors_.erase(command.flavor) == 0) return FlavorDeleted{};
    for (const auto& name : view_of(command.flavor).pools) {
        auto pool = pools_.at(name);
        pool.flavor.reset();
        keep(std::move(pool), step);
    }
    step.ready.writes.erase(flavor_key(command.flavor));
    return FlavorDeleted{true};
}

FlavorList Pools::list(const ListFlavors& command) const {
    FlavorList list;
    for (auto at = flavors_.upper_bound(command.after);
         at != flavors_.end() && at->project == command.after.project &&
         list.flavors.size() < command.limit;
         ++at) {
        list.flavors.push_back(view_of(*at));
    }
    return list;
}

void Pools::check() const {
    std::set<std::string_view> uris;
    for (const auto& [name, pool] : pools_) {
        ASSERT(name == pool.name);
        ASSERT(uris.insert(pool.uri).second);
    }
    ASSERT(pools_.size() <= limits_.pools_max && flavors_.size() <= limits_.flavors_max);
}

}  // namespace signalbox
