#include "app/option_bounds.h"

#include <fmt/format.h>

namespace signalbox {
namespace {

class Bounds {
public:
    explicit Bounds(const GivenOptions& given) : given_(given) {}

    template <class Value>
    void at_most(Value& value, std::string_view name, const Value& max, std::string_view max_name) {
        if (value <= max) return;
        if (given_.contains(name)) return refuse(name, "above", max_name);
        value = max;
    }

    template <class Value>
    void at_least(Value& value, std::string_view name, const Value& min,
                  std::string_view min_name) {
        if (value >= min) return;
        if (given_.contains(name)) return refuse(name, "below", min_name);
        value = min;
    }

    [[nodiscard]] const Result<void>& kept() const { return kept_; }

private:
    void refuse(std::string_view name, std::string_view where, std::string_view other) {
        if (!kept_) return;
        kept_ = fail(ErrorCode::invalid_argument,
                     fmt::format("{} must not be {} {}", name, where, other), std::string(name));
    }

    const GivenOptions& given_;
    Result<void> kept_;
};

}  // namespace

Result<void> keep_bounds(ServeOptions& options, const GivenOptions& given) {
    Bounds bounds(given);
    auto& queue = options.core.queue;
    bounds.at_most(queue.ttl_default, "message_ttl_default", queue.ttl_max, "message_ttl_max");
    auto& zaqar = options.zaqar.limits;
    bounds.at_most(zaqar.message_ttl_max, "zaqar_max_message_ttl", queue.ttl_max,
                   "message_ttl_max");
    bounds.at_most(zaqar.message_ttl_min, "zaqar_min_message_ttl", zaqar.message_ttl_max,
                   "zaqar_max_message_ttl");
    bounds.at_most(zaqar.message_delay_max, "zaqar_max_message_delay", queue.delay_max,
                   "message_delay_max");
    bounds.at_most(zaqar.claim_ttl_max, "zaqar_max_claim_ttl", queue.claim_ttl_max,
                   "claim_ttl_max");
    bounds.at_most(zaqar.claim_ttl_min, "zaqar_min_claim_ttl", zaqar.claim_ttl_max,
                   "zaqar_max_claim_ttl");
    bounds.at_most(zaqar.claim_ttl, "zaqar_default_claim_ttl", zaqar.claim_ttl_max,
                   "zaqar_max_claim_ttl");
    bounds.at_least(zaqar.claim_ttl, "zaqar_default_claim_ttl", zaqar.claim_ttl_min,
                    "zaqar_min_claim_ttl");
    bounds.at_most(zaqar.claim_grace_max, "zaqar_max_claim_grace", queue.claim_ttl_max,
                   "claim_ttl_max");
    bounds.at_most(zaqar.claim_grace_min, "zaqar_min_claim_grace", zaqar.claim_grace_max,
                   "zaqar_max_claim_grace");
    bounds.at_most(zaqar.claim_grace, "zaqar_default_claim_grace", zaqar.claim_grace_max,
                   "zaqar_max_claim_grace");
    bounds.at_least(zaqar.claim_grace, "zaqar_default_claim_grace", zaqar.claim_grace_min,
                    "zaqar_min_claim_grace");
    bounds.at_least(zaqar.subscription_ttl, "zaqar_default_subscription_ttl",
                    zaqar.subscription_ttl_min, "zaqar_min_subscription_ttl");
    bounds.at_most(zaqar.messages_per_page_max, "zaqar_max_messages_per_page",
                   queue.messages_per_answer_max, "messages_per_answer_max");
    bounds.at_most(zaqar.messages_per_claim_max, "zaqar_max_messages_per_claim_or_pop",
                   queue.messages_per_answer_max, "messages_per_answer_max");
    return bounds.kept();
}

}  // namespace signalbox
