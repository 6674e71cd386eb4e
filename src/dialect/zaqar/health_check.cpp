#include "dialect/zaqar/health_check.h"

#include <algorithm>

#include <fmt/format.h>

#include "codec/json_writer.h"

namespace signalbox::zaqar {
namespace {

constexpr Duration life = std::chrono::seconds(60);

// The name of a tenant in that partition.
std::string tenant_in(const Node& node, size_t partition) {
    for (size_t i = 0;; ++i) {
        auto name = fmt::format("signalbox-health-{}", i);
        if (&node.partition_of(name) == node.partitions()[partition].get()) return name;
    }
}

}  // namespace

HealthCheck::HealthCheck(ExchangePtr exchange, size_t partition, Then then)
    : exchange_(std::move(exchange)),
      partition_(partition),
      then_(std::move(then)),
      tenant_(tenant_in(exchange_->frontend().node(), partition)),
      queue_{QueueKind::queue, "signalbox-health-" + exchange_->frontend().random().uuid().text()} {
}

template <class Body, class Next>
void HealthCheck::run(const char* name, Body body, Next next) {
    const auto& clock = exchange_->frontend().node().clock();
    exchange_->ask(
        tenant_, std::move(body),
        [self = shared_from_this(), name, next, &clock, started = clock.stopwatch()](auto answer) {
            const auto took = clock.stopwatch() - started;
            self->note(name, took, answer ? nullptr : &answer.error());
            next(answer ? &*answer : nullptr);
        });
}

void HealthCheck::note(const char* name, std::chrono::nanoseconds took, const Error* error) {
    if (!operations_.empty()) operations_ += ',';
    const double seconds = std::chrono::duration<double>(took).count();
    operations_ += fmt::format(R"("{}":{{"succeeded":{},"seconds":{:.6f},"ref":)", name,
                               error == nullptr, seconds);
    if (error == nullptr) {
        operations_ += "null";
    } else {
        append_json_string(operations_, error->message);
    }
    operations_ += '}';
}

const QueueLimits& HealthCheck::limits() const {
    return exchange_->frontend().node().partition_of(tenant_).limits().queue;
}

void HealthCheck::begin() {
    // The commands that are under way come before this one.
    exchange_->when_gone([&frontend = exchange_->frontend(), tenant = tenant_, queue = queue_] {
        Command command;
        command.tenant = tenant;
        command.body = DeleteQueue{queue, {}};
        frontend.submit(std::move(command), [](const Reply& /*deleted*/) {});
    });
    create_queue();
}

void HealthCheck::create_queue() {
    run("create_queue", CreateQueue{queue_, {}, "{}"},
        [this](const QueueCreated* /*created*/) { post_messages(); });
}

void HealthCheck::post_messages() {
    PostMessages command;
    command.queue = queue_;
    command.messages.resize(3);
    for (auto& message : command.messages) {
        message.body = "null";
        message.ttl = std::min(life, limits().ttl_max);
    }
    run("post_messages", std::move(command), [this](const MessagesPosted* posted) {
        if (posted != nullptr) posted_ = posted->ids;
        claim_messages();
    });
}

void HealthCheck::claim_messages() {
    ClaimMessages command;
    command.queue = queue_;
    command.limit = 1;
    command.ttl = std::min(life, limits().claim_ttl_max);
    command.grace = command.ttl;
    run("claim_messages", std::move(command), [this](const MessagesClaimed* claimed) {
        if (claimed != nullptr) claim_ = claimed->claim.value_or(ClaimId());
        list_messages();
    });
}

void HealthCheck::list_messages() {
    ListMessages command;
    command.queue = queue_;
    command.limit = 1;
    run("list_messages", std::move(command),
        [this](const MessageList* /*list*/) { delete_message(); });
}

void HealthCheck::delete_message() {
    DeleteMessages command;
    command.queue = queue_;
    if (!posted_.empty()) command.ids = {posted_.back()};
    run("delete_messages", std::move(command),
        [this](const MessagesDeleted* /*deleted*/) { delete_claim(); });
}

void HealthCheck::delete_claim() {
    ReleaseClaim command;
    command.queue = queue_;
    command.claim = claim_;
    run("delete_claim", std::move(command),
        [this](const ClaimReleased* /*released*/) { delete_messages(); });
}

void HealthCheck::delete_messages() {
    DeleteMessages command;
    command.queue = queue_;
    command.ids = posted_;
    run("bulk_delete_messages", std::move(command),
        [this](const MessagesDeleted* /*deleted*/) { delete_queue(); });
}

void HealthCheck::delete_queue() {
    run("delete_queue", DeleteQueue{queue_, {}},
        [this](const QueueDeleted* /*deleted*/) { finish(); });
}

void HealthCheck::finish() {
    const bool is_reachable =
        !exchange_->frontend().node().partitions()[partition_]->trouble().has_value();
    then_(fmt::format(R"({{"storage_reachable":{},"operation_status":{{{}}}}})", is_reachable,
                      operations_));
}

}  // namespace signalbox::zaqar
