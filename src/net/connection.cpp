#include "net/connection.h"

#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/socket.h>

#include "net/io_thread.h"

namespace signalbox {
namespace {

// A busy peer gets no more than this many reads in a row.
constexpr int reads_in_a_row_max = 4;
constexpr size_t pieces_per_write = 64;
// Enough for any client that would have kept to its word, and not worth an attack.
constexpr Duration linger_max = std::chrono::seconds(10);
constexpr size_t discarded_bytes_max = 64u << 20;

}  // namespace

Connection::Connection(IoThread& thread, ConnectionSetup setup)
    : thread_(thread),
      socket_(std::move(setup.socket)),
      transport_(std::move(setup.transport)),
      session_(thread.frontend(), *this, setup.dialects, std::move(setup.peer)) {
    thread_.frontend().probe().connection_opened();
}

Connection::~Connection() {
    thread_.frontend().probe().connection_closed();
}

bool Connection::start() {
    wait_readable();
    watched_for_ = waits_for_;
    return thread_.readiness().watch(socket_.number(), *this, watched_for_);
}

void Connection::session_changed() {
    if (!is_open_ || is_dirty) return;
    // During the session's own construction nobody owns this yet.
    if (auto self = weak_from_this().lock()) thread_.mark_dirty(std::move(self));
}

void Connection::watch() {
    if (!is_open_ || waits_for_ == watched_for_) return;
    watched_for_ = waits_for_;
    thread_.readiness().change(socket_.number(), *this, watched_for_);
}

void Connection::ready(Readiness::Interest what) {
    if (!is_open_) return;
    // What nobody waits for is told only when the connection is over.
    if (watched_for_ == Readiness::Interest()) return close();
    const bool reads = what.read && waits_for_.read;
    const bool writes = what.write && waits_for_.write;
    if (reads) waits_for_.read = false;
    if (writes) waits_for_.write = false;
    if (reads && lingers_until_) {
        discard();
    } else if (reads || (writes && read_wants_write_)) {
        read_wants_write_ = false;
        read();
    }
    if (writes) flush();
    watch();
}

void Connection::read() {
    const auto buffer = thread_.read_buffer();
    for (int i = 0; i < reads_in_a_row_max && is_open_; ++i) {
        if (!session_.wants_input()) return session_changed();
        const auto result = transport_->read(buffer);
        switch (result.status) {
            case IoStatus::done:
                session_.receive({buffer.data(), result.bytes});
                // A short read has emptied the socket.
                if (result.bytes < buffer.size()) return wait_readable();
                break;
            case IoStatus::want_read: return wait_readable();
            case IoStatus::want_write: read_wants_write_ = true; return wait_writable();
            case IoStatus::closed: return session_.receive_end();
            case IoStatus::failed: return close();
        }
    }
    // More to read, but it is others' turn now.
    wait_readable();
}

bool Connection::write() {
    std::array<iovec, pieces_per_write> pieces{};
    while (session_.backlog() > 0) {
        const size_t count = session_.gather(pieces);
        const auto result = transport_->write(std::span(pieces).first(count));
        switch (result.status) {
            case IoStatus::done: session_.sent(result.bytes); break;
            case IoStatus::want_write: wait_writable(); return false;
            case IoStatus::want_read: wait_readable(); return false;
            case IoStatus::closed:
            case IoStatus::failed: close(); return false;
        }
    }
    return true;
}

void Connection::flush() {
    if (!is_open_) return;
    if (write()) {
        if (session_.is_finished()) {
            if (!session_.was_refused() || session_.has_input_ended()) return close();
            linger();
        } else if (session_.wants_input()) {
            wait_readable();
        }
    }
    watch();
}

void Connection::linger() {
    if (lingers_until_) return;
    lingers_until_ = thread_.frontend().now().steady + linger_max;
    transport_->shut_down();
    ::shutdown(socket_.number(), SHUT_WR);
    wait_readable();
}

// Beneath TLS: nobody wants to know what it was.
void Connection::discard() {
    const auto buffer = thread_.read_buffer();
    for (int i = 0; i < reads_in_a_row_max; ++i) {
        const ssize_t count = ::recv(socket_.number(), buffer.data(), buffer.size(), 0);
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) break;
        if (count <= 0) return close();
        discarded_bytes_ += static_cast<size_t>(count);
        if (discarded_bytes_ > discarded_bytes_max) return close();
    }
    wait_readable();
}

void Connection::finish_soon() {
    if (lingers_until_) return close();
    session_.finish_soon();
}

bool Connection::tick(SteadyInstant now) {
    if (lingers_until_) return now > *lingers_until_;
    return session_.is_overdue(now) || (!waits_for_.read && has_hung_up());
}

// What is not read is not told of its end either. This asks for the end without reading up to it.
bool Connection::has_hung_up() {
    pollfd asked{socket_.number(), POLLRDHUP, 0};
    if (::poll(&asked, 1, 0) <= 0) return false;
    if ((asked.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) return true;
    // What has not been read yet stands behind a request that would still be held.
    if (session_.holds_requests()) session_.receive_end();
    return false;
}

void Connection::close() {
    if (!is_open_) return;
    is_open_ = false;
    const auto self = shared_from_this();
    session_.close();
    transport_->shut_down();
    thread_.readiness().forget(socket_.number());
    socket_.close();
    thread_.forget(self);
}

}  // namespace signalbox
