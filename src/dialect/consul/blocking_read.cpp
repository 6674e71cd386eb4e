#include "dialect/consul/blocking_read.h"

#include <algorithm>
#include <optional>

#include "core/tenants.h"
#include "dialect/consul/consul_answer.h"

namespace signalbox::consul {
namespace {

// The share of the wait that is added by chance, so that readers do not all come back at once.
constexpr int64_t jitter_divisor = 16;

// The last answer that readers were woken for, of each io thread.
struct LastAnswer {
    std::string tenant;
    std::string key;
    Revision revision;  // of the snapshot that it was found out from
    ReadAnswer answer;
};

class AtOnce : public Evaluation {
public:
    explicit AtOnce(std::function<Result<ReadAnswer>()> find_out) : find_out_(std::move(find_out)) {}

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
          tenant_(call.tenant()),
          spec_(std::move(spec)),
          index_(wishes.index),
          is_pretty_(wishes.is_pretty),
          consistency_(wishes.consistency) {
        auto& frontend = exchange_->frontend();
        Duration wait = wishes.wait;
        if (index_ > 0) {
            const auto share = static_cast<uint64_t>(wait.count() / jitter_divisor);
            wait += Duration(static_cast<int64_t>(frontend.random().below(share + 1)));
        }
        deadline_ = frontend.now().steady + wait;
        if (is_pretty_) spec_.key += "?pretty";
    }

    void start() { evaluate(true); }

private:
    Frontend& frontend() { return exchange_->frontend(); }

    void evaluate(bool may_wait) {
        may_wait_ = may_wait && index_ > 0;
        if (spec_.is_lengthy) exchange_->expect_lengthy();
        auto snapshot = frontend().node().partition_of(tenant_).snapshot();
        seen_ = snapshot->revision();
        const auto tenant = find_tenant(*snapshot, tenant_);
        if (!tenant) return exchange_->respond(error_answer(tenant.error()));
        evaluation_ = spec_.evaluate(std::move(snapshot), *tenant);
        go_on();
    }

    void go_on() {
        if (exchange_->is_gone()) return;
        const auto complete = evaluation_->go_on();
        if (!complete) return exchange_->respond(error_answer(complete.error()));
        if (!*complete) {
            return frontend().run_later([self = shared_from_this()] { self->go_on(); });
        }
        auto answer = evaluation_->take();
        evaluation_.reset();
        answer.index = std::max<uint64_t>(answer.index, 1);
        if (answer.index > index_ || !may_wait_) {
            if (is_pretty_ && answer.head.content_type == "application/json") {
                answer.body = std::make_shared<const std::string>(pretty(*answer.body));
            }
            if (index_ > 0) remember(answer);
            return respond(answer);
        }
        wait();
    }

    void wait() {
        const Duration left = deadline_ - frontend().now().steady;
        if (left <= Duration::zero()) return evaluate(false);
        exchange_->ask(tenant_, WaitForChange{spec_.target, seen_, left},
                       [self = shared_from_this()](Result<ChangeSeen> seen) {
                           self->on_change(seen);
                       });
    }

    void on_change(const Result<ChangeSeen>& seen) {
        if (!seen) return exchange_->respond(error_answer(seen.error()));
        if (!seen->changed) return evaluate(false);
        const auto& last = last_answer();
        if (!spec_.key.empty() && last && last->revision >= seen->revision &&
            last->key == spec_.key && last->tenant == tenant_ && last->answer.index > index_) {
            return respond(last->answer);
        }
        evaluate(true);
    }

    void remember(const ReadAnswer& answer) {
        if (spec_.key.empty()) return;
        // Those who were woken with this one are told before anything else happens; nothing large
        // is kept for nobody.
        if (!last_answer()) {
            frontend().run_later([frontend = &frontend()] {
                frontend->kept<std::optional<LastAnswer>>().reset();
            });
        }
        last_answer() = LastAnswer{tenant_, spec_.key, seen_, answer};
    }

    std::optional<LastAnswer>& last_answer() {
        return frontend().kept<std::optional<LastAnswer>>();
    }

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
    const std::string tenant_;
    ReadSpec spec_;
    const uint64_t index_;
    const bool is_pretty_;
    const char* const consistency_;
    SteadyInstant deadline_;
    Revision seen_;
    bool may_wait_ = false;
    std::unique_ptr<Evaluation> evaluation_;
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
