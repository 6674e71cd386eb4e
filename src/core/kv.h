#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/limits.h"
#include "core/kv_rows.h"
#include "core/session.h"
#include "core/step.h"
#include "core/watches.h"

namespace signalbox {

// For a while after its holder has ended, nobody can take that key, so that the holder has time to
// notice.
struct LockDelay : TimerHook {
    LockDelay() : TimerHook(TimerKind::lock_delay) {}

    TenantId tenant;
    std::string key;
};

// Keys and their values. They are rows, and readers read them as rows (core/kv_rows.h); memory
// holds what cannot wait for a row to be asked: delays of locks, and some numbers of each tenant.
//
//   key --put--> is there --acquire--> held by a session --release, or the session ends--> is there
//       --delete--> a grave for a while, so that the index of its prefixes moves on
//
// Core thread. Invariants (check()): the tenants' numbers of entries make entries_; a key is held
// by one session at most, which has a row for it.
class Kv {
public:
    Kv(const KvLimits& limits, const Sessions& sessions, Watches& watches)
        : limits_(limits), sessions_(sessions), watches_(watches) {}

    Result<void> load(const RowReader& rows, Timers& timers, Now now);

    Result<KeyWritten> put(TenantId tenant, const PutKey& command, Step& step);
    Result<KeyWritten> remove(TenantId tenant, const DeleteKey& command, Step& step);
    Result<KvTransactionOutcome> run(TenantId tenant, const RunKvTransaction& command, Step& step);

    // Some of the keys that it holds are let go or deleted; true when there are no more.
    Result<bool> end_with_session(const Session& session, Step& step);
    void on_lock_delay(LockDelay& delay, Step& step);
    // Forgets some deletions that are old. True when there may be more.
    Result<bool> forget_graves(Step& step);

    [[nodiscard]] uint64_t count() const { return entries_; }
    void check() const;
    // And that memory tells what the rows do; these are all that was committed.
    void check(const RowReader& rows) const;

private:
    using Place = std::pair<TenantId, std::string>;

    [[nodiscard]] Result<void> check_key(const std::string& key) const;
    [[nodiscard]] Result<void> check_value(const PutKey& command) const;
    void keep(TenantId tenant, const KvEntry& entry, bool is_new, Step& step);
    void erase(TenantId tenant, const KvEntry& entry, Step& step);
    void bury(TenantId tenant, const std::string& key, Step& step);
    void touch(TenantId tenant, Step& step);
    void begin_delay(TenantId tenant, const std::string& key, Duration delay, Step& step);
    [[nodiscard]] bool is_delayed(TenantId tenant, const std::string& key) const {
        return delays_.contains({tenant, key});
    }

    // Without telling those who watch, see tell().
    Result<bool> write(TenantId tenant, const PutKey& command, Step& step);
    Result<bool> erase_one(TenantId tenant, const DeleteKey& command, Step& step);
    Result<void> erase_tree(TenantId tenant, const std::string& prefix, Step& step);
    // One operation of a transaction; why it cannot be.
    Result<std::optional<std::string>> run(TenantId tenant, const KvOperation& operation,
                                           KvTransactionOutcome& outcome, Step& step);
    [[nodiscard]] Result<void> show(KvEntry entry, bool with_value,
                                    KvTransactionOutcome& outcome) const;
    void tell(TenantId tenant, Step& step);

    const KvLimits& limits_;
    const Sessions& sessions_;
    Watches& watches_;
    std::map<TenantId, KvTenant> tenants_;
    uint64_t entries_ = 0;
    uint64_t graves_ = 0;  // by age
    // No grave is older: a scan begins here, past the rows erased before.
    std::string oldest_grave_;
    std::map<Place, std::unique_ptr<LockDelay>> delays_;

    // Of the command under way.
    std::vector<std::string> changed_keys_;
    std::vector<std::string> changed_trees_;
};

}  // namespace signalbox
