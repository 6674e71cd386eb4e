#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "core/kv_rows.h"
#include "core/tenants.h"
#include "sim/engine_driver.h"

// What keys, locks and waiting for changes promise, said as plainly as possible, and random scripts
// that look for a difference. Readers read rows, as the server's do.

namespace signalbox {
namespace {

using std::chrono::seconds;

const std::vector<std::string> keys{"a", "a/", "a/b", "a/b/c", "ab", "b", "b/c", "c"};
const std::vector<std::string> prefixes{"", "a", "a/", "a/b", "b", "c", "x"};

struct ModelSession {
    SessionBehavior behavior = SessionBehavior::release;
    Duration ttl{};
    Duration ends_in{};
    Duration lock_delay{};
};

// Everything that there is, and when each key last changed, its deletions included.
struct Model {
    std::map<std::string, KvEntry> entries;
    std::map<std::string, uint64_t> changed;
    std::map<std::string, Duration> delays;
    std::map<Uuid, ModelSession> sessions;

    [[nodiscard]] uint64_t changed_below(const std::string& prefix) const {
        uint64_t last = 0;
        for (const auto& [key, index] : changed) {
            if (key.starts_with(prefix)) last = std::max(last, index);
        }
        return last;
    }
};

class Script {
public:
    explicit Script(uint64_t seed, CoreLimits limits = {}) : random_(seed), driver_(limits, seed) {}

    void run(int steps) {
        for (int i = 0; i < steps && !testing::Test::HasFatalFailure(); ++i) step();
    }

private:
    void step() {
        touched_.clear();
        const uint64_t what = random_.below(100);
        if (what < 40) {
            put();
        } else if (what < 52) {
            erase();
        } else if (what < 58) {
            create_session();
        } else if (what < 62) {
            end_session();
        } else if (what < 70) {
            park();
        } else if (what < 78) {
            advance();
        } else if (what < 80) {
            driver_.restart();
            parked_.clear();
            for (auto& [id, session] : model_.sessions) session.ends_in = span_of(session);
            for (auto& [key, left] : model_.delays) left = full_delays_[key];
        } else if (what < 90) {
            transact();
        } else {
            renew();
        }
        compare();
    }

    const std::string& pick(const std::vector<std::string>& from) {
        return from[random_.below(from.size())];
    }
    std::optional<Uuid> pick_session() {
        if (model_.sessions.empty()) return std::nullopt;
        auto at = model_.sessions.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(random_.below(model_.sessions.size())));
        return at->first;
    }
    static Duration span_of(const ModelSession& session) {
        return session.ttl == Duration::zero() ? Duration::max() : session.ttl;
    }

    void touch(const std::string& key) {
        model_.changed[key] = next_;
        touched_.insert(key);
    }

    // What a put makes of the model; whether it was done.
    bool put_in_model(const PutKey& put, Model& model) {
        const auto found = model.entries.find(put.key);
        const bool is_there = found != model.entries.end();
        if (put.cas && *put.cas != (is_there ? found->second.modify_index : 0)) return false;
        if (put.acquire) {
            if (is_there && found->second.session && found->second.session != put.acquire) {
                return false;
            }
            if (model.delays.contains(put.key)) return false;
        }
        if (put.release && (!is_there || found->second.session != put.release)) return false;
        KvEntry entry = is_there ? found->second : KvEntry();
        const KvEntry before = entry;
        entry.key = put.key;
        entry.value = put.value;
        entry.flags = put.flags;
        if (put.acquire && entry.session != put.acquire) {
            entry.session = put.acquire;
            ++entry.lock_index;
        }
        if (put.release) entry.session.reset();
        const bool is_same = is_there && before.value == entry.value &&
                             before.flags == entry.flags && before.session == entry.session;
        if (is_same) return true;
        entry.modify_index = next_;
        if (!is_there) entry.create_index = next_;
        model.entries.insert_or_assign(put.key, entry);
        touch(put.key);
        return true;
    }

    PutKey random_put() {
        PutKey put;
        put.key = pick(keys);
        put.value = random_.chance(1, 4) ? "" : std::to_string(random_.below(3));
        put.flags = random_.below(2);
        const uint64_t how = random_.below(6);
        if (how == 0) {
            const auto found = model_.entries.find(put.key);
            const bool is_there = found != model_.entries.end();
            put.cas = random_.chance(1, 3) ? random_.below(5)
                      : is_there           ? found->second.modify_index
                                           : 0;
        } else if (how == 1 || how == 2) {
            put.acquire = pick_session();
        } else if (how == 3) {
            put.release = pick_session();
        }
        return put;
    }

    void put() {
        const PutKey command = random_put();
        begin();
        const auto answer = driver_.ask(command);
        ASSERT_TRUE(answer && *answer);
        EXPECT_EQ((*answer)->done, put_in_model(command, model_));
    }

    void erase() {
        DeleteKey command;
        command.key = pick(random_.chance(1, 2) ? keys : prefixes);
        command.is_prefix = random_.chance(1, 3);
        if (command.key.empty()) command.is_prefix = true;
        begin();
        const auto found = model_.entries.find(command.key);
        if (!command.is_prefix && random_.chance(1, 3)) {
            command.cas = found != model_.entries.end() ? found->second.modify_index : 1;
            if (random_.chance(1, 2)) ++*command.cas;
        }
        const auto answer = driver_.ask(command);
        ASSERT_TRUE(answer && *answer);
        if (command.is_prefix) {
            std::erase_if(model_.entries, [&](const auto& entry) {
                if (!entry.first.starts_with(command.key)) return false;
                touch(entry.first);
                return true;
            });
            EXPECT_TRUE((*answer)->done);
            return;
        }
        const bool is_lost = found != model_.entries.end() && command.cas &&
                             *command.cas != found->second.modify_index;
        EXPECT_EQ((*answer)->done, !is_lost);
        if (found == model_.entries.end() || is_lost) return;
        touch(command.key);
        model_.entries.erase(found);
    }

    // Puts that must all be possible, or none happens.
    void transact() {
        RunKvTransaction command;
        Model draft = model_;
        begin();
        bool is_possible = true;
        const auto touched_before = touched_;
        const size_t count = 1 + random_.below(4);
        for (size_t i = 0; i < count; ++i) {
            PutKey put;
            put.key = pick(keys);
            put.value = std::to_string(random_.below(3));
            KvOperation operation{KvVerb::set, put.key, put.value, 0, 0, std::nullopt};
            if (random_.chance(1, 3)) {
                const auto known = draft.entries.find(put.key);
                const bool is_there = known != draft.entries.end();
                put.cas = random_.chance(1, 4) ? 1 : is_there ? known->second.modify_index : 0;
                operation.verb = KvVerb::cas;
                operation.index = *put.cas;
            } else if (random_.chance(1, 3)) {
                operation.verb = KvVerb::erase;
                if (draft.entries.erase(put.key) > 0) {
                    draft.changed[put.key] = next_;
                    touched_.insert(put.key);
                }
                command.operations.push_back(operation);
                continue;
            }
            command.operations.push_back(operation);
            auto changed = model_.changed;
            if (!put_in_model(put, draft)) is_possible = false;
            // put_in_model() tells the model; here the draft is meant.
            if (model_.changed != changed) {
                draft.changed[put.key] = next_;
                model_.changed = changed;
            }
        }
        const auto answer = driver_.ask(std::move(command));
        ASSERT_TRUE(answer && *answer);
        EXPECT_EQ((*answer)->failures.empty(), is_possible);
        if (is_possible) {
            model_ = draft;
        } else {
            touched_ = touched_before;
        }
    }

    void create_session() {
        if (model_.sessions.size() >= 4) return;
        ModelSession session;
        CreateSession command;
        command.may_be_endless = true;
        command.ttl = random_.chance(1, 2) ? Duration::zero() : Duration(seconds(10));
        command.terms.behavior =
            random_.chance(1, 2) ? SessionBehavior::erase : SessionBehavior::release;
        command.terms.lock_delay = random_.chance(1, 2) ? Duration::zero() : Duration(seconds(7));
        session.behavior = command.terms.behavior;
        session.ttl = command.ttl;
        session.ends_in = span_of(session);
        session.lock_delay = command.terms.lock_delay;
        model_.sessions.emplace(driver_.must(std::move(command)).id, session);
    }

    void renew() {
        const auto id = pick_session();
        if (!id) return;
        driver_.must(RenewSession{*id});
        auto& session = model_.sessions.at(*id);
        session.ends_in = span_of(session);
    }

    void end_session() {
        const auto id = pick_session();
        if (!id) return;
        begin();
        driver_.must(EndSession{*id, "test"});
        end_in_model(*id);
        // It may take several steps.
        take_indexes();
    }

    void end_in_model(const Uuid& id) {
        const ModelSession session = model_.sessions.at(id);
        model_.sessions.erase(id);
        for (auto at = model_.entries.begin(); at != model_.entries.end();) {
            if (at->second.session != id) {
                ++at;
                continue;
            }
            touch(at->first);
            if (session.lock_delay > Duration::zero()) {
                model_.delays[at->first] = session.lock_delay;
                full_delays_[at->first] = session.lock_delay;
            }
            if (session.behavior == SessionBehavior::erase) {
                at = model_.entries.erase(at);
            } else {
                at->second.session.reset();
                at->second.modify_index = next_;
                ++at;
            }
        }
    }

    // To the next thing that happens by itself, or less far; one at a time, so that the model knows
    // its index.
    void advance() {
        Duration span = seconds(1 + static_cast<int64_t>(random_.below(8)));
        for (const auto& [id, session] : model_.sessions) span = std::min(span, session.ends_in);
        for (const auto& [key, left] : model_.delays) span = std::min(span, left);
        std::vector<Uuid> ending;
        for (auto& [id, session] : model_.sessions) {
            if (session.ends_in == Duration::max()) continue;
            session.ends_in -= span;
            if (session.ends_in == Duration::zero()) ending.push_back(id);
        }
        for (auto& [key, left] : model_.delays) left -= span;
        std::erase_if(model_.delays, [](const auto& delay) { return delay.second.count() == 0; });
        begin();
        driver_.advance(span);
        if (ending.empty()) return;
        for (const auto& id : ending) end_in_model(id);
        take_indexes();
    }

    // What ends by itself does so at a revision that the model does not foresee; that it is a new
    // one is checked, and then it is believed.
    void take_indexes() {
        const auto tenant = tenant_id();
        for (const auto& key : touched_) {
            const auto entry = read_kv_entry(driver_.store(), tenant, key);
            ASSERT_TRUE(entry);
            const auto known = model_.entries.find(key);
            ASSERT_EQ(entry->has_value(), known != model_.entries.end());
            if (known == model_.entries.end()) {
                model_.changed[key] = before_step_ + 2;
                continue;
            }
            EXPECT_GT((*entry)->modify_index, before_step_ + 1);
            known->second.modify_index = (*entry)->modify_index;
            model_.changed[key] = (*entry)->modify_index;
        }
    }

    void park() {
        WaitForChange command;
        const bool is_prefix = random_.chance(1, 2);
        command.target = {is_prefix ? WatchKind::prefix : WatchKind::key,
                          pick(is_prefix ? prefixes : keys)};
        command.seen = driver_.committed();
        command.wait = std::chrono::hours(1);
        const auto target = command.target;
        const RequestId request = driver_.submit(std::move(command));
        parked_.emplace(request, target);
    }

    void begin() {
        before_step_ = driver_.committed().value;
        next_ = before_step_ + 2;  // indexes are one more than revisions
    }

    TenantId tenant_id() {
        const auto id = find_tenant(driver_.store(), "tenant");
        EXPECT_TRUE(id);
        return *id;
    }

    [[nodiscard]] bool is_touched(const WatchTarget& target) const {
        return std::any_of(touched_.begin(), touched_.end(), [&](const std::string& key) {
            return target.kind == WatchKind::key ? key == target.name
                                                 : key.starts_with(target.name);
        });
    }

    void compare() {
        std::set<RequestId> woken;
        for (auto& completion : driver_.taken()) woken.insert(completion.request);
        for (auto at = parked_.begin(); at != parked_.end();) {
            const bool is_woken = woken.contains(at->first);
            const bool is_due = is_touched(at->second);
            // Deleting a whole prefix may wake those who wait for keys below it that were not
            // there.
            EXPECT_TRUE(is_woken || !is_due) << "a change was missed of " << at->second.name;
            if (!is_due && is_woken) ++spurious_;
            at = is_woken ? parked_.erase(at) : std::next(at);
        }
        const auto& rows = driver_.store();
        const TenantId tenant = tenant_id();
        const auto state = read_kv_tenant(rows, tenant);
        ASSERT_TRUE(state);
        for (const auto& key : keys) {
            const auto entry = read_kv_entry(rows, tenant, key);
            ASSERT_TRUE(entry);
            const auto known = model_.entries.find(key);
            ASSERT_EQ(entry->has_value(), known != model_.entries.end()) << key;
            if (*entry) {
                EXPECT_EQ((*entry)->value, known->second.value);
                EXPECT_EQ((*entry)->flags, known->second.flags);
                EXPECT_EQ((*entry)->session, known->second.session);
                EXPECT_EQ((*entry)->lock_index, known->second.lock_index);
                EXPECT_EQ((*entry)->create_index, known->second.create_index);
                EXPECT_EQ((*entry)->modify_index, known->second.modify_index);
            }
            see("key " + key, kv_index(*entry, *state),
                model_.changed.contains(key) ? model_.changed.at(key) : 0);
        }
        for (const auto& prefix : prefixes) compare_prefix(prefix, tenant);
        driver_.engine().check(driver_.clock().now(), rows);
    }

    void compare_prefix(const std::string& prefix, TenantId tenant) {
        const auto opened = KvTreeReader::open(driver_.store(), tenant, prefix);
        ASSERT_TRUE(opened);
        // A few at a time, as a reader does that lets others have their turn.
        for (;;) {
            const auto has_more = (*opened)->skip_deleted(2);
            ASSERT_TRUE(has_more);
            if (!*has_more) break;
        }
        std::vector<std::string> found;
        for (;;) {
            const auto entry = (*opened)->next();
            ASSERT_TRUE(entry);
            if (!*entry) break;
            found.push_back((*entry)->key);
        }
        std::vector<std::string> known;
        for (const auto& [key, entry] : model_.entries) {
            if (key.starts_with(prefix)) known.push_back(key);
        }
        EXPECT_EQ(found, known);
        see("prefix " + prefix, (*opened)->index(), model_.changed_below(prefix));
    }

    // An index never goes back, and moves when what it stands for has changed.
    void see(const std::string& what, uint64_t index, uint64_t changed) {
        auto& last = seen_[what];
        EXPECT_GE(index, last.first) << what << " went back";
        EXPECT_GE(index, changed) << what << " does not show its last change";
        if (changed != last.second) {
            EXPECT_GT(index, last.first) << what << " has not moved";
        }
        last = {index, changed};
    }

    Random random_;
    EngineDriver driver_;
    Model model_;
    std::map<std::string, Duration> full_delays_;
    std::set<std::string> touched_;
    std::map<RequestId, WatchTarget> parked_;
    std::map<std::string, std::pair<uint64_t, uint64_t>> seen_;
    uint64_t before_step_ = 0;
    uint64_t next_ = 1;
    uint64_t spurious_ = 0;
};

constexpr uint64_t seeds = 60;
constexpr int steps = 300;

TEST(KvModel, random_scripts_agree) {
    for (uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE(seed);
        Script(seed).run(steps);
        if (testing::Test::HasFailure()) return;
    }
}

// Where deletions are forgotten at once, indexes move more often, but still never back.
TEST(KvModel, agrees_where_deletions_are_forgotten) {
    CoreLimits limits;
    limits.kv.graves_max = 1;
    limits.kv.grave_age_max = seconds(1);
    limits.recent_changes_max = 2;
    limits.kv.locks_per_step_max = 1;
    for (uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE(seed);
        Script(seed, limits).run(steps);
        if (testing::Test::HasFailure()) return;
    }
}

TEST(KvModel, tells_a_reader_that_comes_late) {
    CoreLimits limits;
    limits.recent_changes_max = 3;
    EngineDriver driver(limits);
    const auto put = [&](const std::string& key, const std::string& value) {
        PutKey command;
        command.key = key;
        command.value = value;
        driver.must(command);
    };
    put("a", "1");
    const Revision seen = driver.committed();
    put("b", "1");
    const auto wait = [&](const std::string& key, Revision since) {
        return driver.ask(WaitForChange{{WatchKind::key, key}, since, seconds(1)});
    };
    // Between its snapshot and its wait b has changed, and a has not.
    const auto changed = wait("b", seen);
    ASSERT_TRUE(changed && *changed);
    EXPECT_TRUE((*changed)->changed);
    EXPECT_FALSE(wait("a", seen));
    // What is older than what is remembered must be read again.
    for (int i = 0; i < 4; ++i) put("c", std::to_string(i));
    const auto old = wait("a", seen);
    ASSERT_TRUE(old && *old);
    EXPECT_TRUE((*old)->changed);
    driver.engine().check(driver.clock().now());
}

}  // namespace
}  // namespace signalbox
