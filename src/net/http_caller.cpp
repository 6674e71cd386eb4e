#include "net/http_caller.h"

#include <curl/curl.h>

#include "base/assert.h"

namespace signalbox {
namespace {

// While nothing happens, look this often whether to stop; a stop wakes it besides.
constexpr int poll_ms = 1000;

struct EasyDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

struct Transfer {
    IncomingResponse response;
    size_t bytes_max = 0;
    size_t received = 0;

    // libcurl takes any other number than `size` for a failure.
    size_t take(size_t size) {
        received += size;
        return received > bytes_max ? 0 : size;
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
    transfer.response.take_head_line(line);
    return transfer.take(line.size());
}

}  // namespace

class HttpCaller::Implementation {
public:
    explicit Implementation(std::string ca_file) : ca_file_(std::move(ca_file)) {
        static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
        ASSERT(started == CURLE_OK);
        multi_.reset(curl_multi_init());
        easy_.reset(curl_easy_init());
        ASSERT(multi_ && easy_);
    }

    Result<IncomingResponse> call(const OutgoingRequest& request, const std::stop_token& stop) {
        Transfer transfer;
        transfer.bytes_max = request.response_bytes_max;
        const auto fields = prepare(request, transfer);
        const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi_.get()); });
        curl_multi_add_handle(multi_.get(), easy_.get());
        const CURLcode code = run(stop);
        curl_multi_remove_handle(multi_.get(), easy_.get());
        if (stop.stop_requested()) return fail(ErrorCode::unavailable, "it was given up");
        if (code != CURLE_OK) return fail(ErrorCode::unavailable, curl_easy_strerror(code));
        long status = 0;
        curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
        transfer.response.status = static_cast<uint16_t>(status);
        return std::move(transfer.response);
    }

private:
    using List = std::unique_ptr<curl_slist, ListDeleter>;

    List prepare(const OutgoingRequest& request, Transfer& transfer) {
        CURL* const easy = easy_.get();
        // The connection stays.
        curl_easy_reset(easy);
        curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        // Giving up does not wait for a name server that does not answer.
        curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
        curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
        curl_easy_setopt(easy, CURLOPT_USERAGENT, "signalbox");
        if (!ca_file_.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file_.c_str());
        if (request.method != "GET") {
            curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                             static_cast<curl_off_t>(request.body.size()));
            curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request.body.c_str());
        }
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
        List list(curl_slist_append(nullptr, "Expect:"));
        for (const auto& [name, value] : request.fields) {
            list.reset(curl_slist_append(list.release(), (name + ": " + value).c_str()));
        }
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list.get());
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_field);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
        return list;
    }

    CURLcode run(const std::stop_token& stop) {
        int running = 1;
        while (!stop.stop_requested()) {
            curl_multi_perform(multi_.get(), &running);
            int left = 0;
            while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left)) {
                if (message->msg == CURLMSG_DONE) return message->data.result;
            }
            curl_multi_poll(multi_.get(), nullptr, 0, poll_ms, nullptr);
        }
        return CURLE_ABORTED_BY_CALLBACK;
    }

    const std::string ca_file_;
    std::unique_ptr<CURLM, MultiDeleter> multi_;
    std::unique_ptr<CURL, EasyDeleter> easy_;
};

HttpCaller::HttpCaller(std::string ca_file)
    : implementation_(std::make_unique<Implementation>(std::move(ca_file))) {}

HttpCaller::~HttpCaller() = default;

Result<IncomingResponse> HttpCaller::call(const OutgoingRequest& request,
                                          const std::stop_token& stop) {
    return implementation_->call(request, stop);
}

}  // namespace signalbox
