#include "sim/world.h"

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "base/bytes.h"
#include "codec/digest.h"
#include "codec/webhook_signature.h"
#include "core/tokens.h"
#include "dialect/auth/token_authenticator.h"
#include "dialect/common/common_routes.h"
#include "dialect/consul/consul_routes.h"
#include "dialect/native/applier_form.h"
#include "dialect/native/native_routes.h"
#include "dialect/triton/triton_routes.h"
#include "dialect/wazo/wazo_routes.h"
#include "dialect/zaqar/zaqar_routes.h"
#include "runtime/data_directory.h"
#include "runtime/webhook_courier.h"
#include "sim/sim_cipher.h"

namespace signalbox {
namespace {

constexpr size_t unlimited = ~size_t{0};
constexpr uint8_t dispatcher_index = 255;
constexpr Duration tick_interval = std::chrono::seconds(1);

}  // namespace

SimConnection::SimConnection(World& world, DialectSet dialects)
    : session_(new HttpSession(*world.frontend_, *this, dialects, "10.0.0.1")) {}

SimConnection::~SimConnection() = default;

void SimConnection::cut() {
    if (!session_) return;
    session_->close();
    session_.reset();
}

bool SimConnection::carry(size_t bytes) {
    if (!session_) return false;
    bool moved = false;
    if (!to_server_.empty() && session_->wants_input()) {
        const std::string piece = to_server_.substr(0, bytes);
        to_server_.erase(0, piece.size());
        session_->receive(piece);
        moved = true;
    }
    if (input_ended_ && to_server_.empty() && session_->wants_input()) {
        session_->receive_end();
        moved = true;
    }
    std::array<iovec, 16> pieces{};
    size_t left = bytes;
    while (session_->backlog() > 0 && left > 0) {
        const size_t count = session_->gather(pieces);
        size_t carried = 0;
        for (size_t i = 0; i < count && left > 0; ++i) {
            const size_t part = std::min(left, pieces[i].iov_len);
            responses_.feed({static_cast<const char*>(pieces[i].iov_base), part});
            carried += part;
            left -= part;
        }
        session_->sent(carried);
        moved = true;
    }
    if (session_->is_finished()) {
        session_.reset();
        moved = true;
    }
    return moved;
}

void SimConnection::tick(SteadyInstant now) {
    if (!session_) return;
    if (session_->is_overdue(now)) return cut();
    // It is noticed also while nothing is read.
    if (input_ended_ && !session_->has_input_ended() && !session_->wants_input() &&
        session_->holds_requests()) {
        session_->receive_end();
    }
}

World::World(Options options)
    : options_(std::move(options)), random_(options_.seed), disk_(random_) {
    for (size_t i = 0; i < options_.partitions; ++i) {
        stores_.push_back(std::make_unique<MemoryStore>());
        probes_.push_back(std::make_unique<PartitionProbe>(metrics_, i));
    }
    Random names(options_.seed);
    common::add_routes(router_);
    native::add_routes(router_);
    triton::add_routes(router_, {names.uuid(), "sim", options_.ticket_servers});
    auto zaqar_options = options_.zaqar;
    if (zaqar_options.secret_key.empty()) zaqar_options.secret_key = "the key of the simulator";
    zaqar_options.webhook_secret = [](const SubscriptionId& id) {
        return signalbox::webhook_secret(World::webhook_secret, id);
    };
    zaqar::add_routes(router_, zaqar_options);
    wazo::add_routes(router_);
    zaqar_form_ = std::make_unique<zaqar::ZaqarNotificationForm>(zaqar_options);
    form_ = std::make_unique<native::ApplierForm>(*zaqar_form_);
    WebhookCourier::Setup webhooks;
    webhooks.secret = webhook_secret;
    webhooks.user_agent = "signalbox/sim";
    webhooks_ = std::make_unique<WebhookCourier>(std::move(webhooks), subscribers_, *form_, clock_);
    couriers_.add("http", *webhooks_);
    couriers_.add("https", *webhooks_);
    consul::Options consul_options;
    consul_options.node_name = "sim";
    consul_options.node_id = names.uuid().text();
    consul_options.version = "0.0.0";
    consul::add_routes(router_, consul_options);
}

World::~World() {
    take_down();
}

Result<void> World::start() {
    ASSERT(!is_up());
    TRY_AS(const auto directory, DataDirectory::open(disk_, options_.partitions, random_));
    node_ = std::make_unique<Node>(
        Node::Identity{"sim", "0.0.0", directory.node, directory.history}, clock_, metrics_);
    woken_.assign(options_.partitions, false);
    Frontend::Setup setup;
    setup.seed = random_.next();
    setup.limits = options_.http;
    setup.quiet_max = options_.quiet_max;
    setup.origins = options_.origins;
    setup.hosts = options_.hosts;
    setup.run_later = [this](std::function<void()> work) { later_.push_back(std::move(work)); };
    setup.secret = [this](size_t count) {
        std::string bytes;
        while (bytes.size() < count) put_u64_le(bytes, random_.next());
        return bytes.substr(0, count);
    };
    // The front end serves when the partitions are there, and its authenticator looks at one.
    for (size_t i = 0; i < options_.partitions; ++i) {
        if (auto opened = open_partition(i); !opened) {
            take_down();
            return opened;
        }
    }
    if (options_.auth == AuthMode::token) {
        TokenAuthenticator::Options tokens;
        tokens.root_token_hash = sha256(root_token);
        setup.authenticator = std::make_unique<TokenAuthenticator>(
            std::move(tokens), node_->partition_of(tenant_of_tokens));
    }
    frontend_ = std::make_unique<Frontend>(std::move(setup), *node_, router_, http_probe_);
    dispatcher_ = std::make_unique<Dispatcher>(Dispatcher::Setup{.index = dispatcher_index}, *node_,
                                               couriers_, dispatcher_probe_);
    prober_ =
        std::make_unique<Prober>(*frontend_, other_servers_, options_.core.registry.probes_max);
    return {};
}

Result<void> World::open_partition(size_t index) {
    const std::string directory = "partition-" + std::to_string(index);
    TRY(disk_.make_directory(directory));
    FileJournalOptions journal;
    journal.directory = directory + "/journal";
    journal.segment_bytes = options_.segment_bytes;
    journal.history = node_->identity().history;
    journal.seed = random_.next();
    TRY_AS(auto opened, FileJournal::open(disk_, *this, std::move(journal)));
    journals_.push_back(std::move(opened));
    PartitionOptions partition{.cipher = sim_cipher()};
    partition.core = options_.core;
    partition.inbox = options_.inbox;
    partition.seed = random_.next();
    partition.checkpoint_bytes = options_.checkpoint_bytes;
    TRY_AS(auto ready,
           Partition::open(*journals_[index], *stores_[index], clock_, *this, std::move(partition),
                           *probes_[index], *this, [this, index] { woken_[index] = true; }));
    node_->add(std::move(ready));
    return {};
}

void World::crash() {
    take_down();
    disk_.crash();
    for (auto& store : stores_) store->crash();
}

void World::stop() {
    settle();
    node_->begin_stop();
    dispatcher_->finish();
    settle();
    for (const auto& partition : node_->partitions()) partition->stop();
    settle();
    for (const auto& weak : connections_) {
        const auto connection = weak.lock();
        if (connection && connection->session_) connection->session_->finish_soon();
    }
    settle();
    while (!disk_work_.empty()) step();
    for (const auto& partition : node_->partitions()) {
        const auto flushed = partition->flush();
        ASSERT(flushed);
    }
    take_down();
}

// Nothing of the process is left, and whatever it was about to do never happens.
void World::take_down() {
    disk_work_.clear();
    for (const auto& weak : connections_) {
        if (const auto connection = weak.lock()) connection->on_server_gone();
    }
    connections_.clear();
    later_.clear();
    subscribers_.server_has_gone();
    dispatcher_.reset();
    prober_.reset();
    node_.reset();
    frontend_.reset();
    journals_.clear();
}

std::shared_ptr<SimConnection> World::connect(DialectSet dialects) {
    ASSERT(is_up());
    auto connection = std::make_shared<SimConnection>(*this, dialects);
    connections_.push_back(connection);
    return connection;
}

void World::abandon(std::shared_ptr<SimConnection> connection) {
    connection->end_input();
    abandoned_.push_back(std::move(connection));
}

void World::deliver(std::vector<Completion> completions, std::vector<FeedDelivery> deliveries) {
    const auto reports = std::stable_partition(
        completions.begin(), completions.end(), [](const Completion& completion) {
            return Frontend::index_of(completion.request) != dispatcher_index;
        });
    std::vector<Completion> reported(std::make_move_iterator(reports),
                                     std::make_move_iterator(completions.end()));
    completions.erase(reports, completions.end());
    if (!reported.empty()) dispatcher_->deliver(std::move(reported));
    frontend_->deliver(std::move(completions), std::move(deliveries));
}

void World::carry_out(std::vector<Effect> effects) {
    // Later, as on a thread of its own; recovery has effects before there is a dispatcher.
    const auto shared = std::make_shared<std::vector<Effect>>(std::move(effects));
    later_.push_back([this, shared] { dispatcher_->carry_out(std::move(*shared)); });
}

// Not at once: it may be that the partition is only just being opened.
void World::probe(std::vector<ProbeOrder> orders) {
    later_.push_back(
        [this, orders = std::move(orders)]() mutable { prober_->carry_out(std::move(orders)); });
}

bool World::run_partitions() {
    bool moved = false;
    for (size_t i = 0; i < options_.partitions; ++i) {
        Partition& due = partition(i);
        const bool is_due = due.until_next_deadline() == Duration::zero();
        if (!woken_[i] && !is_due) continue;
        woken_[i] = false;
        if (due.run_batch()) woken_[i] = true;
        moved = true;
    }
    return moved;
}

bool World::run_later_work() {
    if (later_.empty()) return false;
    const auto work = std::move(later_.front());
    later_.pop_front();
    work();
    return true;
}

bool World::carry_bytes() {
    bool moved = false;
    std::erase_if(abandoned_, [](const auto& connection) { return !connection->is_open(); });
    std::erase_if(connections_, [](const auto& weak) { return weak.expired(); });
    // A connection may be cut while bytes are carried, but none is added.
    for (const auto& weak : connections_) {
        const auto connection = weak.lock();
        if (!connection) continue;
        size_t bytes = unlimited;
        if (options_.scatter_bytes) bytes = 1 + random_.below(random_.chance(1, 4) ? 16 : 4096);
        moved = connection->carry(bytes) || moved;
    }
    return moved;
}

bool World::step() {
    if (!is_up()) return false;
    bool moved = carry_bytes();
    moved = run_later_work() || moved;
    moved = run_partitions() || moved;
    moved = subscribers_.step() || moved;
    if (!disk_work_.empty()) {
        const auto work = std::move(disk_work_.front());
        disk_work_.pop_front();
        work();
        moved = true;
    }
    return moved;
}

void World::settle() {
    while (step()) {
    }
}

void World::advance(Duration span) {
    settle();
    while (span.count() > 0) {
        Duration piece = std::min(span, tick_interval);
        if (is_up()) {
            for (const auto& partition : node_->partitions()) {
                const auto until = partition->until_next_deadline();
                if (until && until->count() > 0) piece = std::min(piece, *until);
            }
        }
        pass(piece);
        span -= piece;
        settle();
    }
}

void World::pass(Duration span) {
    const auto second = [this] {
        return std::chrono::floor<std::chrono::seconds>(clock_.now().steady);
    };
    const auto before = second();
    clock_.advance(span);
    if (!is_up()) return;
    dispatcher_->tick();
    if (second() == before) return;
    frontend_->tick();
    for (const auto& weak : connections_) {
        if (const auto connection = weak.lock()) connection->tick(clock_.now().steady);
    }
}

Revision World::committed(size_t partition) const {
    return journals_[partition]->last_revision();
}

void World::check() const {
    for (const auto& partition : node_->partitions()) {
        // A batch that the disk has not taken yet is in memory, and in no row.
        if (partition->trouble()) {
            partition->engine().check(clock_.now());
        } else {
            partition->engine().check(clock_.now(), *partition->snapshot());
        }
    }
}

}  // namespace signalbox
