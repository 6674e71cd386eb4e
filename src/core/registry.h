#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/limits.h"
#include "core/registry_commands.h"
#include "core/session.h"
#include "core/step.h"
#include "core/watches.h"

namespace signalbox {

struct Check;

// A deadline of a check.
struct CheckTimer : TimerHook {
    CheckTimer(TimerKind kind, Check& owner) : TimerHook(kind), check(owner) {}

    Check& check;
};

// A check, in memory for its deadlines.
struct Check {
    Check() = default;
    Check(const Check&) = delete;
    Check& operator=(const Check&) = delete;

    TenantId tenant;
    CheckRecord record;
    // ttl: when it turns critical. http: when it is carried out next.
    CheckTimer deadline{TimerKind::check_deadline, *this};
    // When it has been critical for too long.
    CheckTimer reaping{TimerKind::check_reaping, *this};
    uint64_t probe = 0;                      // the last that was asked for
    std::optional<SteadyInstant> probed_at;  // while there is no answer to it
    int prompt_answers = 0;                  // the last ones in a row that did not take long
    // What it says has changed since then, and not yet its index.
    std::optional<SteadyInstant> stale_since;
};

// Nodes, their services, and what is known of their health. All of it is in memory, because it is
// alive, and all of it is in rows, which readers read (core/registry_rows.h). The server's own
// node, whose name is empty here, is there without a row.
//
// A registration that says nothing new changes nothing. Status is written when it changes; what a
// check says beside it is written too, but moves no index before a while has passed, so that
// heartbeats wake nobody.
//
//   check (ttl):  registered --told in time--> its status --too late--> critical
//   check (http): registered --a ProbeOrder now and then, and UpdateCheck--> its status
//   either:       critical for reap_after --> its service is off the registry
//
// Core thread. Invariants (check()): a service knows its checks,
// which are on its node; a check is about to
// take its service off exactly while it is critical and is to; names_ counts the instances of each
// name; limits are kept.
class Registry {
public:
    Registry(const RegistryLimits& limits, const Tenants& tenants, Watches& watches)
        : limits_(limits), tenants_(tenants), watches_(watches) {}

    Result<void> load(const RowReader& rows, Random& random, Timers& timers, Now now);

    Result<Registered> add(TenantId tenant, Register command, Step& step);
    Result<Deregistered> remove(TenantId tenant, const Deregister& command, Step& step);
    Result<CheckUpdated> update(TenantId tenant, UpdateCheck command, Step& step);
    // Whether a session may depend on that.
    [[nodiscard]] Result<void> check_terms(TenantId tenant, const SessionTerms& terms) const;

    void on_deadline(Check& check, Step& step);
    void on_reaping(Check& check, Step& step);

    // Checks and nodes that sessions may depend on and that are critical or gone since the last
    // call.
    [[nodiscard]] std::vector<CheckPlace> take_failed() { return std::exchange(failed_, {}); }
    [[nodiscard]] bool has_failed() const { return !failed_.empty(); }

    struct Statistics {
        uint64_t nodes = 0;
        uint64_t services = 0;
        uint64_t checks = 0;
    };
    [[nodiscard]] Statistics statistics() const { return {nodes_.size(), services_, checks_}; }
    void check() const;
    // And that memory tells what the rows do; these are all that was committed.
    void check(const RowReader& rows) const;

private:
    struct Place {
        TenantId tenant;
        NodeName node;
        auto operator<=>(const Place&) const = default;
    };
    struct Service {
        ServiceRecord record;
        std::set<std::string> checks;  // their ids
    };
    struct Node {
        std::optional<NodeRecord> record;  // nothing: the server's own, of which nothing is said
        std::map<std::string, Service> services;
        std::map<std::string, size_t> names;  // of the services, and how many have each
        std::map<std::string, std::unique_ptr<Check>> checks;
    };
    using Nodes = std::map<Place, Node>;

    [[nodiscard]] Result<void> check_room(TenantId tenant, const Register& command) const;
    [[nodiscard]] const Node* find(TenantId tenant, const NodeName& node) const;

    void put_node(TenantId tenant, Node& node, NodeRecord record, Step& step);
    void put_service(TenantId tenant, Node& node, ServiceRecord record, Step& step);
    void put_check(TenantId tenant, Node& node, CheckInput input, Step& step);
    void erase_other_checks(Node& node, const Register& command, Step& step);
    void erase_service(TenantId tenant, Node& node, std::string id, Step& step);
    void erase_check(Node& node, const std::string& id, Step& step);
    void drop_if_empty(const Place& place);

    void set_status(Check& check, CheckStatus status, std::string output, Step& step);
    void write(Check& check, Step& step);
    void start(Check& check, Random& random, Timers& timers, Now now) const;
    void watch_reaping(Check& check, Timers& timers, Now now) const;
    void probe(Check& check, Step& step);

    void touch(TenantId tenant, const NodeName& node, Step& step);
    void touch_service(TenantId tenant, const std::string& name, Step& step);
    void touch_services(TenantId tenant, Step& step);
    void touch_checks(TenantId tenant, Step& step);
    void touch_services_on(TenantId tenant, const Node& node, const NodeName& name, Step& step);
    void touch_check(const Check& check, Step& step);
    // Between a check and the service that it belongs to, if it does.
    static void link(Node& node, const Check& check);
    static void unlink(Node& node, const Check& check);
    void count_name(TenantId tenant, Node& node, const std::string& name);
    void uncount_name(TenantId tenant, Node& node, const std::string& name, Step& step);

    const RegistryLimits& limits_;
    const Tenants& tenants_;
    Watches& watches_;
    Nodes nodes_;
    std::map<std::pair<TenantId, std::string>, size_t> names_;
    uint64_t services_ = 0;
    uint64_t checks_ = 0;
    std::vector<CheckPlace> failed_;
};

}  // namespace signalbox
