#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>

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
class Connection : public std::enable_shared_from_this<Connection>, private HttpSession::Host {
public:
    Connection(IoThread& thread, boost::asio::ip::tcp::socket socket, ConnectionSetup setup,
               std::string peer);
    ~Connection() override;

    void start();
    // Sends what is ready, then reads on or closes as the session wishes.
    void flush();
    void finish_soon() { session_.finish_soon(); }
    void close();
    [[nodiscard]] bool is_overdue(SteadyInstant now) const { return session_.is_overdue(now); }

    bool is_dirty = false;

private:
    void session_changed() override;
    void wait_readable();
    void wait_writable();
    void read();
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
};

}  // namespace signalbox
