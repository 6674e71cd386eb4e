#include "net/curl_loop.h"

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <unordered_map>
#include <vector>

#include <sys/epoll.h>
#include <unistd.h>

#include "base/assert.h"

namespace signalbox {
namespace {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;

constexpr int events_per_turn = 256;
// Handles without a transfer. Each has buffers.
constexpr size_t handles_kept_max = 256;

void start_libcurl() {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    ASSERT(started == CURLE_OK);
}

}  // namespace

// Handlers of the context may be run after the loop has gone, so they keep this.
class CurlLoop::Implementation : public std::enable_shared_from_this<Implementation> {
public:
    Implementation(asio::io_context& context, Options options)
        : context_(context),
          options_(options),
          epoll_(context, ::epoll_create1(EPOLL_CLOEXEC)),
          timer_(context) {}

    void open() {
        start_libcurl();
        multi_ = curl_multi_init();
        ASSERT(multi_ != nullptr);
        curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Implementation::on_interest);
        curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
        curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Implementation::on_timer);
        curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
        curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, options_.connections_kept_max);
        wait();
    }

    void close() {
        closed_ = true;
        timer_.cancel();
        boost::system::error_code ignored;
        epoll_.cancel(ignored);
        for (auto& [easy, transfer] : transfers_) {
            curl_multi_remove_handle(multi_, easy);
            curl_easy_cleanup(easy);
        }
        transfers_.clear();
        for (CURL* const easy : free_) curl_easy_cleanup(easy);
        free_.clear();
        curl_multi_cleanup(multi_);
    }

    void start(std::unique_ptr<CurlTransfer> transfer) {
        CURL* const easy = take_handle();
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        // A name server that does not answer must hold up nobody but who asked it: without this,
        // giving up waits for the thread that asks.
        curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Implementation::on_open);
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, easy);
        curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &Implementation::on_close);
        curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
        curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
        transfer->prepare(easy);
        transfers_.emplace(easy, std::move(transfer));
        const auto added = curl_multi_add_handle(multi_, easy);
        ASSERT(added == CURLM_OK);
        if (is_pumping_ || pump_is_due_) return;
        pump_is_due_ = true;
        asio::post(context_, [self = shared_from_this()] {
            self->pump_is_due_ = false;
            self->pump();
        });
    }

private:
    struct Socket {
        bool is_connection = false;  // of libcurl's connections, whose end it tells
        uint32_t wanted = 0;         // EPOLL...
        uint32_t watched = 0;        // what the epoll has, 0: nothing
    };

    static int on_interest(CURL* /*easy*/, curl_socket_t number, int wanted, void* data,
                           void* /*of_socket*/) {
        static_cast<Implementation*>(data)->want(number, wanted);
        return 0;
    }
    static int on_timer(CURLM* /*multi*/, long timeout_ms, void* data) {
        static_cast<Implementation*>(data)->schedule(timeout_ms);
        return 0;
    }
    static curl_socket_t on_open(void* data, curlsocktype /*purpose*/, curl_sockaddr* address) {
        CURL* const easy = data;
        void* loop = nullptr;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &loop);
        return static_cast<Implementation*>(loop)->open_socket(easy, *address);
    }
    static int on_close(void* data, curl_socket_t number) {
        // The epoll forgets what is closed.
        static_cast<Implementation*>(data)->sockets_.erase(number);
        return ::close(number);
    }

    curl_socket_t open_socket(CURL* easy, const curl_sockaddr& address) {
        const auto found = transfers_.find(easy);
        if (found == transfers_.end() || !found->second->may_connect(address)) {
            return CURL_SOCKET_BAD;
        }
        const int number =
            ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
        if (number < 0) return CURL_SOCKET_BAD;
        sockets_[number].is_connection = true;
        return number;
    }

    void want(curl_socket_t number, int wanted) {
        Socket& socket = sockets_[number];
        if (wanted != CURL_POLL_REMOVE) {
            socket.wanted = ((wanted & CURL_POLL_IN) != 0 ? uint32_t{EPOLLIN} : 0u) |
                            ((wanted & CURL_POLL_OUT) != 0 ? uint32_t{EPOLLOUT} : 0u);
            return watch(number, socket, socket.wanted);
        }
        socket.wanted = 0;
        // A connection that waits for its next transfer is quiet, and that soon wants the same.
        if (socket.is_connection) return;
        watch(number, socket, 0);
        sockets_.erase(number);
    }

    void watch(curl_socket_t number, Socket& socket, uint32_t events) {
        if (socket.watched == events) return;
        const int operation = events == 0           ? EPOLL_CTL_DEL
                              : socket.watched == 0 ? EPOLL_CTL_ADD
                                                    : EPOLL_CTL_MOD;
        epoll_event event{};
        event.events = events;
        event.data.fd = number;
        const int done = ::epoll_ctl(epoll_.native_handle(), operation, number, &event);
        ASSERT(done == 0 || events == 0);
        socket.watched = events;
    }

    void wait() {
        epoll_.async_wait(asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                              if (error || self->closed_) return;
                              self->look();
                              if (!self->closed_) self->wait();
                          });
    }

    void look() {
        is_pumping_ = true;
        std::array<epoll_event, events_per_turn> events{};
        const int count = ::epoll_wait(epoll_.native_handle(), events.data(), events_per_turn, 0);
        for (int i = 0; i < count; ++i) {
            const auto& event = events[static_cast<size_t>(i)];
            const auto found = sockets_.find(event.data.fd);
            if (found == sockets_.end()) continue;
            if (found->second.wanted == 0) {
                // It was closed at the other end while it was kept; libcurl finds out when it
                // wants to use it.
                watch(found->first, found->second, 0);
                continue;
            }
            int what = (event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0;
            if ((event.events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
            if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) what |= CURL_CSELECT_ERR;
            int running = 0;
            curl_multi_socket_action(multi_, event.data.fd, what, &running);
        }
        is_pumping_ = false;
        pump();
    }

    void schedule(long timeout_ms) {
        due_at_.reset();
        if (timeout_ms < 0 || closed_) return;
        due_at_ = SteadyClock::now() + std::chrono::milliseconds(timeout_ms);
        is_due_ = timeout_ms == 0;
        if (!is_due_) set_timer();
    }

    // One that fires too early does no harm, so it is only ever moved forward.
    void set_timer() {
        if (armed_for_ && *armed_for_ <= *due_at_) return;
        armed_for_ = due_at_;
        timer_.expires_at(*due_at_);
        timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (error || self->closed_) return;
            self->armed_for_.reset();
            if (!self->due_at_) return;
            self->is_due_ = *self->due_at_ <= SteadyClock::now();
            self->is_due_ ? self->pump() : self->set_timer();
        });
    }

    // Does what is due, and tells who has an end, until there is neither.
    void pump() {
        const auto self = shared_from_this();  // whoever is told may destroy the loop
        is_pumping_ = true;
        do {
            if (std::exchange(is_due_, false)) {
                int running = 0;
                curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
            }
            tell();
        } while (!closed_ && is_due_);
        is_pumping_ = false;
    }

    void tell() {
        int left = 0;
        while (!closed_) {
            const CURLMsg* const message = curl_multi_info_read(multi_, &left);
            if (message == nullptr) return;
            if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result);
        }
    }

    void finish(CURL* easy, CURLcode code) {
        const auto found = transfers_.find(easy);
        ASSERT(found != transfers_.end());
        const auto transfer = std::move(found->second);
        transfers_.erase(found);
        curl_multi_remove_handle(multi_, easy);
        // Not among the free ones yet: it still has what the transfer needs to know.
        transfer->finished(easy, code);
        if (closed_ || free_.size() >= handles_kept_max) {
            curl_easy_cleanup(easy);
        } else {
            curl_easy_reset(easy);
            free_.push_back(easy);
        }
    }

    CURL* take_handle() {
        if (free_.empty()) {
            CURL* const made = curl_easy_init();
            ASSERT(made != nullptr);
            return made;
        }
        CURL* const easy = free_.back();
        free_.pop_back();
        return easy;
    }

    asio::io_context& context_;
    const Options options_;
    asio::posix::stream_descriptor epoll_;
    asio::steady_timer timer_;
    CURLM* multi_ = nullptr;
    std::unordered_map<CURL*, std::unique_ptr<CurlTransfer>> transfers_;
    std::unordered_map<curl_socket_t, Socket> sockets_;
    std::vector<CURL*> free_;
    std::optional<SteadyClock::time_point> due_at_;     // as libcurl wants it
    std::optional<SteadyClock::time_point> armed_for_;  // as the timer is set
    bool is_due_ = false;
    bool is_pumping_ = false;
    bool pump_is_due_ = false;
    bool closed_ = false;
};

CurlLoop::CurlLoop(asio::io_context& context, Options options)
    : implementation_(std::make_shared<Implementation>(context, options)) {
    implementation_->open();
}

CurlLoop::~CurlLoop() {
    implementation_->close();
}

void CurlLoop::start(std::unique_ptr<CurlTransfer> transfer) {
    implementation_->start(std::move(transfer));
}

}  // namespace signalbox
