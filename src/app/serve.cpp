#include "app/serve.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/authentication.h"
#include "app/body_keys.h"
#include "app/kept_secret.h"
#include "app/notifications.h"
#include "app/signal_inbox.h"
#include "app/system_clock.h"
#include "app/version.h"
#include "app/worker_thread.h"
#include "base/log.h"
#include "codec/webhook_signature.h"
#include "dialect/common/common_routes.h"
#include "dialect/consul/consul_routes.h"
#include "dialect/native/applier_form.h"
#include "dialect/native/native_routes.h"
#include "dialect/triton/triton_routes.h"
#include "dialect/wazo/wazo_routes.h"
#include "dialect/zaqar/notification_form.h"
#include "dialect/zaqar/zaqar_routes.h"
#include "runtime/data_directory.h"
#include "storage/file_journal.h"
#include "storage/posix_disk.h"
#include "storage/rocks_store.h"

namespace signalbox {
namespace {

uint64_t random_seed() {
    uint64_t seed = 0;
    if (::getrandom(&seed, sizeof seed, 0) != sizeof seed) {
        seed = static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    }
    return seed;
}

std::string host_name() {
    char name[256] = {};
    return ::gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

// Connections are descriptors, and the usual limit of 1,024 is soon reached.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Those that this process may run on; the machine may have more.
size_t usable_cores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return std::thread::hardware_concurrency();
    return static_cast<size_t>(CPU_COUNT(&set));
}

// Of segments, however many a checkpoint makes unneeded.
constexpr uint64_t spares_max = 8;

size_t io_thread_count(const ServeOptions& options, size_t cores) {
    if (options.io_threads > 0) return options.io_threads;
    return cores <= 2 ? 1 : std::min<size_t>(cores - 1, 4);
}

// Where it can be reached that speaks Zaqar's dialect; empty when that is not known before it
// listens.
std::string own_url(const ServeOptions& options) {
    for (const auto* list : {&options.tls_listen, &options.listen}) {
        for (const auto& address : *list) {
            const bool is_known =
                address.port != 0 && address.host != "0.0.0.0" && address.host != "::";
            if (!is_known || !address.dialects.has(Dialect::zaqar)) continue;
            return fmt::format("{}://{}", address.tls ? "https" : "http", address.text());
        }
    }
    return {};
}

// Everything that a running server consists of, in the order in which it is built.
class RunningServer {
public:
    explicit RunningServer(const ServeOptions& options) : options_(options) {}

    Result<void> start() {
        const auto started = clock_.stopwatch();
        Random random(random_seed());
        TRY_AS(disk_, PosixDisk::mount(options_.data));
        TRY_AS(directory_, DataDirectory::open(*disk_, options_.partitions, random));
        worker_ = std::make_unique<WorkerThread>();
        const std::string name = options_.node.empty() ? host_name() : options_.node;
        node_ = std::make_unique<Node>(
            Node::Identity{name, version(), directory_.node, directory_.history}, clock_, metrics_);
        TRY(prepare_notifications());
        TRY_AS(auto server_options, make_server_options());
        server_ = std::make_unique<Server>(std::move(server_options));
        TRY_AS(const auto cipher, load_body_keys(options_, *disk_));
        for (size_t i = 0; i < options_.partitions; ++i) TRY(add_partition(i, cipher, random));
        add_routes(name);
        TRY(server_->start(*node_, router_, http_probe_, random.next()));
        const auto took = std::chrono::duration_cast<Duration>(clock_.stopwatch() - started);
        LOG(info, "server.ready", {"version", version()}, {"node", name}, {"data", options_.data},
            {"start_ms", took.count()});
        return {};
    }

    void announce() const {
        for (const auto& address : server_->addresses()) {
            std::printf("signalbox ready on %s://%s\n", address.tls ? "https" : "http",
                        address.text().c_str());
        }
        std::fflush(stdout);
    }

    void stop() {
        server_->stop();
        worker_->drain();
        for (const auto& partition : node_->partitions()) {
            if (const auto flushed = partition->flush(); !flushed) {
                LOG(warning, "checkpoint.failed", {"error", flushed.error().message});
            }
        }
        LOG(info, "server.stopped");
    }

private:
    struct Storage {
        std::unique_ptr<FileJournal> journal;
        std::unique_ptr<Store> store;
        std::unique_ptr<PartitionProbe> probe;
    };

    Result<ServerOptions> make_server_options() const {
        ServerOptions server;
        server.listen = options_.listen;
        server.listen.insert(server.listen.end(), options_.tls_listen.begin(),
                             options_.tls_listen.end());
        if (!options_.tls_listen.empty()) {
            TRY_AS(server.tls, TlsContext::load(options_.tls_cert, options_.tls_key));
        }
        server.io_threads = io_thread_count(options_, usable_cores());
        server.core_on_io_thread = server.io_threads == 1;
        server.http = options_.http;
        server.origins = options_.websocket_origins;
        server.hosts = known_hosts(options_);
        server.stop_timeout = options_.stop_timeout;
        server.probes = {options_.core.registry.probes_max, options_.check_addresses};
        TRY_AS(server.make_authenticator, prepare_authentication(options_, *node_, clock_));
        TRY_AS(server.dispatch, prepare_dispatch(options_, webhook_secret_, *form_));
        server.clock = &clock_;
        warn_of_clear_text();
        return server;
    }

    // What the dialect that has subscriptions says to subscribers.
    Result<void> prepare_notifications() {
        zaqar_ = options_.zaqar;
        if (zaqar_.secret_key.empty()) {
            TRY_AS(zaqar_.secret_key, kept_secret(*disk_, "zaqar-secret"));
        }
        if (zaqar_.public_url.empty()) zaqar_.public_url = own_url(options_);
        TRY_AS(webhook_secret_, load_webhook_secret(*disk_));
        zaqar_.webhook_secret = [secret = webhook_secret_](const SubscriptionId& id) {
            return webhook_secret(secret, id);
        };
        zaqar_form_ = std::make_unique<zaqar::ZaqarNotificationForm>(zaqar_);
        form_ = std::make_unique<native::ApplierForm>(*zaqar_form_);
        return {};
    }

    // Whoever listens on the way has the credentials.
    void warn_of_clear_text() const {
        if (options_.auth.mode == AuthMode::open) return;
        for (const auto& address : options_.listen) {
            if (address.is_loopback()) continue;
            LOG(warning, "auth.in_clear_text", {"listen", address.text()});
        }
    }

    Result<void> add_partition(size_t index, const BodyCipher& cipher, Random& random) {
        const std::string directory = fmt::format("partition-{}", index);
        // Here from the beginning, so that what the worker does for it outlives a start that fails.
        Storage& storage = storages_.emplace_back();
        TRY(disk_->make_directory(directory));
        FileJournalOptions journal;
        journal.directory = directory + "/journal";
        journal.history = directory_.history;
        journal.segment_bytes = options_.segment_bytes;
        journal.spares_max =
            std::min(options_.checkpoint_bytes / options_.segment_bytes, spares_max);
        // Not from `random`, which shows in ids: who knew the nonces could forge records.
        journal.seed = random_seed();
        TRY_AS(storage.journal, FileJournal::open(*disk_, *worker_, std::move(journal)));
        TRY_AS(storage.store,
               open_rocks_store(disk_->absolute(directory + "/store"),
                                {options_.cache_bytes, options_.write_buffer_bytes}));
        storage.probe = std::make_unique<PartitionProbe>(metrics_, index);
        PartitionOptions partition{.cipher = cipher};
        partition.core = options_.core;
        partition.inbox = options_.inbox;
        partition.seed = random.next();
        partition.checkpoint_bytes = options_.checkpoint_bytes;
        auto core = server_->add_core();
        TRY_AS(auto opened,
               Partition::open(*storage.journal, *storage.store, clock_, *worker_,
                               std::move(partition), *storage.probe, core.sink, core.wake));
        node_->add(std::move(opened));
        return {};
    }

    void add_routes(const std::string& name) {
        common::add_routes(router_);
        native::add_routes(router_);
        triton::add_routes(router_,
                           {directory_.node,
                            name,
                            {options_.ticket_servers.begin(), options_.ticket_servers.end()}});
        wazo::add_routes(router_);
        // Nobody subscribes who could not be told.
        std::erase_if(zaqar_.subscriber_types, [this](const std::string& scheme) {
            return !server_->couriers()->serves(scheme);
        });
        zaqar::add_routes(router_, zaqar_);
        auto consul_options = options_.consul;
        consul_options.node_name = name;
        consul_options.node_id = directory_.node.text();
        consul_options.version = version();
        consul::add_routes(router_, consul_options);
    }

    const ServeOptions& options_;
    SystemClock clock_;
    Metrics metrics_;
    HttpProbe http_probe_{metrics_};
    Router router_;
    zaqar::Options zaqar_;  // with what is not given but made
    std::string webhook_secret_;
    std::unique_ptr<NotificationForm> zaqar_form_;
    std::unique_ptr<NotificationForm> form_;
    DataDirectory directory_;
    std::unique_ptr<PosixDisk> disk_;
    std::vector<Storage> storages_;
    std::unique_ptr<Node> node_;
    std::unique_ptr<WorkerThread> worker_;  // its work uses all of the above
    std::unique_ptr<Server> server_;
};

// Until the bell rings, or a signal comes first.
std::optional<ReceivedSignal> wait_for(const Bell& bell, SignalInbox& signals) {
    for (;;) {
        pollfd sources[] = {{bell.descriptor(), POLLIN, 0}, {signals.descriptor(), POLLIN, 0}};
        ::poll(sources, std::size(sources), -1);
        if (bell.has_rung()) return std::nullopt;
        if (const auto signal = signals.take()) return signal;
    }
}

}  // namespace

int serve(const ServeOptions& options) {
    log::configure(options.log_level, options.log_format);
    raise_descriptor_limit();
    std::signal(SIGPIPE, SIG_IGN);
    SignalInbox signals({SIGTERM, SIGINT});
    const Bell bell;

    RunningServer process(options);
    Result<void> started;
    std::thread starter([&] {
        started = process.start();
        bell.ring();
    });
    if (const auto signal = wait_for(bell, signals)) {
        LOG(info, "server.stopped", {"signal", signal->number}, {"before", "ready"});
        // It may be in the middle of a long recovery, which it stands to be interrupted in; nobody
        // has been promised anything.
        std::_Exit(0);
    }
    starter.join();
    if (!started) {
        std::fprintf(stderr, "signalbox: %s%s%s\n", started.error().field.c_str(),
                     started.error().field.empty() ? "" : ": ", started.error().message.c_str());
        return 1;
    }
    process.announce();
    const auto signal = wait_for(bell, signals);
    LOG(info, "server.stopping", {"signal", signal->number});
    process.stop();
    return 0;
}

}  // namespace signalbox
