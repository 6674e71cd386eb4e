#pragma once

#include <memory>
#include <optional>
#include <string>

#include "dialect/http_session.h"
#include "net/descriptor.h"
#include "net/readiness.h"
#include "net/transport.h"

namespace signalbox {

class IoThread;

struct ConnectionSetup {
    Descriptor socket;
    std::unique_ptr<Transport> transport;  // on that socket
    DialectSet dialects;
    std::string peer;  // its address, without port
};

// A socket and the session that it carries bytes for. It waits for readiness only; reading and
// writing are its own, so that an idle connection holds no buffer. Lives as long as its thread
// keeps it. Its io thread only.
//
// A request that is refused ends the connection while its client may still be sending. Closing
// then would reset the connection, and the client would lose the answer that says why; so the
// connection lingers: its writing side is shut, and what comes is thrown away until the client
// ends its side too, within a bounded time and amount.
class Connection : public std::enable_shared_from_this<Connection>,
                   private HttpSession::Host,
                   private Readiness::Watched {
public:
    Connection(IoThread& thread, ConnectionSetup setup);
    ~Connection() override;

    // False when the system cannot watch one more socket.
    [[nodiscard]] bool start();
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
    void ready(Readiness::Interest what) override;
    void wait_readable() { waits_for_.read = true; }
    void wait_writable() { waits_for_.write = true; }
    // Tells the thread what is waited for, if that has changed.
    void watch();
    void read();
    bool has_hung_up();
    void linger();
    void discard();
    // False when the socket takes no more for now.
    bool write();

    IoThread& thread_;
    Descriptor socket_;
    std::unique_ptr<Transport> transport_;
    HttpSession session_;
    bool is_open_ = true;
    Readiness::Interest waits_for_;
    Readiness::Interest watched_for_;
    bool read_wants_write_ = false;  // TLS: reading goes on when the socket is writable
    std::optional<SteadyInstant> lingers_until_;
    size_t discarded_bytes_ = 0;
};

}  // namespace signalbox
