#include "net/curl_client.h"

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <unordered_map>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/assert.h"

namespace signalbox {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;

constexpr long connections_kept_max = 16;

void start_libcurl() {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    ASSERT(started == CURLE_OK);
}

struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;

std::string_view trim(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// One request under way.
struct Transfer {
    CURL* easy = nullptr;
    OutgoingRequest request;
    HttpClient::Then then;
    List fields;
    IncomingResponse response;
    size_t received = 0;
    bool is_too_large = false;

    // libcurl takes any other number than `size` for a failure.
    size_t take(size_t size) {
        received += size;
        is_too_large = received > request.response_bytes_max;
        return is_too_large ? 0 : size;
    }
};

size_t on_body(char* bytes, size_t size, size_t count, void* data) {
    auto& transfer = *static_cast<Transfer*>(data);
    const size_t taken = transfer.take(size * count);
    transfer.response.body.append(bytes, taken);
    return taken;
}

size_t on_field(char* bytes, size_t size, size_t count, void* data) {
    auto& transfer = *static_cast<Transfer*>(data);
    const std::string_view line(bytes, size * count);
    // A new head: what came before was an interim answer.
    if (line.starts_with("HTTP/")) transfer.response.fields.clear();
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos) {
        transfer.response.fields.emplace_back(trim(line.substr(0, colon)),
                                              trim(line.substr(colon + 1)));
    }
    return transfer.take(line.size()) == line.size() ? line.size() : 0;
}

}  // namespace

// Handlers of the context may be run after the client has gone, so they keep this.
class CurlClient::Implementation : public std::enable_shared_from_this<Implementation> {
public:
    explicit Implementation(asio::io_context& context) : context_(context), timer_(context) {}

    void open() {
        start_libcurl();
        multi_ = curl_multi_init();
        ASSERT(multi_ != nullptr);
        curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Implementation::on_socket);
        curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
        curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Implementation::on_timer);
        curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
        curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, connections_kept_max);
    }

    void close() {
        closed_ = true;
        timer_.cancel();
        for (auto& [easy, transfer] : transfers_) {
            curl_multi_remove_handle(multi_, easy);
            curl_easy_cleanup(easy);
        }
        transfers_.clear();
        curl_multi_cleanup(multi_);
        for (auto& [number, socket] : sockets_) socket->descriptor.release();
        sockets_.clear();
    }

    void send(OutgoingRequest request, Then then) {
        auto transfer = std::make_unique<Transfer>();
        CURL* const easy = curl_easy_init();
        ASSERT(easy != nullptr);
        transfer->easy = easy;
        transfer->request = std::move(request);
        transfer->then = std::move(then);
        prepare(*transfer);
        transfers_.emplace(easy, std::move(transfer));
        // Not at once: `then` must not be called before this returns.
        asio::post(context_, [self = shared_from_this(), easy] {
            if (self->closed_ || !self->transfers_.contains(easy)) return;
            const auto added = curl_multi_add_handle(self->multi_, easy);
            ASSERT(added == CURLM_OK);
        });
    }

private:
    // A socket of libcurl's, which closes it; here it is only waited for.
    struct Socket {
        Socket(asio::io_context& context, curl_socket_t number) : descriptor(context, number) {}
        Descriptor descriptor;
        int wanted = 0;  // CURL_POLL_...
        bool reading = false;
        bool writing = false;
    };
    using SocketPtr = std::shared_ptr<Socket>;

    static void prepare(Transfer& transfer) {
        CURL* const easy = transfer.easy;
        const auto& request = transfer.request;
        curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
        curl_easy_setopt(easy, CURLOPT_USERAGENT, "signalbox");
        if (!request.body.empty() || request.method == "POST") {
            curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                             static_cast<curl_off_t>(request.body.size()));
            curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
        }
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
        if (!request.verifies_peer) {
            curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
            curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
        }
        if (request.method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        // It would wait for a "100 Continue" that many servers never send.
        curl_slist* list = curl_slist_append(nullptr, "Expect:");
        for (const auto& [name, value] : request.fields) {
            const auto line = value.empty() ? name + ";" : name + ": " + value;
            list = curl_slist_append(list, line.c_str());
        }
        transfer.fields.reset(list);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_field);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
    }

    static int on_socket(CURL* /*easy*/, curl_socket_t number, int wanted, void* data,
                         void* /*of_socket*/) {
        static_cast<Implementation*>(data)->watch(number, wanted);
        return 0;
    }
    static int on_timer(CURLM* /*multi*/, long timeout_ms, void* data) {
        static_cast<Implementation*>(data)->schedule(timeout_ms);
        return 0;
    }

    void watch(curl_socket_t number, int wanted) {
        const auto found = sockets_.find(number);
        if (wanted == CURL_POLL_REMOVE) {
            if (found == sockets_.end()) return;
            found->second->wanted = 0;
            found->second->descriptor.release();
            sockets_.erase(found);
            return;
        }
        const auto socket =
            found != sockets_.end()
                ? found->second
                : sockets_.emplace(number, std::make_shared<Socket>(context_, number))
                      .first->second;
        socket->wanted = wanted;
        wait_for(number, socket);
    }

    void wait_for(curl_socket_t number, const SocketPtr& socket) {
        const auto wait = [&](Descriptor::wait_type what, int event, bool& is_waiting) {
            is_waiting = true;
            socket->descriptor.async_wait(
                what, [self = shared_from_this(), number, socket, event,
                       &is_waiting](const boost::system::error_code& error) {
                    is_waiting = false;
                    if (error || self->closed_ || !self->is_open(number, socket)) return;
                    self->act(number, event);
                    if (!self->closed_ && self->is_open(number, socket)) {
                        self->wait_for(number, socket);
                    }
                });
        };
        const bool reads = (socket->wanted & CURL_POLL_IN) != 0;
        const bool writes = (socket->wanted & CURL_POLL_OUT) != 0;
        if (reads && !socket->reading) {
            wait(Descriptor::wait_read, CURL_CSELECT_IN, socket->reading);
        }
        if (writes && !socket->writing) {
            wait(Descriptor::wait_write, CURL_CSELECT_OUT, socket->writing);
        }
    }

    [[nodiscard]] bool is_open(curl_socket_t number, const SocketPtr& socket) const {
        const auto found = sockets_.find(number);
        return found != sockets_.end() && found->second == socket;
    }

    void schedule(long timeout_ms) {
        timer_.cancel();
        if (timeout_ms < 0 || closed_) return;
        timer_.expires_after(std::chrono::milliseconds(timeout_ms));
        timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (!error && !self->closed_) self->act(CURL_SOCKET_TIMEOUT, 0);
        });
    }

    void act(curl_socket_t number, int events) {
        const auto self = shared_from_this();  // whoever is told may destroy the client
        int running = 0;
        curl_multi_socket_action(multi_, number, events, &running);
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
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_multi_remove_handle(multi_, easy);
        curl_easy_cleanup(easy);
        transfer->response.status = static_cast<uint16_t>(std::clamp<long>(status, 0, 999));
        if (transfer->is_too_large) {
            return transfer->then(fail(ErrorCode::unavailable, "its answer is too large"));
        }
        if (code != CURLE_OK) {
            return transfer->then(fail(ErrorCode::unavailable, curl_easy_strerror(code)));
        }
        transfer->then(std::move(transfer->response));
    }

    asio::io_context& context_;
    asio::steady_timer timer_;
    CURLM* multi_ = nullptr;
    std::map<CURL*, std::unique_ptr<Transfer>> transfers_;
    std::unordered_map<curl_socket_t, SocketPtr> sockets_;
    bool closed_ = false;
};

CurlClient::CurlClient(asio::io_context& context)
    : implementation_(std::make_shared<Implementation>(context)) {
    implementation_->open();
}

CurlClient::~CurlClient() {
    implementation_->close();
}

void CurlClient::send(OutgoingRequest request, Then then) {
    implementation_->send(std::move(request), std::move(then));
}

}  // namespace signalbox
