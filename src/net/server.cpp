#include "net/server.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <condition_variable>

#include <fmt/format.h>
#include <netinet/tcp.h>

#include "base/assert.h"
#include "base/log.h"
#include "net/io_thread.h"

namespace signalbox {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

constexpr auto accept_pause = std::chrono::milliseconds(100);
constexpr int backlog = 4096;
// What a subscriber is being told when the server stops may take so long to come to an end.
constexpr Duration dispatch_patience = std::chrono::seconds(2);

// A peer that has gone without a word is noticed within about a minute, also while it owes us
// nothing and we owe it nothing.
void set_socket_options(int descriptor) {
    const auto set = [&](int level, int name, int value) {
        ::setsockopt(descriptor, level, name, &value, sizeof value);
    };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set(IPPROTO_TCP, TCP_KEEPCNT, 3);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, 60'000);
}

Error listen_error(const ListenAddress& address, const boost::system::error_code& error) {
    return {ErrorCode::invalid_argument, fmt::format("{}: {}", address.text(), error.message()),
            "listen"};
}

// Hands what a batch has made true to the io threads that asked for it.
class Dealer : public ReadySink {
public:
    Dealer(std::vector<std::unique_ptr<IoThread>>& threads, bool same_thread,
           DispatchThread* dispatch)
        : threads_(threads), same_thread_(same_thread), dispatch_(dispatch) {}

    void carry_out(std::vector<Effect> effects) override {
        if (dispatch_ != nullptr) dispatch_->carry_out(std::move(effects));
    }

    void deliver(std::vector<Completion> completions,
                 std::vector<FeedDelivery> deliveries) override {
        if (dispatch_ != nullptr) take_reports(completions);
        if (completions.empty() && deliveries.empty()) return;
        if (same_thread_) {
            threads_.front()->frontend().deliver(std::move(completions), std::move(deliveries));
            return;
        }
        struct Share {
            std::vector<Completion> completions;
            std::vector<FeedDelivery> deliveries;
        };
        std::vector<Share> shares(threads_.size());
        for (auto& completion : completions) {
            shares[Frontend::index_of(completion.request)].completions.push_back(
                std::move(completion));
        }
        for (auto& delivery : deliveries) {
            shares[Frontend::index_of(delivery.subscriber)].deliveries.push_back(
                std::move(delivery));
        }
        for (size_t i = 0; i < shares.size(); ++i) {
            if (shares[i].completions.empty() && shares[i].deliveries.empty()) continue;
            IoThread& thread = *threads_[i];
            const auto share = std::make_shared<Share>(std::move(shares[i]));
            thread.post([&thread, share] {
                thread.frontend().deliver(std::move(share->completions),
                                          std::move(share->deliveries));
            });
        }
    }

    // They are few: one thread carries them all out.
    void probe(std::vector<ProbeOrder> orders) override {
        IoThread& thread = *threads_.front();
        const auto shared = std::make_shared<std::vector<ProbeOrder>>(std::move(orders));
        thread.post([&thread, shared] { thread.prober().carry_out(std::move(*shared)); });
    }

private:
    // What the dispatcher asked, out of `completions`.
    void take_reports(std::vector<Completion>& completions) {
        const auto first =
            std::stable_partition(completions.begin(), completions.end(), [](const auto& one) {
                return Frontend::index_of(one.request) != DispatchThread::index;
            });
        if (first == completions.end()) return;
        dispatch_->deliver(
            {std::make_move_iterator(first), std::make_move_iterator(completions.end())});
        completions.erase(first, completions.end());
    }

    std::vector<std::unique_ptr<IoThread>>& threads_;
    const bool same_thread_;
    DispatchThread* const dispatch_;
};

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
    const auto wrong = [&] {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("\"{}\" must be HOST:PORT or DIALECT=HOST:PORT", text), "listen");
    };
    ListenAddress address;
    std::string_view rest = text;
    if (const size_t equals = rest.find('='); equals != std::string_view::npos) {
        const auto dialect = parse_dialect(rest.substr(0, equals));
        if (!dialect) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("\"{}\" is not a dialect; known are native, triton, zaqar, "
                                    "wazo and consul",
                                    rest.substr(0, equals)),
                        "listen");
        }
        address.dialects = DialectSet::only(*dialect);
        rest.remove_prefix(equals + 1);
    }
    const size_t colon = rest.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return wrong();
    auto host = rest.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const auto port = rest.substr(colon + 1);
    const auto [stopped, error] =
        std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (host.empty() || port.empty() || error != std::errc() ||
        stopped != port.data() + port.size()) {
        return wrong();
    }
    address.host = host;
    return address;
}

bool ListenAddress::is_loopback() const {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(host, error);
    return error ? host == "localhost" : address.is_loopback();
}

std::string ListenAddress::text() const {
    const bool is_v6 = host.find(':') != std::string::npos;
    return is_v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

class Server::Implementation {
public:
    explicit Implementation(ServerOptions server_options) : options(std::move(server_options)) {
        ASSERT(options.io_threads > 0 && options.io_threads <= DispatchThread::index);
        ASSERT(!options.core_on_io_thread || options.io_threads == 1);
        for (size_t i = 0; i < options.io_threads; ++i) {
            threads.push_back(std::make_unique<IoThread>());
        }
        if (options.dispatch) {
            dispatch = std::make_unique<DispatchThread>(*options.dispatch, *options.clock);
        }
    }

    Core add_core() {
        cores.push_back(options.core_on_io_thread ? CoreLoop::on(*threads.front())
                                                  : CoreLoop::on_own_thread());
        dealers.push_back(
            std::make_unique<Dealer>(threads, options.core_on_io_thread, dispatch.get()));
        CoreLoop& core = *cores.back();
        return {*dealers.back(), [&core] { core.wake(); }};
    }

    Result<void> start(Node& started_node, const Router& router, HttpProbe& http_probe,
                       uint64_t seed) {
        node = &started_node;
        probe = &http_probe;
        for (size_t i = 0; i < threads.size(); ++i) {
            Frontend::Setup setup;
            setup.index = static_cast<uint8_t>(i);
            setup.seed = seed + i;
            setup.limits = options.http;
            setup.origins = options.origins;
            setup.hosts = options.hosts;
            if (options.make_authenticator) {
                setup.authenticator = options.make_authenticator(threads[i]->client());
            }
            threads[i]->open(std::move(setup), *node, router, *probe, options.probes);
        }
        for (const auto& address : options.listen) {
            if (auto bound = bind(address); !bound) return bound;
        }
        for (auto& thread : threads) thread->start();
        if (dispatch) dispatch->start(*node);
        for (size_t i = 0; i < cores.size(); ++i) cores[i]->start(*node->partitions()[i]);
        for (auto& listener : listeners) accept(*listener);
        started = true;
        return {};
    }

    // One thread accepts and deals the connections out in turn, so they are spread evenly.
    struct Listener {
        Listener(asio::io_context& context, ListenAddress listen)
            : acceptor(context), pause(context), address(std::move(listen)) {}
        Tcp::acceptor acceptor;
        asio::steady_timer pause;
        ListenAddress address;
    };

    Result<void> bind(const ListenAddress& address) {
        auto& context = threads.front()->context();
        boost::system::error_code error;
        Tcp::resolver resolver(context);
        const auto found = resolver.resolve(address.host, std::to_string(address.port),
                                            Tcp::resolver::passive, error);
        if (error || found.empty()) return fail(listen_error(address, error));
        auto listener = std::make_unique<Listener>(context, address);
        const Tcp::endpoint endpoint = *found.begin();
        listener->acceptor.open(endpoint.protocol(), error);
        if (!error) listener->acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
        if (!error) listener->acceptor.bind(endpoint, error);
        if (!error) listener->acceptor.listen(backlog, error);
        if (error) return fail(listen_error(address, error));
        listener->address.port = listener->acceptor.local_endpoint().port();
        listeners.push_back(std::move(listener));
        return {};
    }

    void accept(Listener& listener) {
        IoThread& thread = *threads[next_thread++ % threads.size()];
        listener.acceptor.async_accept(
            [this, &listener, &thread](const boost::system::error_code& error, Tcp::socket socket) {
                if (error == asio::error::operation_aborted) return;
                if (error) {
                    // Out of descriptors, most likely: what is open goes on, and some will end.
                    LOG(warning, "accept.failed", {"error", error.message()});
                    listener.pause.expires_after(accept_pause);
                    listener.pause.async_wait([this, &listener](const auto& cancelled) {
                        if (!cancelled) accept(listener);
                    });
                    return;
                }
                welcome(listener, thread, std::move(socket));
                accept(listener);
            });
    }

    void welcome(const Listener& listener, IoThread& thread, Tcp::socket socket) {
        size_t open = 0;
        for (const auto& each : threads) open += each->connection_count();
        boost::system::error_code error;
        socket.non_blocking(true, error);
        if (error || open >= options.http.connections_max) {
            probe->connection_refused();
            return;
        }
        const auto remote = socket.remote_endpoint(error);
        std::string peer = error ? "" : remote.address().to_string();
        // Connections wait in their own way: see Readiness.
        Descriptor descriptor(socket.release());
        set_socket_options(descriptor.number());
        auto transport = listener.address.tls ? options.tls->make_transport(descriptor.number())
                                              : make_plain_transport(descriptor.number());
        if (!transport) return;
        const auto setup = std::make_shared<ConnectionSetup>(
            ConnectionSetup{std::move(descriptor), std::move(transport), listener.address.dialects,
                            std::move(peer)});
        asio::dispatch(thread.context(), [&thread, setup] { thread.adopt(std::move(*setup)); });
    }

    void stop() {
        if (!started) return;
        started = false;
        node->begin_stop();
        asio::post(threads.front()->context(), [this] {
            for (auto& listener : listeners) {
                boost::system::error_code ignored;
                listener->acceptor.close(ignored);
                listener->pause.cancel();
            }
        });
        // While the cores still take reports.
        if (dispatch) dispatch->finish(std::min(options.stop_timeout, dispatch_patience));
        for (size_t i = 0; i < cores.size(); ++i) {
            Partition& partition = *node->partitions()[i];
            cores[i]->call([&partition] {
                while (partition.run_batch()) {
                }
                partition.stop();
            });
        }
        // Behind the answers that the cores have just handed out.
        for (auto& thread : threads) {
            thread->post([&thread] { thread->finish_connections(); });
        }
        wait_for_connections();
        for (auto& core : cores) core->stop();
        if (dispatch) dispatch->stop();
        for (auto& thread : threads) thread->stop();
        for (auto& thread : threads) thread->join();
    }

    void wait_for_connections() {
        const auto deadline = std::chrono::steady_clock::now() + options.stop_timeout;
        for (;;) {
            size_t open = 0;
            for (const auto& thread : threads) open += thread->connection_count();
            if (open == 0 || std::chrono::steady_clock::now() > deadline) return;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

    ServerOptions options;
    Node* node = nullptr;
    HttpProbe* probe = nullptr;
    std::vector<std::unique_ptr<IoThread>> threads;
    std::unique_ptr<DispatchThread> dispatch;
    std::vector<std::unique_ptr<Dealer>> dealers;
    std::vector<std::unique_ptr<CoreLoop>> cores;
    std::vector<std::unique_ptr<Listener>> listeners;
    size_t next_thread = 0;
    bool started = false;
};

Server::Server(ServerOptions options)
    : implementation_(std::make_unique<Implementation>(std::move(options))) {}

Server::~Server() {
    stop();
}

Server::Core Server::add_core() {
    return implementation_->add_core();
}

const Couriers* Server::couriers() const {
    return implementation_->dispatch ? &implementation_->dispatch->couriers() : nullptr;
}

Result<void> Server::start(Node& node, const Router& router, HttpProbe& probe, uint64_t seed) {
    return implementation_->start(node, router, probe, seed);
}

std::vector<ListenAddress> Server::addresses() const {
    std::vector<ListenAddress> addresses;
    for (const auto& listener : implementation_->listeners) addresses.push_back(listener->address);
    return addresses;
}

void Server::stop() {
    implementation_->stop();
}

}  // namespace signalbox
