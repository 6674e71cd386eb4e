#include "channel.h"

#include <algorithm>
#include <mutex>

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include "problems.h"

namespace signalbox::client {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t body_bytes_max = 64u << 20;
constexpr Duration poll_max = std::chrono::minutes(1);

// Once a process; its counterpart is left out because other users of libcurl may go on longer.
void start_curl() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

struct UrlDeleter {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct EasyDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using FieldList = std::unique_ptr<curl_slist, ListDeleter>;

void append(FieldList& list, const std::string& field) {
    curl_slist* longer = curl_slist_append(list.get(), field.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    (void)list.release();
    list.reset(longer);
}

// A value with a line break in it would begin a field of its own.
bool is_one_line(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool is_http_url(const std::string& text) {
    const std::unique_ptr<CURLU, UrlDeleter> url(curl_url());
    if (!text.starts_with("http://") && !text.starts_with("https://")) return false;
    return curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK;
}

bool is_permanent(CURLcode code) {
    switch (code) {
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ENGINE_NOTFOUND:
        case CURLE_USE_SSL_FAILED: return true;
        default: return false;
    }
}

bool is_before_arrival(CURLcode code) {
    return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
           code == CURLE_COULDNT_CONNECT || code == CURLE_SSL_CONNECT_ERROR;
}

}  // namespace

struct Channel::Handles {
    std::unique_ptr<CURLM, MultiDeleter> multi{curl_multi_init()};
    std::unique_ptr<CURL, EasyDeleter> easy{curl_easy_init()};
    char error[CURL_ERROR_SIZE] = {};
    std::string received;  // not handed on yet
    bool too_large = false;
    int times_sent = 0;
    Clock::time_point heard_at;

    // The answer is the list of fields, which must live as long as the transfer.
    Result<FieldList> set_request(const HttpCall& call, const Options& options);

    static size_t take(char* bytes, size_t /*always one*/, size_t count, void* self) {
        auto& handles = *static_cast<Handles*>(self);
        handles.heard_at = Clock::now();
        if (handles.received.size() + count > body_bytes_max) {
            handles.too_large = true;
            return 0;
        }
        handles.received.append(bytes, count);
        return count;
    }

    // libcurl repeats a request by itself when a kept connection breaks under it, although the
    // server may have seen it. Whether that is right is known further up.
    static int before_sending(void* self, char* /*to*/, char* /*from*/, int /*to_port*/,
                              int /*from_port*/) {
        const bool is_first = ++static_cast<Handles*>(self)->times_sent == 1;
        return is_first ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
    }

    [[nodiscard]] int status() const {
        long status = 0;
        curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
        return static_cast<int>(status);
    }
    [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const {
        curl_off_t seconds = 0;
        curl_easy_getinfo(easy.get(), CURLINFO_RETRY_AFTER, &seconds);
        if (seconds <= 0) return std::nullopt;
        return std::chrono::seconds(seconds);
    }
    [[nodiscard]] std::string field(const std::string& name) const {
        curl_header* found = nullptr;
        if (name.empty() ||
            curl_easy_header(easy.get(), name.c_str(), 0, CURLH_HEADER, -1, &found) != CURLHE_OK) {
            return {};
        }
        return found->value;
    }
};

namespace {

// TLS writes raise SIGPIPE when the server has gone, which would end a process that never asked
// for it; and how a process treats its signals is not for a library to say. So it is blocked
// for this thread meanwhile, and taken back when it came.
class BrokenPipeGuard {
public:
    BrokenPipeGuard() {
        sigset_t pending;
        sigpending(&pending);
        was_pending_ = sigismember(&pending, SIGPIPE) == 1;
        sigemptyset(&only_);
        sigaddset(&only_, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &only_, &before_);
    }
    ~BrokenPipeGuard() {
        constexpr timespec at_once{};
        if (!was_pending_) sigtimedwait(&only_, nullptr, &at_once);
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    BrokenPipeGuard(const BrokenPipeGuard&) = delete;
    BrokenPipeGuard& operator=(const BrokenPipeGuard&) = delete;

private:
    sigset_t only_{};
    sigset_t before_{};
    bool was_pending_ = false;
};

// The request in the multi handle, for as long as it is under way.
class Transfer {
public:
    explicit Transfer(Channel::Handles& handles) : handles_(handles) {
        curl_multi_add_handle(handles_.multi.get(), handles_.easy.get());
    }
    ~Transfer() {
        const BrokenPipeGuard guard;
        curl_multi_remove_handle(handles_.multi.get(), handles_.easy.get());
    }
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    // Moves bytes; the code when the transfer is over.
    std::optional<CURLcode> move_on() {
        const BrokenPipeGuard guard;
        int running = 0;
        curl_multi_perform(handles_.multi.get(), &running);
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(handles_.multi.get(), &left)) {
            if (message->msg == CURLMSG_DONE) return message->data.result;
        }
        return std::nullopt;
    }
    void wait_until(Clock::time_point until) {
        const auto left = std::chrono::ceil<Duration>(until - Clock::now());
        const auto timeout = std::clamp(left, Duration::zero(), poll_max);
        curl_multi_poll(handles_.multi.get(), nullptr, 0, static_cast<int>(timeout.count()),
                        nullptr);
    }

private:
    Channel::Handles& handles_;
};

// The request may have arrived, but no answer has.
tl::unexpected<Channel::Failure> unreachable(const std::string& url, const std::string& why) {
    return tl::unexpected(Channel::Failure{
        local_problem("unreachable", "cannot reach " + url + ": " + why), true, true});
}

tl::unexpected<Channel::Failure> failure_of(CURLcode code, const Channel::Handles& handles,
                                            const std::string& url) {
    if (handles.too_large) {
        return tl::unexpected(Channel::Failure{
            unexpected_answer(handles.status(), "the server's answer is too large"), false, true});
    }
    std::string why = handles.error[0] != '\0' ? handles.error : curl_easy_strerror(code);
    if (code == CURLE_ABORTED_BY_CALLBACK) why = "the connection broke";
    auto failure = unreachable(url, why);
    failure.value().may_pass = !is_permanent(code);
    failure.value().arrived = !is_before_arrival(code);
    return failure;
}

// A program that the process starts must not inherit the connection, and keep it open.
curl_socket_t open_socket(void* /*nothing*/, curlsocktype /*purpose*/, curl_sockaddr* address) {
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void set_connection_options(CURL* easy, const Options& options) {
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    // Names of lines may be "." or "..", which libcurl would otherwise resolve.
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, options.proxy.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(options.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "signalbox-client");
    if (!options.ca_file.empty()) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
    }
}

}  // namespace

Channel::Channel(const Options& options) : options_(options) {
    start_curl();
    handles_ = std::make_unique<Handles>();
    if (!handles_->multi || !handles_->easy) throw std::bad_alloc();
}

Channel::~Channel() {
    const BrokenPipeGuard guard;
    handles_.reset();
}

tl::expected<HttpAnswer, Channel::Failure> Channel::call(const HttpCall& call,
                                                         const HttpBounds& bounds) {
    return stream(call, bounds, nullptr);
}

Result<FieldList> Channel::Handles::set_request(const HttpCall& call, const Options& options) {
    if (!is_http_url(options.url)) {
        return tl::unexpected(local_problem(
            "invalid_argument", "url " + options.url + " is not an http or https URL", "url"));
    }
    FieldList fields;
    for (const auto& field : call.fields) {
        if (!is_one_line(field)) {
            const auto name = field.substr(0, field.find(':'));
            return tl::unexpected(
                local_problem("invalid_argument", name + " must not have line breaks", name));
        }
        append(fields, field);
    }
    // A 100-continue round trip is never worth it here.
    append(fields, "Expect:");
    const std::string url = options.url + call.target;
    curl_easy_reset(easy.get());
    set_connection_options(easy.get(), options);
    curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &Handles::take);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy.get(), CURLOPT_PREREQFUNCTION, &Handles::before_sending);
    curl_easy_setopt(easy.get(), CURLOPT_PREREQDATA, this);
    const bool has_body = call.method != "GET" && call.method != "DELETE";
    if (has_body) {
        append(fields, "Content-Type: " + call.content_type);
        curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE_LARGE,
                         static_cast<curl_off_t>(call.body.size()));
        curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, call.body.data());
    }
    curl_easy_setopt(easy.get(), CURLOPT_CUSTOMREQUEST, call.method.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, fields.get());
    error[0] = '\0';
    received.clear();
    too_large = false;
    times_sent = 0;
    heard_at = Clock::now();
    return fields;
}

tl::expected<HttpAnswer, Channel::Failure> Channel::stream(const HttpCall& call,
                                                           const HttpBounds& bounds,
                                                           const OnBytes& on_bytes) {
    const auto fields = handles_->set_request(call, options_);
    if (!fields) return tl::unexpected(Failure{fields.error(), false, false});
    Transfer transfer(*handles_);
    const std::stop_callback wake(bounds.stop,
                                  [this] { curl_multi_wakeup(handles_->multi.get()); });
    for (;;) {
        const auto code = transfer.move_on();
        const bool streams = on_bytes && handles_->status() / 100 == 2;
        bool handed_on = false;
        if (streams && !handles_->received.empty()) {
            std::string bytes;
            bytes.swap(handles_->received);
            if (!on_bytes(bytes)) return HttpAnswer{handles_->status(), {}, {}, {}};
            handed_on = true;
        }
        if (code) {
            if (*code != CURLE_OK) return failure_of(*code, *handles_, options_.url);
            return HttpAnswer{handles_->status(), std::move(handles_->received),
                              handles_->retry_after(), handles_->field(call.wanted_field)};
        }
        if (bounds.stop.stop_requested()) {
            return tl::unexpected(Failure{cancelled(), false, true});
        }
        // Whatever on_bytes took its time for, there may be more to read by now.
        auto until = bounds.deadline;
        if (bounds.quiet_max.count() > 0 && !handed_on) {
            until = std::min(until, handles_->heard_at + bounds.quiet_max);
        }
        if (Clock::now() >= until) {
            return unreachable(options_.url, "no answer within the time limit");
        }
        if (!handed_on) transfer.wait_until(until);
    }
}

}  // namespace signalbox::client
