#include <fmt/format.h>

#include "core/kv.h"

// Several operations on keys that happen all or not at all.

namespace signalbox {
namespace {

using Failure = std::optional<std::string>;

// What one entry takes beside its key and its value, about.
constexpr size_t entry_bytes = 128;

PutKey put_of(const KvOperation& operation) {
    PutKey put;
    put.key = operation.key;
    put.value = operation.value;
    put.flags = operation.flags;
    return put;
}

}  // namespace

Result<KvTransactionOutcome> Kv::run(TenantId tenant, const RunKvTransaction& command, Step& step) {
    if (command.operations.size() > limits_.transaction_operations_max) {
        return fail(ErrorCode::too_large,
                    fmt::format("Transaction contains too many operations ({} > {})",
                                command.operations.size(), limits_.transaction_operations_max));
    }
    const auto state_before = tenants_[tenant];
    const auto entries_before = entries_;
    const auto graves_before = graves_;
    KvTransactionOutcome outcome;
    std::optional<Error> error;
    for (size_t i = 0; i < command.operations.size() && !error; ++i) {
        auto failure = run(tenant, command.operations[i], outcome, step);
        if (!failure) {
            error = std::move(failure).error();
        } else if (*failure) {
            outcome.failures.push_back({i, std::move(**failure)});
        }
    }
    if (!error && outcome.failures.empty()) {
        tell(tenant, step);
        return outcome;
    }
    step.ready.writes.abandon();
    tenants_[tenant] = state_before;
    entries_ = entries_before;
    graves_ = graves_before;
    changed_keys_.clear();
    changed_trees_.clear();
    outcome.entries.clear();
    if (error) return fail(std::move(*error));
    return outcome;
}

// All operations together have that much room.
Result<void> Kv::show(KvEntry entry, bool with_value, KvTransactionOutcome& outcome) const {
    if (!with_value) entry.value.clear();
    outcome.bytes += entry.key.size() + entry.value.size() + entry_bytes;
    if (outcome.bytes > limits_.transaction_bytes_max) {
        return fail(ErrorCode::too_large, "the answer would be too large");
    }
    outcome.entries.push_back({std::move(entry), with_value});
    return {};
}

Result<Failure> Kv::run(TenantId tenant, const KvOperation& operation,
                        KvTransactionOutcome& outcome, Step& step) {
    const auto& key = operation.key;
    const bool is_tree = operation.verb == KvVerb::get_tree || operation.verb == KvVerb::erase_tree;
    if (!is_tree) TRY(check_key(key));
    TRY_AS(const auto entry, read_kv_entry(step.rows, tenant, key));
    const auto write_as = [&](const PutKey& put, std::string refusal) -> Result<Failure> {
        TRY(check_value(put));
        TRY_AS(const bool done, write(tenant, put, step));
        if (!done) return Failure(std::move(refusal));
        TRY_AS(auto written, read_kv_entry(step.rows, tenant, key));
        if (written) TRY(show(std::move(*written), false, outcome));
        return Failure();
    };
    auto put = put_of(operation);
    switch (operation.verb) {
        case KvVerb::set: return write_as(put, {});
        case KvVerb::cas:
            put.cas = operation.index;
            return write_as(put, fmt::format("failed to set key \"{}\", index is stale", key));
        case KvVerb::lock: {
            if (!operation.session || sessions_.find(tenant, *operation.session) == nullptr) {
                return Failure(fmt::format("invalid session \"{}\"",
                                           operation.session ? operation.session->text() : ""));
            }
            put.acquire = operation.session;
            return write_as(put,
                            fmt::format("failed to lock key \"{}\", lock is already held", key));
        }
        case KvVerb::unlock:
            put.release = operation.session.value_or(Uuid());
            return write_as(put, fmt::format("failed to unlock key \"{}\", lock isn't held, or is "
                                             "held by another session",
                                             key));
        case KvVerb::get:
            if (!entry) return Failure(fmt::format("key \"{}\" doesn't exist", key));
            TRY(show(*entry, true, outcome));
            return Failure();
        case KvVerb::get_tree: {
            TRY_AS(const auto reader, KvTreeReader::open(step.rows, tenant, key));
            for (;;) {
                TRY_AS(auto next, reader->next());
                if (!next) return Failure();
                TRY(show(std::move(*next), true, outcome));
            }
        }
        case KvVerb::check_index:
            if (!entry) {
                return Failure(fmt::format("failed to check index, key \"{}\" doesn't exist", key));
            }
            if (entry->modify_index != operation.index) {
                return Failure(
                    fmt::format("failed index check for key \"{}\", current modify index {} != {}",
                                key, entry->modify_index, operation.index));
            }
            TRY(show(*entry, false, outcome));
            return Failure();
        case KvVerb::check_session: {
            if (!entry) {
                return Failure(
                    fmt::format("failed to check session, key \"{}\" doesn't exist", key));
            }
            const auto text = [](const std::optional<Uuid>& id) { return id ? id->text() : ""; };
            if (entry->session != operation.session) {
                return Failure(
                    fmt::format("failed session check for key \"{}\", current session \"{}\" != "
                                "\"{}\"",
                                key, text(entry->session), text(operation.session)));
            }
            TRY(show(*entry, false, outcome));
            return Failure();
        }
        case KvVerb::check_not_exists:
            if (entry) return Failure(fmt::format("key \"{}\" exists", key));
            return Failure();
        case KvVerb::erase: {
            TRY(erase_one(tenant, {key, false, std::nullopt}, step));
            return Failure();
        }
        case KvVerb::erase_tree: {
            TRY(erase_tree(tenant, key, step));
            return Failure();
        }
        case KvVerb::erase_cas: {
            TRY_AS(const bool done, erase_one(tenant, {key, false, operation.index}, step));
            if (done) return Failure();
            return Failure(fmt::format("failed to delete key \"{}\", index is stale", key));
        }
    }
    return Failure();
}

}  // namespace signalbox
