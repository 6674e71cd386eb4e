#include "core/registry.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "codec/url.h"
#include "core/index_rows.h"
#include "core/registry_checks.h"
#include "core/registry_rows.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

// An answer that has not come for so long beyond the time that it had will not come.
constexpr Duration probe_slack = std::chrono::seconds(10);
// Answers in a row that did not take long, before no more doubt is left.
constexpr int trusted_answers = 3;
constexpr const char* ttl_expired = "TTL expired";

Error damaged(const char* what) {
    return {ErrorCode::internal, std::string("a row of ") + what + " is damaged", {}};
}

Error no_such_check(const std::string& id) {
    return {ErrorCode::not_found, fmt::format("Unknown check ID \"{}\"", id), "check"};
}

// Cut to that many bytes, between two characters.
std::string cut(std::string text, size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    text.resize(end);
    return text;
}

// Whether they say the same, whenever they did.
bool is_same(const NodeRecord& a, const NodeRecord& b) {
    return a.id == b.id && a.address == b.address && a.tagged_addresses == b.tagged_addresses &&
           a.meta == b.meta;
}

bool is_same(const ServiceRecord& a, const ServiceRecord& b) {
    return a.name == b.name && a.tags == b.tags && a.address == b.address && a.port == b.port &&
           a.meta == b.meta && a.tagged_addresses == b.tagged_addresses &&
           a.weight_passing == b.weight_passing && a.weight_warning == b.weight_warning &&
           a.enable_tag_override == b.enable_tag_override;
}

// Whether its service goes when nothing changes.
bool is_to_reap(const CheckRecord& check) {
    return check.status == CheckStatus::critical &&
           check.definition.reap_after > Duration::zero() && !check.service_id.empty();
}

}  // namespace

Result<void> Registry::load(const RowReader& rows, Random& random, Timers& timers, Now now) {
    const auto load_table = [&](Table table, auto take) -> Result<void> {
        const auto prefix = KeyBuilder(table).take();
        const auto scan = rows.scan(prefix, prefix_end(prefix));
        for (; scan->valid(); scan->next()) {
            if (!take(tenant_of_registry_key(scan->key()), *scan)) {
                return fail(damaged("the registry"));
            }
        }
        return scan->status();
    };
    TRY(load_table(Table::node, [&](TenantId tenant, const RowScan& row) {
        auto record = decode_node(row.key(), row.value());
        if (!record) return false;
        const Place place{tenant, record->name};
        nodes_[place].record = std::move(*record);
        return true;
    }));
    TRY(load_table(Table::service, [&](TenantId tenant, const RowScan& row) {
        auto record = decode_service(row.key(), row.value());
        if (!record) return false;
        ++services_;
        Node& node = nodes_[{tenant, record->node}];
        count_name(tenant, node, record->name);
        std::string id = record->id;
        node.services.emplace(std::move(id), Service{std::move(*record), {}});
        return true;
    }));
    return load_table(Table::check, [&](TenantId tenant, const RowScan& row) {
        auto record = decode_check(row.key(), row.value());
        if (!record) return false;
        ++checks_;
        auto check = std::make_unique<Check>();
        check->tenant = tenant;
        check->record = std::move(*record);
        // Everybody has all of their time once more: nobody could be told while the server was
        // away.
        start(*check, random, timers, now);
        watch_reaping(*check, timers, now);
        Node& node = nodes_[{tenant, check->record.node}];
        link(node, *check);
        std::string id = check->record.id;
        node.checks.emplace(std::move(id), std::move(check));
        return true;
    });
}

const Registry::Node* Registry::find(TenantId tenant, const NodeName& node) const {
    const auto found = nodes_.find({tenant, node});
    return found == nodes_.end() ? nullptr : &found->second;
}

Result<void> Registry::check_room(TenantId tenant, const Register& command) const {
    const Node* const node = find(tenant, command.node);
    const bool is_there = node != nullptr;
    if (!is_there && !command.node.empty() && !command.node_record) {
        return fail(ErrorCode::not_found, fmt::format("Unknown node \"{}\"", command.node), "node");
    }
    if (!is_there && nodes_.size() >= limits_.nodes_max) {
        return fail(ErrorCode::overloaded, "too many nodes");
    }
    const auto has_service = [&](const std::string& id) {
        return is_there && node->services.contains(id);
    };
    if (command.service && !has_service(command.service->id) && services_ >= limits_.services_max) {
        return fail(ErrorCode::overloaded, "too many services");
    }
    size_t new_checks = 0;
    for (const auto& check : command.checks) {
        const auto& id = check.record.service_id;
        const bool is_named = command.service && command.service->id == id;
        if (!id.empty() && !is_named && !has_service(id)) {
            return fail(ErrorCode::not_found, fmt::format("ServiceID \"{}\" does not exist", id),
                        "ServiceID");
        }
        if (!is_there || !node->checks.contains(check.record.id)) ++new_checks;
    }
    if (checks_ + new_checks > limits_.checks_max) {
        return fail(ErrorCode::overloaded, "too many checks");
    }
    return {};
}

Result<Registered> Registry::add(TenantId tenant, Register command, Step& step) {
    TRY(check_registration(command, limits_));
    TRY(check_room(tenant, command));
    const Place place{tenant, command.node};
    Node& node = nodes_[place];
    if (command.node_record) {
        command.node_record->name = command.node;
        put_node(tenant, node, std::move(*command.node_record), step);
    }
    if (command.service) {
        command.service->node = command.node;
        if (command.replaces_checks) {
            erase_other_checks(node, command, step);
        }
        put_service(tenant, node, std::move(*command.service), step);
    }
    for (auto& check : command.checks) {
        check.record.node = command.node;
        put_check(tenant, node, std::move(check), step);
    }
    drop_if_empty(place);
    return Registered{};
}

void Registry::put_node(TenantId tenant, Node& node, NodeRecord record, Step& step) {
    if (node.record && is_same(*node.record, record)) return;
    record.modify_index = index_of(step);
    record.create_index = node.record ? node.record->create_index : record.modify_index;
    step.ready.writes.put(node_key(tenant, record.name), encode_node(record));
    touch_index(tenant, IndexScope::nodes, {}, step);
    watches_.changed(tenant, {WatchKind::nodes, {}}, step);
    touch(tenant, record.name, step);
    // Readers of a service are shown its node, too; and services and checks are listed by what is
    // said of their nodes.
    touch_services_on(tenant, node, record.name, step);
    if (!node.services.empty()) touch_services(tenant, step);
    if (!node.checks.empty()) touch_checks(tenant, step);
    node.record = std::move(record);
}

void Registry::put_service(TenantId tenant, Node& node, ServiceRecord record, Step& step) {
    const auto old = node.services.find(record.id);
    const bool is_new = old == node.services.end();
    if (!is_new && is_same(old->second.record, record)) return;
    record.modify_index = index_of(step);
    record.create_index = is_new ? record.modify_index : old->second.record.create_index;
    if (is_new || old->second.record.name != record.name) {
        count_name(tenant, node, record.name);
        step.ready.writes.put(service_by_name_key(tenant, record), {});
        if (!is_new) {
            step.ready.writes.erase(service_by_name_key(tenant, old->second.record));
            uncount_name(tenant, node, old->second.record.name, step);
        }
    }
    step.ready.writes.put(service_key(tenant, record.node, record.id), encode_service(record));
    touch_services(tenant, step);
    touch_service(tenant, record.name, step);
    touch(tenant, record.node, step);
    if (is_new) {
        ++services_;
        std::string id = record.id;
        node.services.emplace(std::move(id), Service{std::move(record), {}});
        return;
    }
    auto& known = old->second;
    // Checks are shown with what their service is called.
    const bool shows_less = known.record.name == record.name && known.record.tags == record.tags;
    if (!shows_less && !known.checks.empty()) touch_checks(tenant, step);
    known.record = std::move(record);
}

// Of its service, those that the command does not name.
void Registry::erase_other_checks(Node& node, const Register& command, Step& step) {
    const auto found = node.services.find(command.service->id);
    if (found == node.services.end()) return;
    auto others = found->second.checks;
    for (const auto& check : command.checks) others.erase(check.record.id);
    for (const auto& id : others) erase_check(node, id, step);
}

void Registry::put_check(TenantId tenant, Node& node, CheckInput input, Step& step) {
    auto& record = input.record;
    record.output = cut(std::move(record.output), limits_.output_bytes_max);
    const auto found = node.checks.find(record.id);
    if (found == node.checks.end()) {
        if (!input.has_status) record.status = CheckStatus::critical;
        auto made = std::make_unique<Check>();
        made->tenant = tenant;
        made->record = std::move(record);
        made->record.create_index = index_of(step);
        ++checks_;
        Check& check = *made;
        const std::string id = check.record.id;
        node.checks.emplace(id, std::move(made));
        link(node, check);
        write(check, step);
        start(check, step.random, step.timers, step.now);
        watch_reaping(check, step.timers, step.now);
        return;
    }
    Check& check = *found->second;
    auto& old = check.record;
    const bool is_restarted = !(old.definition == record.definition);
    const bool takes_status = input.has_status && !input.keeps_status;
    const CheckStatus status = takes_status ? record.status : old.status;
    std::string output = takes_status ? std::move(record.output) : old.output;
    // What it would take off, or when, is not what it was.
    if (old.service_id != record.service_id ||
        old.definition.reap_after != record.definition.reap_after) {
        TimerWheel::cancel(check.reaping);
    }
    if (is_restarted || old.name != record.name || old.notes != record.notes ||
        old.service_id != record.service_id) {
        // Those who knew it under its old service are told, too.
        if (old.service_id != record.service_id) {
            touch_check(check, step);
            unlink(node, check);
            old.service_id = std::move(record.service_id);
            link(node, check);
        }
        old.name = std::move(record.name);
        old.notes = std::move(record.notes);
        old.definition = std::move(record.definition);
        write(check, step);
    }
    if (is_restarted) {
        start(check, step.random, step.timers, step.now);
    } else if (old.definition.kind == CheckDefinition::Kind::ttl) {
        // Whoever registers it is alive.
        step.timers.schedule(check.deadline, step.now.steady + old.definition.ttl);
    }
    watch_reaping(check, step.timers, step.now);
    set_status(check, status, std::move(output), step);
}

Result<Deregistered> Registry::remove(TenantId tenant, const Deregister& command, Step& step) {
    const Place place{tenant, command.node};
    const auto found = nodes_.find(place);
    if (found == nodes_.end()) return Deregistered{};
    Node& node = found->second;
    if (command.check) {
        if (!node.checks.contains(*command.check)) return Deregistered{};
        erase_check(node, *command.check, step);
    } else if (command.service) {
        if (!node.services.contains(*command.service)) return Deregistered{};
        erase_service(tenant, node, *command.service, step);
    } else {
        // With their services most checks go, and what is left has no services to tell.
        while (!node.services.empty()) {
            erase_service(tenant, node, node.services.begin()->first, step);
        }
        while (!node.checks.empty()) {
            const std::string id = node.checks.begin()->first;
            erase_check(node, id, step);
        }
        if (node.record) {
            step.ready.writes.erase(node_key(tenant, command.node));
            touch_index(tenant, IndexScope::nodes, {}, step);
            watches_.changed(tenant, {WatchKind::nodes, {}}, step);
            node.record.reset();
        }
        if (!command.node.empty()) {
            forget_index(tenant, IndexScope::node, IndexScope::node_floor, command.node, step);
            watches_.changed(tenant, {WatchKind::node, command.node}, step);
            failed_.push_back({tenant, command.node, {}});
        }
    }
    drop_if_empty(place);
    return Deregistered{true};
}

// By value: it may be the key of what is erased.
void Registry::erase_service(TenantId tenant, Node& node, std::string id, Step& step) {
    const auto found = node.services.find(id);
    const auto own = found->second.checks;
    for (const auto& check : own) erase_check(node, check, step);
    const ServiceRecord record = std::move(found->second.record);
    node.services.erase(found);
    --services_;
    step.ready.writes.erase(service_key(tenant, record.node, record.id));
    step.ready.writes.erase(service_by_name_key(tenant, record));
    touch_services(tenant, step);
    touch(tenant, record.node, step);
    uncount_name(tenant, node, record.name, step);
}

void Registry::erase_check(Node& node, const std::string& id, Step& step) {
    const auto found = node.checks.find(id);
    const auto check = std::move(found->second);
    const auto& record = check->record;
    step.ready.writes.erase(check_key(check->tenant, record.node, record.id));
    touch_check(*check, step);
    failed_.push_back({check->tenant, record.node, record.id});
    unlink(node, *check);
    node.checks.erase(found);
    --checks_;
}

void Registry::drop_if_empty(const Place& place) {
    const auto found = nodes_.find(place);
    const Node& node = found->second;
    if (!node.record && node.services.empty() && node.checks.empty()) nodes_.erase(found);
}

Result<CheckUpdated> Registry::update(TenantId tenant, UpdateCheck command, Step& step) {
    const Node* const node = find(tenant, command.node);
    const auto found =
        node == nullptr ? decltype(node->checks.begin())() : node->checks.find(command.check);
    if (node == nullptr || found == node->checks.end()) return fail(no_such_check(command.check));
    Check& check = *found->second;
    const auto kind = check.record.definition.kind;
    if (command.probe) {
        // It may have been registered anew meanwhile.
        if (kind != CheckDefinition::Kind::http || *command.probe != check.probe) {
            return fail(ErrorCode::conflict, "nobody has asked for that any more");
        }
        check.probed_at.reset();
        check.prompt_answers =
            command.is_prompt ? std::min(check.prompt_answers + 1, trusted_answers) : 0;
    } else if (kind != CheckDefinition::Kind::ttl) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("CheckID \"{}\" does not have associated TTL", command.check),
                    "check");
    } else {
        step.timers.schedule(check.deadline, step.now.steady + check.record.definition.ttl);
    }
    set_status(check, command.status, std::move(command.output), step);
    return CheckUpdated{};
}

void Registry::set_status(Check& check, CheckStatus status, std::string output, Step& step) {
    auto& record = check.record;
    output = cut(std::move(output), limits_.output_bytes_max);
    const auto now = step.now.steady;
    // Of what nobody was told, its row shows something older.
    const bool is_owed = check.stale_since && now - *check.stale_since >= limits_.output_age_max;
    if (status == record.status && output == record.output && !is_owed) return;
    const bool is_http = record.definition.kind == CheckDefinition::Kind::http;
    // The first that is heard of an address is worth telling, also when it is as bad as expected.
    const bool is_first = is_http && record.output.empty();
    record.output = std::move(output);
    if (status != record.status) {
        record.status = status;
        write(check, step);
        if (status == CheckStatus::critical) {
            failed_.push_back({check.tenant, record.node, record.id});
        }
        return watch_reaping(check, step.timers, step.now);
    }
    if (is_owed || is_first) return write(check, step);
    if (!check.stale_since) check.stale_since = now;
    // Whoever is asked says something else each time; nobody waits for that.
    if (is_http) return;
    step.ready.writes.put(check_key(check.tenant, record.node, record.id), encode_check(record));
}

void Registry::write(Check& check, Step& step) {
    auto& record = check.record;
    record.modify_index = index_of(step);
    check.stale_since.reset();
    step.ready.writes.put(check_key(check.tenant, record.node, record.id), encode_check(record));
    touch_check(check, step);
}

void Registry::start(Check& check, Random& random, Timers& timers, Now now) const {
    const auto& definition = check.record.definition;
    ++check.probe;
    check.probed_at.reset();
    check.prompt_answers = 0;
    switch (definition.kind) {
        case CheckDefinition::Kind::external: return TimerWheel::cancel(check.deadline);
        case CheckDefinition::Kind::ttl:
            return timers.schedule(check.deadline, now.steady + definition.ttl);
        case CheckDefinition::Kind::http: {
            // Not all of those that were registered together at the same time.
            const auto spread = random.below(static_cast<uint64_t>(definition.interval.count()));
            return timers.schedule(check.deadline,
                                   now.steady + Duration(static_cast<int64_t>(spread)));
        }
    }
    ASSERT(false);
}

void Registry::watch_reaping(Check& check, Timers& timers, Now now) const {
    if (!is_to_reap(check.record)) return TimerWheel::cancel(check.reaping);
    if (!check.reaping.is_linked()) {
        const auto after = std::max(check.record.definition.reap_after, limits_.reap_min);
        timers.schedule(check.reaping, now.steady + after);
    }
}

void Registry::on_deadline(Check& check, Step& step) {
    if (check.record.definition.kind == CheckDefinition::Kind::http) return probe(check, step);
    set_status(check, CheckStatus::critical, ttl_expired, step);
}

void Registry::probe(Check& check, Step& step) {
    auto definition = check.record.definition;
    definition.timeout = std::min(definition.timeout, limits_.probe_time_max);
    const auto now = step.now.steady;
    step.timers.schedule(check.deadline, now + definition.interval);
    if (check.probed_at) {
        if (now - *check.probed_at < definition.timeout + probe_slack) return;
        check.prompt_answers = 0;
    }
    check.probed_at = now;
    ++check.probe;
    const bool is_doubtful = check.prompt_answers < trusted_answers;
    step.ready.probes.push_back({tenants_.name_of(check.tenant), check.record.node, check.record.id,
                                 check.probe, is_doubtful, std::move(definition)});
}

void Registry::on_reaping(Check& check, Step& step) {
    const std::string service = check.record.service_id;
    const NodeName node = check.record.node;
    const TenantId tenant = check.tenant;
    // The check goes with it.
    const auto removed = remove(tenant, {node, service, std::nullopt}, step);
    ASSERT(removed && removed->existed);
}

Result<void> Registry::check_terms(TenantId tenant, const SessionTerms& terms) const {
    const Node* const node = find(tenant, terms.node);
    if (node == nullptr && !terms.node.empty()) {
        return fail(ErrorCode::conflict, "Missing node registration", "Node");
    }
    for (const auto* checks : {&terms.node_checks, &terms.service_checks}) {
        for (const auto& id : *checks) {
            if (terms.node.empty() && id == own_node_check) continue;
            const bool is_there = node != nullptr && node->checks.contains(id);
            if (!is_there) {
                return fail(ErrorCode::conflict, fmt::format("Missing check '{}' registration", id),
                            "Checks");
            }
            if (node->checks.at(id)->record.status == CheckStatus::critical) {
                return fail(ErrorCode::conflict, fmt::format("Check '{}' is in critical state", id),
                            "Checks");
            }
        }
    }
    return {};
}

void Registry::touch(TenantId tenant, const NodeName& node, Step& step) {
    touch_index(tenant, IndexScope::node, node, step);
    watches_.changed(tenant, {WatchKind::node, node}, step);
}

void Registry::touch_service(TenantId tenant, const std::string& name, Step& step) {
    touch_index(tenant, IndexScope::service, name, step);
    watches_.changed(tenant, {WatchKind::service, name}, step);
}

void Registry::touch_services(TenantId tenant, Step& step) {
    touch_index(tenant, IndexScope::services, {}, step);
    watches_.changed(tenant, {WatchKind::services, {}}, step);
}

void Registry::touch_checks(TenantId tenant, Step& step) {
    touch_index(tenant, IndexScope::checks, {}, step);
    watches_.changed(tenant, {WatchKind::checks, {}}, step);
}

// Each name once, however many of its instances are there.
void Registry::touch_services_on(TenantId tenant, const Node& node, const NodeName& name,
                                 Step& step) {
    for (const auto& [service, count] : node.names) touch_service(tenant, service, step);
    // The server's own service has no row.
    const std::string own(own_service_id);
    if (name.empty() && !node.names.contains(own)) touch_service(tenant, own, step);
}

void Registry::touch_check(const Check& check, Step& step) {
    const TenantId tenant = check.tenant;
    touch_checks(tenant, step);
    touch(tenant, check.record.node, step);
    const Node& node = nodes_.at({tenant, check.record.node});
    if (check.record.service_id.empty()) {
        // What is said of a node is said of all that is on it.
        return touch_services_on(tenant, node, check.record.node, step);
    }
    const auto service = node.services.find(check.record.service_id);
    if (service == node.services.end()) return;
    touch_service(tenant, service->second.record.name, step);
}

void Registry::link(Node& node, const Check& check) {
    const auto service = node.services.find(check.record.service_id);
    if (service != node.services.end()) service->second.checks.insert(check.record.id);
}

void Registry::unlink(Node& node, const Check& check) {
    const auto service = node.services.find(check.record.service_id);
    if (service != node.services.end()) service->second.checks.erase(check.record.id);
}

void Registry::count_name(TenantId tenant, Node& node, const std::string& name) {
    ++node.names[name];
    ++names_[{tenant, name}];
}

void Registry::uncount_name(TenantId tenant, Node& node, const std::string& name, Step& step) {
    const auto on_node = node.names.find(name);
    if (--on_node->second == 0) node.names.erase(on_node);
    const auto found = names_.find({tenant, name});
    if (--found->second > 0) return touch_service(tenant, name, step);
    names_.erase(found);
    forget_index(tenant, IndexScope::service, IndexScope::service_floor, name, step);
    watches_.changed(tenant, {WatchKind::service, name}, step);
}

void Registry::check() const {
    std::map<std::pair<TenantId, std::string>, size_t> names;
    uint64_t services = 0;
    uint64_t checks = 0;
    for (const auto& [place, node] : nodes_) {
        ASSERT(node.record || !node.services.empty() || !node.checks.empty());
        services += node.services.size();
        checks += node.checks.size();
        std::map<std::string, size_t> names_here;
        size_t checks_of_services = 0;
        for (const auto& [id, service] : node.services) {
            ASSERT(service.record.id == id && service.record.node == place.node);
            ++names[{place.tenant, service.record.name}];
            ++names_here[service.record.name];
            checks_of_services += service.checks.size();
        }
        ASSERT(names_here == node.names);
        for (const auto& [id, check] : node.checks) {
            const auto& record = check->record;
            ASSERT(record.id == id && record.node == place.node && check->tenant == place.tenant);
            if (!record.service_id.empty()) {
                ASSERT(node.services.at(record.service_id).checks.contains(id));
                --checks_of_services;
            }
            const auto kind = record.definition.kind;
            ASSERT(kind != CheckDefinition::Kind::http || check->deadline.is_linked());
            ASSERT(kind != CheckDefinition::Kind::external || !check->deadline.is_linked());
            // Without a deadline it has passed.
            ASSERT(kind != CheckDefinition::Kind::ttl || check->deadline.is_linked() ||
                   record.status == CheckStatus::critical);
            ASSERT(check->reaping.is_linked() == is_to_reap(record));
        }
        ASSERT(checks_of_services == 0);
    }
    ASSERT(names == names_ && services == services_ && checks == checks_);
    ASSERT(services_ <= limits_.services_max && checks_ <= limits_.checks_max);
    ASSERT(nodes_.size() <= limits_.nodes_max);
    ASSERT(failed_.empty());
}

void Registry::check(const RowReader& rows) const {
    for (const auto& [place, node] : nodes_) {
        const auto nodes = read_node(rows, place.tenant, place.node);
        ASSERT(nodes && nodes->has_value() == node.record.has_value());
        const auto services = read_services_of(rows, place.tenant, place.node);
        ASSERT(services && services->size() == node.services.size());
        for (const auto& service : *services) {
            ASSERT(encode_service(service) == encode_service(node.services.at(service.id).record));
        }
        const auto checks = read_checks_of(rows, place.tenant, place.node);
        ASSERT(checks && checks->size() == node.checks.size());
        for (const auto& check : *checks) {
            const Check& live = *node.checks.at(check.id);
            const auto& known = live.record;
            ASSERT(check.status == known.status && check.modify_index == known.modify_index);
            ASSERT(check.output == known.output || live.stale_since);
        }
    }
    for (const auto& [name, count] : names_) {
        const auto named = read_services_named(rows, name.first, name.second);
        ASSERT(named && named->size() == count);
    }
}

}  // namespace signalbox
