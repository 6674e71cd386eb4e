#include "net/curl_client.h"

#include <algorithm>

#include <fmt/format.h>
#include <netinet/in.h>

namespace signalbox {
namespace {

struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;

std::optional<IpAddress> address_of(const sockaddr& address) {
    if (address.sa_family == AF_INET) {
        sockaddr_in four{};
        std::copy_n(reinterpret_cast<const char*>(&address), sizeof four,
                    reinterpret_cast<char*>(&four));
        std::array<uint8_t, 4> bytes{};
        std::copy_n(reinterpret_cast<const uint8_t*>(&four.sin_addr), bytes.size(), bytes.begin());
        return IpAddress::of_version_4(bytes);
    }
    if (address.sa_family == AF_INET6) {
        sockaddr_in6 six{};
        std::copy_n(reinterpret_cast<const char*>(&address), sizeof six,
                    reinterpret_cast<char*>(&six));
        IpAddress made;
        std::copy_n(six.sin6_addr.s6_addr, made.bytes.size(), made.bytes.begin());
        return made;
    }
    return std::nullopt;
}

// One request under way.
class HttpTransfer : public CurlTransfer {
public:
    HttpTransfer(const CurlClient::Options& options, OutgoingRequest request, HttpClient::Then then)
        : options_(options), request_(std::move(request)), then_(std::move(then)) {}

    void prepare(CURL* easy) override {
        curl_easy_setopt(easy, CURLOPT_URL, request_.url.c_str());
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
        // With version 2 many would share a connection, and what holds up one holds up all.
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request_.timeout.count()));
        if (request_.connect_timeout) {
            curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                             static_cast<long>(request_.connect_timeout->count()));
        }
        if (!options_.uses_proxy) curl_easy_setopt(easy, CURLOPT_PROXY, "");
        if (!options_.ca_file.empty()) {
            curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
        }
        if (!request_.verifies_peer) {
            curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
            curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
        }
        curl_easy_setopt(easy, CURLOPT_USERAGENT, "signalbox");
        if (!request_.body.empty() || request_.method == "POST") {
            curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                             static_cast<curl_off_t>(request_.body.size()));
            curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.c_str());
        }
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
        if (request_.method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        // It would wait for a "100 Continue" that many servers never send.
        curl_slist* list = curl_slist_append(nullptr, "Expect:");
        for (const auto& [name, value] : request_.fields) {
            const auto line = value.empty() ? name + ";" : name + ": " + value;
            list = curl_slist_append(list, line.c_str());
        }
        fields_.reset(list);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_field);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
    }

    bool may_connect(const curl_sockaddr& address) override {
        if (!options_.refuses) return true;
        const auto known = address_of(address.addr);
        const auto refusal = known ? options_.refuses(*known) : "not one of the internet";
        if (refusal) refusal_ = *refusal;
        was_tried_ = was_tried_ || !refusal;
        return !refusal;
    }

    void finished(CURL* easy, CURLcode code) override {
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        response_.status = static_cast<uint16_t>(std::clamp<long>(status, 0, 999));
        if (code == CURLE_OK || (!request_.wants_whole && is_head_whole_)) {
            return then_(std::move(response_));
        }
        then_(fail(ErrorCode::unavailable, what_happened(easy, code)));
    }

private:
    static size_t on_body(char* bytes, size_t size, size_t count, void* data) {
        auto& transfer = *static_cast<HttpTransfer*>(data);
        const size_t taken = transfer.take(size * count);
        transfer.response_.body.append(bytes, taken);
        return taken;
    }

    static size_t on_field(char* bytes, size_t size, size_t count, void* data) {
        auto& transfer = *static_cast<HttpTransfer*>(data);
        transfer.take_line({bytes, size * count});
        return transfer.take(size * count);
    }

    void take_line(std::string_view line) {
        if (line.starts_with("HTTP/")) is_interim_ = line.find(" 1") == line.find(' ');
        if (line.find_first_not_of("\r\n") == std::string_view::npos) is_head_whole_ = !is_interim_;
        response_.take_head_line(line);
    }

    // libcurl takes any other number than `size` for a failure.
    size_t take(size_t size) {
        received_ += size;
        is_too_large_ = received_ > request_.response_bytes_max;
        return is_too_large_ ? 0 : size;
    }

    // In words for whoever is to know why; nothing of what was sent is in them.
    [[nodiscard]] std::string what_happened(CURL* easy, CURLcode code) const {
        if (is_too_large_) return "its answer is too large";
        if (!refusal_.empty() && !was_tried_) {
            return fmt::format("its address must not be called: it is {}", refusal_);
        }
        if (code == CURLE_OPERATION_TIMEDOUT) {
            curl_off_t connected = 0;
            curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
            const auto waited =
                std::min(request_.timeout, request_.connect_timeout.value_or(request_.timeout));
            return connected == 0
                       ? fmt::format("no connection within {}", format_duration(waited))
                       : fmt::format("no answer within {}", format_duration(request_.timeout));
        }
        return curl_easy_strerror(code);
    }

    const CurlClient::Options& options_;
    const OutgoingRequest request_;
    const HttpClient::Then then_;
    List fields_;
    IncomingResponse response_;
    std::string refusal_;     // of an address
    bool was_tried_ = false;  // another one
    size_t received_ = 0;
    bool is_interim_ = false;
    bool is_head_whole_ = false;
    bool is_too_large_ = false;
};

}  // namespace

CurlClient::CurlClient(CurlLoop& loop, Options options)
    : loop_(loop), options_(std::move(options)) {}

void CurlClient::send(OutgoingRequest request, Then then) {
    loop_.start(std::make_unique<HttpTransfer>(options_, std::move(request), std::move(then)));
}

}  // namespace signalbox
