#include "bench/notify/curl_posts.h"

#include <memory>
#include <vector>

#include <curl/curl.h>
#include <fmt/format.h>

#include "bench/harness/statistics.h"

namespace signalbox::bench {
namespace {

struct MultiDeleter {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct EasyDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

size_t drop(char* /*bytes*/, size_t size, size_t count, void* /*data*/) {
    return size * count;
}

}  // namespace

Result<double> run_curl_posts(const CurlPosts& posts) {
    const std::unique_ptr<curl_slist, ListDeleter> fields([] {
        curl_slist* list = nullptr;
        for (const char* field :
             {"Expect:", "Content-Type: application/json",
              "webhook-id: 0123456789abcdef01234567-0123456789abcdef01234567",
              "webhook-timestamp: 1700000000",
              "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
              "signalbox-attempt: 1"}) {
            list = curl_slist_append(list, field);
        }
        return list;
    }());
    const std::unique_ptr<CURLM, MultiDeleter> multi(curl_multi_init());
    curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(posts.connections));
    std::vector<std::unique_ptr<CURL, EasyDeleter>> handles;
    for (size_t i = 0; i < posts.connections; ++i) {
        CURL* const easy = curl_easy_init();
        handles.emplace_back(easy);
        curl_easy_setopt(easy, CURLOPT_URL, posts.url.c_str());
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields.get());
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, posts.body.c_str());
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(posts.body.size()));
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &drop);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 10'000L);
        curl_multi_add_handle(multi.get(), easy);
    }
    uint64_t done = 0;
    std::string trouble;
    const auto began = SteadyClock::now();
    while (trouble.empty() && SteadyClock::now() - began < posts.span) {
        int running = 0;
        curl_multi_perform(multi.get(), &running);
        int left = 0;
        while (const CURLMsg* const message = curl_multi_info_read(multi.get(), &left)) {
            if (message->data.result != CURLE_OK)
                trouble = curl_easy_strerror(message->data.result);
            ++done;
            CURL* const easy = message->easy_handle;
            curl_multi_remove_handle(multi.get(), easy);
            curl_multi_add_handle(multi.get(), easy);
        }
        curl_multi_poll(multi.get(), nullptr, 0, 10, nullptr);
    }
    const auto took = SteadyClock::now() - began;
    for (const auto& easy : handles) curl_multi_remove_handle(multi.get(), easy.get());
    if (!trouble.empty()) return fail(ErrorCode::internal, "libcurl: " + trouble);
    return static_cast<double>(done) / seconds_of(took);
}

}  // namespace signalbox::bench
