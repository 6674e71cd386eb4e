#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

// What can be asked of nodes, services and checks. They are read from rows (core/registry_rows.h).

namespace signalbox {

// The name of the server's own node is empty here, because the server may be called something else
// after a restart.
using NodeName = std::string;
// The service that the server itself is on its own node; there is no row of it.
inline constexpr std::string_view own_service_id = "consul";
using TextMap = std::map<std::string, std::string>;

struct NodeRecord {
    NodeName name;
    std::string id;
    std::string address;
    TextMap tagged_addresses;
    TextMap meta;
    uint64_t create_index = 0;
    uint64_t modify_index = 0;
};

struct ServiceAddress {
    std::string address;
    uint32_t port = 0;

    auto operator<=>(const ServiceAddress&) const = default;
};

struct ServiceRecord {
    NodeName node;
    std::string id;
    std::string name;
    std::vector<std::string> tags;
    std::string address;
    uint32_t port = 0;
    TextMap meta;
    std::map<std::string, ServiceAddress> tagged_addresses;
    uint32_t weight_passing = 1;
    uint32_t weight_warning = 1;
    bool enable_tag_override = false;
    uint64_t create_index = 0;
    uint64_t modify_index = 0;
};

enum class CheckStatus : uint8_t { passing = 0, warning = 1, critical = 2 };  // on disk

// How the status of a check comes to be.
struct CheckDefinition {
    enum class Kind : uint8_t {
        external = 0,  // somebody says so
        ttl = 1,       // somebody says so again and again, or it turns critical
        http = 2,      // by asking an address
    };
    Kind kind = Kind::external;
    Duration ttl{};
    std::string url;
    std::string method;  // GET when empty
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body;
    bool tls_skip_verify = false;
    Duration interval{};
    Duration timeout{};
    // Critical for so long, it takes its service off the registry; zero: never.
    Duration reap_after{};

    bool operator==(const CheckDefinition&) const = default;
};

struct CheckRecord {
    NodeName node;
    std::string id;
    std::string name;
    CheckStatus status = CheckStatus::critical;
    std::string notes;
    std::string output;
    std::string service_id;  // empty: of the node
    CheckDefinition definition;
    uint64_t create_index = 0;
    uint64_t modify_index = 0;
};

// A check to be registered.
struct CheckInput {
    CheckRecord record;
    bool has_status = false;
    // Of one that is there already, status and output stay.
    bool keeps_status = false;
};

struct Registered {};

// Puts these where they are not yet, and changes what differs. Whatever is not named stays.
struct Register {
    using Answer = Registered;

    NodeName node;
    std::optional<NodeRecord> node_record;  // required of a node that is not there yet
    std::optional<ServiceRecord> service;
    std::vector<CheckInput> checks;
    bool replaces_checks = false;  // the service's other checks go
};

struct Deregistered {
    bool existed = false;
};

// A check, a service with its checks, or a node with everything on it.
struct Deregister {
    using Answer = Deregistered;

    NodeName node;
    std::optional<std::string> service;
    std::optional<std::string> check;
};

struct CheckUpdated {};

// `not_found` with field "check" when there is none; `invalid_argument` when it is not of a kind
// that is told.
struct UpdateCheck {
    using Answer = CheckUpdated;

    NodeName node;
    std::string check;
    CheckStatus status = CheckStatus::critical;
    std::string output;
    // By whoever carried out what a ProbeOrder asked for; of another number it is too late.
    std::optional<uint64_t> probe;
    bool is_prompt = false;  // there was an answer, and it did not take long
};

// An address to be asked. Whoever is told to carries it out and says with UpdateCheck what came of
// it; not durable: it comes again with the check's next turn.
struct ProbeOrder {
    std::string tenant;
    NodeName node;
    std::string check;
    uint64_t number = 0;
    // The last one took long, or there was none: this one may, too.
    bool is_doubtful = true;
    CheckDefinition definition;
};

}  // namespace signalbox
