#include "fuzz/fuzz_server.h"

#include <array>

#include "base/assert.h"
#include "dialect/common/common_routes.h"
#include "dialect/consul/consul_routes.h"
#include "dialect/native/native_routes.h"
#include "dialect/triton/triton_routes.h"
#include "dialect/zaqar/zaqar_routes.h"

namespace signalbox {
namespace {

constexpr uint64_t seed = 1;
// Beyond that the harness, not the server, would be the slow part.
constexpr size_t received_bytes_max = 256u << 10;

// Everything that there is, and small enough for a short input to reach its limits.
zaqar::Options zaqar_options() {
    zaqar::Options options;
    options.admin_mode = true;
    options.pooling = true;
    options.secret_key = "known to the fuzzer";
    options.limits.metadata_bytes_max = 256;
    options.limits.post_bytes_max = 512;
    options.limits.filters_max = 2;
    return options;
}

// What does not change from one server to the next.
struct Surroundings {
    Metrics metrics;
    HttpProbe http_probe{metrics};
    PartitionProbe partition_probe{metrics, 0};
    Router router;

    Surroundings() {
        common::add_routes(router);
        native::add_routes(router);
        triton::add_routes(router, {Uuid(), "fuzz", {}});
        zaqar::add_routes(router, zaqar_options());
        consul::add_routes(router, consul::Options());
    }
};

Surroundings& surroundings() {
    static Surroundings made;
    return made;
}

PartitionOptions small_limits() {
    PartitionOptions options{.cipher = BodyCipher({BodyCipher::Key{}})};
    options.seed = seed;
    auto& core = options.core;
    core.ticket.tickets_max = 16;
    core.ticket.tickets_per_session_max = 3;
    core.ticket.resources_per_ticket_max = 3;
    core.ticket.name_bytes_max = 64;
    core.ticket.extra_bytes_max = 256;
    core.ticket.ended_max = 4;
    core.ticket.line_settings_max = 3;
    core.session.sessions_max = 3;
    core.feed.events_max = 2048;
    core.feed.subscribers_max = 2;
    core.feed.buffered_events_max = 4;
    core.pool.pools_max = 3;
    core.pool.flavors_max = 3;
    core.waiters_max = 3;
    core.tenants_max = 3;
    return options;
}

HttpLimits small_http_limits() {
    HttpLimits limits;
    limits.body_bytes_max = 2048;
    limits.head_bytes_max = 2048;
    limits.target_bytes_max = 512;
    limits.fields_max = 12;
    limits.pipelined_max = 4;
    limits.output_bytes_max = 4096;
    return limits;
}

}  // namespace

Result<void> ForgetfulJournal::append(OwnerEpoch owner, const BatchView& batch) {
    ASSERT(owner == this->owner());
    ASSERT(batch.first == last_.next());
    last_ = batch.last();
    return {};
}

FuzzServer::FuzzServer() : options_(small_limits()) {
    auto& around = surroundings();
    node_ = std::make_unique<Node>(Node::Identity{"fuzz", "0", Uuid(), 1}, clock_, around.metrics);
    Frontend::Setup setup;
    setup.seed = seed;
    setup.limits = small_http_limits();
    setup.secret = [](size_t count) { return std::string(count, 's'); };
    setup.run_later = [this](std::function<void()> work) { later_.push_back(std::move(work)); };
    frontend_ =
        std::make_unique<Frontend>(std::move(setup), *node_, around.router, around.http_probe);
    auto partition = Partition::open(journal_, store_, clock_, *this, options_,
                                     around.partition_probe, *this, [] {});
    ASSERT(partition);
    node_->add(std::move(*partition));
    connect();
}

FuzzServer::~FuzzServer() {
    session_.reset();
    settle();
}

void FuzzServer::connect() {
    if (session_) session_->close();
    settle();
    received_.clear();
    session_ = std::make_unique<HttpSession>(*frontend_, static_cast<HttpSession::Host&>(*this),
                                             DialectSet{}, "10.0.0.1");
}

void FuzzServer::send(std::string_view bytes) {
    while (session_ && !bytes.empty()) {
        // As a socket would: nothing is pushed into a session that does not want it.
        if (!session_->wants_input()) settle();
        if (!session_ || !session_->wants_input()) return;
        const auto piece = bytes.substr(0, 1024);
        bytes.remove_prefix(piece.size());
        session_->receive(piece);
    }
    settle();
}

void FuzzServer::end_input() {
    if (session_ && !session_->has_input_ended()) session_->receive_end();
    settle();
    // Nothing is held for it any more, so there is nothing left to wait for.
    ASSERT(!session_ || session_->is_finished());
}

void FuzzServer::advance(Duration span) {
    auto& partition = *node_->partitions()[0];
    for (int i = 0; i < 1000 && span.count() > 0; ++i) {
        auto piece = std::min<Duration>(span, std::chrono::seconds(1));
        if (const auto until = partition.until_next_deadline()) {
            piece = std::min(piece, std::max(*until, Duration(1)));
        }
        // Long spans are taken in few steps, or an input could keep us busy for hours.
        if (i > 100) piece = span;
        clock_.advance(piece);
        span -= piece;
        frontend_->tick();
        settle();
        if (session_ && session_->is_overdue(clock_.now().steady)) {
            session_->close();
            session_.reset();
        }
    }
}

void FuzzServer::deliver(std::vector<Completion> completions,
                         std::vector<FeedDelivery> deliveries) {
    frontend_->deliver(std::move(completions), std::move(deliveries));
}

// Every other subscriber has nothing against it.
void FuzzServer::carry_out(std::vector<Effect> effects) {
    for (const auto& effect : effects) {
        Command command;
        command.request = RequestId(~uint64_t{0});  // of no front end, so nobody gets the answer
        command.tenant = effect.tenant;
        ReportDelivery report{effect.outbox, effect.subscription, effect.window, 1, std::nullopt};
        if (effect.window % 2 == 0) {
            report.delivered = 0;
            report.failure = ReportDelivery::Failure{"it said no", std::nullopt, false};
        }
        command.body = std::move(report);
        node_->partition_of(effect.tenant).submit(std::move(command));
    }
}

bool FuzzServer::take_output() {
    if (!session_) return false;
    bool moved = false;
    std::array<iovec, 8> pieces{};
    while (session_->backlog() > 0) {
        const size_t count = session_->gather(pieces);
        size_t bytes = 0;
        for (size_t i = 0; i < count; ++i) {
            if (received_.size() < received_bytes_max) {
                received_.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
            }
            bytes += pieces[i].iov_len;
        }
        session_->sent(bytes);
        moved = true;
    }
    if (session_->is_finished()) {
        session_.reset();
        moved = true;
    }
    return moved;
}

void FuzzServer::settle() {
    bool moved = true;
    for (int i = 0; moved; ++i) {
        // Whoever waits for nothing but himself never comes to rest.
        ASSERT(i < 100'000);
        moved = false;
        for (const auto& partition : node_->partitions()) moved |= partition->run_batch();
        if (!later_.empty()) {
            const auto work = std::move(later_.front());
            later_.pop_front();
            work();
            moved = true;
        }
        moved |= take_output();
    }
}

void FuzzServer::check() {
    ASSERT(received_.empty() || received_.starts_with("HTTP/1.1 "));
    node_->partitions()[0]->engine().check(clock_.now());
    Engine another(options_.core, options_.cipher, seed, clock_.now());
    const auto loaded = another.load(store_, clock_.now());
    ASSERT(loaded);
    another.check(clock_.now());
}

void FuzzServer::stop() {
    node_->begin_stop();
    for (const auto& partition : node_->partitions()) partition->stop();
    settle();
    if (session_) session_->finish_soon();
    settle();
    // Everything held was answered, so the connection is over.
    ASSERT(!session_ || session_->is_finished());
}

}  // namespace signalbox
