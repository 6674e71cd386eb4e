#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>

#include "dialect/http_session.h"
#include "net/transport.h"

namespace signalbox {

class IoThread;

struct ConnectionSetup {
    DialectSet dialects;
    std::unique_ptr<Transport> transport;
};

// A socket and the session that it carries bytes for. It waits for readiness only; reading and
// writing are its own, so that an idle connection holds no buffer. Lives as long as something
// is waited for, or its thread keeps it. Its io thread only.
//
// A request that is refused ends the connection while its client may still be sending. Closing
// then would reset the connection, and the client would lose the answer that says why; so the
// connection lingers: its writing side is shut, and what comes is thrown away until the client
// ends its side too, within a bounded time and amount.
class Connection : public std::enable_shared_from_this<Connection>, private HttpSession::Host {
public:
    Connection(IoThread& thread, boost::asio::ip::tcp::socket socket, ConnectionSetup setup,
               std::string peer);
    ~Connection() override;

    void start();
    // Sends what is ready, then reads on or closes as the session wishes.
    void flush();
    void finish_soon();
    void close();
    // Called every second or so; true when the connection is over and to be closed. Notices a
    // client that goes while nothing is read from it.
    [[nodiscard]] bool tick(SteadyInstant now);

    bool is_dirty = false;

private:
    void session_changed() override;
    void wait_readable();
    void wait_writable();
    void read();
    bool has_hung_up();
    void linger();
    void discard();
    // False when the socket takes no more for now.
    bool write();

    IoThread& thread_;
    boost::asio::ip::tcp::socket socket_;
    std::unique_ptr<Transport> transport_;
    HttpSession session_;
    bool is_open_ = true;
    bool waits_readable_ = false;
    bool waits_writable_ = false;
    bool read_wants_write_ = false;  // TLS: reading goes on when the socket is writable
    std::optional<SteadyInstant> lingers_until_;
    size_t discarded_bytes_ = 0;
};

}  // namespace signalbox
