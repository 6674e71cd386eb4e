#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What can be asked of pools and flavors, and what is answered. Both are the whole server's: they
// are kept in one partition, the one of `catalog_tenant`.

namespace signalbox {

// As the tenant of these commands. Nobody can be this tenant: requests always name one.
inline constexpr const char* catalog_tenant = "";

// Flavors have names of their own in each project; a project is a tenant by name.
struct FlavorName {
    std::string project;
    std::string name;

    auto operator<=>(const FlavorName&) const = default;
};

// A place where queues may be: it stands for a partition.
struct PoolView {
    std::string name;
    std::string uri;
    uint32_t weight = 0;
    std::string options = "{}";        // a JSON object
    std::optional<FlavorName> flavor;  // that picks it
};

// Replaces it when it exists. `conflict` when another pool has that uri.
struct PutPool {
    using Answer = PoolView;

    PoolView pool;
};

struct GetPool {
    using Answer = PoolView;

    std::string name;
};

// Changes what is given.
struct UpdatePool {
    using Answer = PoolView;

    std::string name;
    std::optional<std::string> uri;
    std::optional<uint32_t> weight;
    std::optional<std::string> options;
    // Inner nothing: no flavor picks it any more.
    std::optional<std::optional<FlavorName>> flavor;
};

struct PoolDeleted {
    bool existed = false;
};

// `forbidden` while a flavor that exists picks it.
struct DeletePool {
    using Answer = PoolDeleted;

    std::string name;
};

struct PoolList {
    std::vector<PoolView> pools;
};

struct ListPools {
    using Answer = PoolList;

    std::string after;  // exclusive
    size_t limit = 0;
};

struct FlavorView {
    FlavorName flavor;
    std::vector<std::string> pools;  // that it picks, by name
};

// Picks these pools and no others, away from whichever flavor picked them before. Makes the flavor
// when there is none, unless that is asked not to. `not_found` with field "pool" for a pool that
// there is not, without a field for the flavor.
struct PutFlavor {
    using Answer = FlavorView;

    FlavorName flavor;
    std::vector<std::string> pools;
    bool must_exist = false;
};

struct GetFlavor {
    using Answer = FlavorView;

    FlavorName flavor;
};

struct FlavorDeleted {
    bool existed = false;
};

struct DeleteFlavor {
    using Answer = FlavorDeleted;

    FlavorName flavor;
};

struct FlavorList {
    std::vector<FlavorView> flavors;
};

struct ListFlavors {
    using Answer = FlavorList;

    FlavorName after;  // exclusive, within its project
    size_t limit = 0;
};

}  // namespace signalbox
