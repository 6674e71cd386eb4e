#include "dialect/consul/blocking_read.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/tenants.h"
#include "dialect/consul/consul_answer.h"

namespace signalbox::consul {
namespace {

// The share of the wait that is added by chance, so that readers do not all come back at once.
constexpr int64_t jitter_divisor = 16;

// What readers share: the same tenant's read of the same, shown in the same way.
struct SharedKey {
    std::string tenant;
    std::string key;
    bool is_pretty = false;
    auto operator<=>(const SharedKey&) const = default;
};

// The last answer that readers were woken for, of each io thread.
struct LastAnswer {
    SharedKey key;
    Revision revision;  // of the snapshot that it was found out from
    ReadAnswer answer;
};

class BlockingRead;

// An answer that is being found out, and the readers that it is for.
struct UnderWay {
    Revision revision;  // of the snapshot
    std::unique_ptr<Evaluation> evaluation;
    std::vector<std::shared_ptr<BlockingRead>> readers;
};

// Those of an io thread that others may join.
using AllUnderWay = std::map<SharedKey, std::shared_ptr<UnderWay>>;

class AtOnce : public Evaluation {
public:
    explicit AtOnce(std::function<Result<ReadAnswer>()> find_out)
        : find_out_(std::move(find_out)) {}

    Result<bool> go_on() override {
        TRY_AS(answer_, find_out_());
        return true;
    }
    ReadAnswer take() override { return std::move(answer_); }

private:
    std::function<Result<ReadAnswer>()> find_out_;
    ReadAnswer answer_;
};

class BlockingRead : public std::enable_shared_from_this<BlockingRead> {
public:
    BlockingRead(const ConsulCall& call, ReadSpec spec, const ReadWishes& wishes)
        : exchange_(call.exchange()),
          key_{call.tenant(), spec.key, wishes.is_pretty},
          spec_(std::move(spec)),
          index_(wishes.index),
          consistency_(wishes.consistency) {
        spec_.key.clear();
        auto& frontend = exchange_->frontend();
        Duration wait = wishes.wait;
        if (index_ > 0) {
            const auto share = static_cast<uint64_t>(wait.count() / jitter_divisor);
            wait += Duration(static_cast<int64_t>(frontend.random().below(share + 1)));
        }
        deadline_ = frontend.now().steady + wait;
    }

    void start() { evaluate(true, {}); }

private:
    Frontend& frontend() { return exchange_->frontend(); }
    [[nodiscard]] bool is_shared() const { return !key_.key.empty(); }

    // From a snapshot that has at least what `known` has; without one, from the present.
    void evaluate(bool may_wait, std::optional<Revision> known) {
        may_wait_ = may_wait && index_ > 0;
        if (spec_.is_lengthy) exchange_->expect_lengthy();
        std::shared_ptr<const StoreSnapshot> snapshot;
        if (!known) {
            snapshot = frontend().node().partition_of(key_.tenant).snapshot();
            known = snapshot->revision();
        }
        if (join(*known)) return;
        if (!snapshot) snapshot = frontend().node().partition_of(key_.tenant).snapshot();
        const auto under_way = std::make_shared<UnderWay>();
        under_way->revision = snapshot->revision();
        const auto tenant = find_tenant(*snapshot, key_.tenant);
        if (!tenant) return exchange_->respond(error_answer(tenant.error()));
        under_way->evaluation = spec_.evaluate(std::move(snapshot), *tenant);
        under_way->readers.push_back(shared_from_this());
        go_on(frontend(), key_, under_way);
    }

    // Waits for what another reader has begun, if that is not older.
    bool join(Revision known) {
        if (!is_shared()) return false;
        auto& all = frontend().kept<AllUnderWay>();
        const auto found = all.find(key_);
        if (found == all.end() || found->second->revision < known) return false;
        found->second->readers.push_back(shared_from_this());
        return true;
    }

    static void go_on(Frontend& frontend, const SharedKey& key,
                      const std::shared_ptr<UnderWay>& under_way) {
        auto& readers = under_way->readers;
        std::erase_if(readers, [](const auto& reader) { return reader->exchange_->is_gone(); });
        const auto complete = readers.empty() ? Result<bool>(true) : under_way->evaluation->go_on();
        auto& all = frontend.kept<AllUnderWay>();
        if (complete && !*complete) {
            // Of several, whoever comes joins the newest.
            if (!key.key.empty()) {
                auto& newest = all[key];
                if (!newest || newest->revision < under_way->revision) newest = under_way;
            }
            return frontend.run_later(
                [&frontend, key, under_way] { go_on(frontend, key, under_way); });
        }
        const auto known = all.find(key);
        if (known != all.end() && known->second == under_way) all.erase(known);
        // Readers that wait again, or begin anew, are none of these.
        const auto told = std::exchange(readers, {});
        if (told.empty()) return;
        if (!complete) {
            for (const auto& reader : told) reader->respond_with(complete.error());
            return;
        }
        told.front()->finish(told, *under_way);
    }

    // By the first of them, for all.
    void finish(const std::vector<std::shared_ptr<BlockingRead>>& readers, UnderWay& under_way) {
        auto answer = under_way.evaluation->take();
        under_way.evaluation.reset();
        answer.index = std::max<uint64_t>(answer.index, 1);
        if (key_.is_pretty && answer.head.content_type == "application/json") {
            answer.body = std::make_shared<const std::string>(pretty(*answer.body));
        }
        const bool is_waited_for = std::any_of(
            readers.begin(), readers.end(), [&](const auto& reader) { return reader->index_ > 0; });
        if (is_waited_for && is_shared()) remember(answer, under_way.revision);
        for (const auto& reader : readers) reader->on_answer(answer, under_way.revision);
    }

    void on_answer(const ReadAnswer& answer, Revision revision) {
        if (exchange_->is_gone() || !may_be_told()) return;
        seen_ = revision;
        if (answer.index > index_ || !may_wait_) return respond(answer);
        wait();
    }

    void wait() {
        const Duration left = deadline_ - frontend().now().steady;
        if (left <= Duration::zero()) return evaluate(false, {});
        exchange_->ask(
            key_.tenant, WaitForChange{spec_.target, seen_, left},
            [self = shared_from_this()](Result<ChangeSeen> seen) { self->on_change(seen); });
    }

    void on_change(const Result<ChangeSeen>& seen) {
        if (!seen) return respond_with(seen.error());
        if (!may_be_told()) return;
        if (!seen->changed) return evaluate(false, {});
        const auto& last = last_answer();
        if (is_shared() && last && last->revision >= seen->revision && last->key == key_ &&
            last->answer.index > index_) {
            return respond(last->answer);
        }
        evaluate(true, seen->revision);
    }

    // Meanwhile the token may have been revoked, or have expired. Whoever is not told what was read
    // is told that.
    bool may_be_told() {
        if (exchange_->identity_holds()) return true;
        respond_with({ErrorCode::unauthenticated, "the token is not valid any more", {}});
        return false;
    }

    void remember(const ReadAnswer& answer, Revision revision) {
        // Those who were woken with this one are told before anything else happens; nothing large
        // is kept for nobody.
        if (!last_answer()) {
            frontend().run_later(
                [frontend = &frontend()] { frontend->kept<std::optional<LastAnswer>>().reset(); });
        }
        last_answer() = LastAnswer{key_, revision, answer};
    }

    std::optional<LastAnswer>& last_answer() {
        return frontend().kept<std::optional<LastAnswer>>();
    }

    void respond_with(const Error& error) { exchange_->respond(error_answer(error)); }

    void respond(const ReadAnswer& answer) {
        HttpResponse head = answer.head;
        head.fields.emplace_back("X-Consul-Index", std::to_string(answer.index));
        head.fields.emplace_back("X-Consul-KnownLeader", "true");
        head.fields.emplace_back("X-Consul-LastContact", "0");
        if (spec_.shows_consistency) {
            head.fields.emplace_back("X-Consul-Effective-Consistency", consistency_);
        }
        exchange_->respond(std::move(head), answer.body);
    }

    const ExchangePtr exchange_;
    const SharedKey key_;  // without a key it shares nothing
    ReadSpec spec_;
    const uint64_t index_;
    const char* const consistency_;
    SteadyInstant deadline_;
    Revision seen_;
    bool may_wait_ = false;
};

}  // namespace

std::unique_ptr<Evaluation> at_once(std::function<Result<ReadAnswer>()> find_out) {
    return std::make_unique<AtOnce>(std::move(find_out));
}

Result<void> read(const ConsulCall& call, ReadSpec spec) {
    TRY_AS(const auto wishes, call.wishes());
    std::make_shared<BlockingRead>(call, std::move(spec), wishes)->start();
    return {};
}

}  // namespace signalbox::consul
