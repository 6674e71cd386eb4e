#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/limits.h"
#include "dialect/auth/authenticator.h"
#include "dialect/http_probe.h"
#include "dialect/router.h"
#include "net/core_loop.h"
#include "net/dispatch_thread.h"
#include "net/probe_options.h"
#include "net/tls.h"
#include "port/http_client.h"
#include "runtime/node.h"

namespace signalbox {

struct ListenAddress {
    std::string host;   // a name or an address
    uint16_t port = 0;  // 0: any free one
    DialectSet dialects;
    bool tls = false;

    // "127.0.0.1:7400", "[::1]:7400" or "triton=127.0.0.1:8080".
    static Result<ListenAddress> parse(std::string_view text);
    [[nodiscard]] bool is_loopback() const;
    [[nodiscard]] std::string text() const;  // host:port
};

struct ServerOptions {
    std::vector<ListenAddress> listen;
    size_t io_threads = 1;
    bool core_on_io_thread = true;  // needs io_threads == 1
    HttpLimits http;
    std::vector<std::string> origins;  // see Frontend::Setup
    std::vector<std::string> hosts;    // likewise
    std::shared_ptr<TlsContext> tls;
    ProbeOptions probes;
    Duration stop_timeout = std::chrono::seconds(10);  // for clients to take their answers
    // Called for each io thread; what it makes belongs to that thread, as `client` does. When
    // there is none, what requests say of their sender is believed.
    std::function<std::unique_ptr<Authenticator>(HttpClient& client)> make_authenticator;
    // How subscribers are told. When there is none, no effect is carried out.
    std::optional<DispatchOptions> dispatch;
    const Clock* clock = nullptr;  // of the node
};

// The threads and sockets of one server process. Opened and closed by the composition root:
//
//     Server server(options);
//     auto core = server.add_core();          // for each partition, which needs its sink
//     ...Partition::open(..., core.sink, core.wake)
//     server.start(node, router, ...);        // listens
//     server.stop();                          // answers what is held, then closes
class Server {
public:
    explicit Server(ServerOptions options);
    ~Server();

    struct Core {
        ReadySink& sink;
        std::function<void()> wake;
    };
    Core add_core();

    // Which subscribers can be told; null when none can. Constant.
    [[nodiscard]] const Couriers* couriers() const;

    // Binds and serves; the partitions of `node` in the order of add_core(). Fails with what is
    // wrong with an address, and names it.
    Result<void> start(Node& node, const Router& router, HttpProbe& probe, uint64_t seed);
    // Where it listens, with the ports that were chosen.
    [[nodiscard]] std::vector<ListenAddress> addresses() const;

    // Takes no new connection, lets what subscribers are being told come to an end, answers what
    // is parked, lets answers out, and ends every thread.
    void stop();

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace signalbox
