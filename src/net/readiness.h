#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <functional>

namespace signalbox {

// Tells connections when their sockets are ready: one epoll of an io thread, which the thread's
// io_context waits for as one descriptor. Asio's own wait costs a call of epoll_ctl each time; here
// what a connection waits for stays set until it changes, and all that are ready at once cost two
// calls. Its io thread only.
class Readiness {
public:
    // What somebody waits for. That the peer has gone is always told, as both.
    struct Interest {
        bool read = false;
        bool write = false;
        bool operator==(const Interest&) const = default;
    };
    class Watched {
    public:
        virtual ~Watched() = default;
        virtual void ready(Interest what) = 0;
    };

    explicit Readiness(boost::asio::io_context& context);

    // All that are ready at once are told within one call of `turn`, which is given the telling.
    using Turn = std::function<void(const std::function<void()>& tell)>;
    void start(Turn turn);
    void stop();
    // Tells what is ready already, within a turn. False when nothing was.
    bool tell();

    // False when the system allows no more. `watched` outlives the turn in which it is forgotten.
    [[nodiscard]] bool watch(int descriptor, Watched& watched, Interest interest);
    void change(int descriptor, Watched& watched, Interest interest);
    void forget(int descriptor);

private:
    void wait();

    boost::asio::posix::stream_descriptor epoll_;
    Turn turn_;
};

}  // namespace signalbox
