#pragma once

#include <functional>
#include <memory>
#include <string>

#include "dialect/exchange.h"

namespace signalbox::zaqar {

// Does what clients do, with a queue of its own in one partition, and tells how it went. The queue
// has a name that no other check has, and goes with whoever asked.
class HealthCheck : public std::enable_shared_from_this<HealthCheck> {
public:
    // {"storage_reachable", "operation_status": {...}}
    using Then = std::function<void(std::string document)>;

    HealthCheck(ExchangePtr exchange, size_t partition, Then then);
    void begin();

private:
    // Sends a command that is one of the operations; `next` gets its value if it went well.
    template <class Body, class Next>
    void run(const char* name, Body body, Next next);
    void note(const char* name, std::chrono::nanoseconds took, const Error* error);

    [[nodiscard]] const QueueLimits& limits() const;
    void create_queue();
    void post_messages();
    void claim_messages();
    void list_messages();
    void delete_message();
    void delete_claim();
    void delete_messages();
    void delete_queue();
    void finish();

    const ExchangePtr exchange_;
    const size_t partition_;
    const Then then_;
    std::string tenant_;
    const QueueName queue_;
    std::string operations_;
    std::vector<MessageId> posted_;
    ClaimId claim_;
};

}  // namespace signalbox::zaqar
