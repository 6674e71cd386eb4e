#include "net/curl_mailer.h"

#include <algorithm>

#include <fmt/format.h>

namespace signalbox {
namespace {

// One mail under way.
class MailTransfer : public CurlTransfer {
public:
    MailTransfer(const CurlMailer::Options& options, OutgoingMail mail, Mailer::Then then)
        : options_(options), mail_(std::move(mail)), then_(std::move(then)) {}
    ~MailTransfer() override { curl_slist_free_all(recipients_); }
    MailTransfer(const MailTransfer&) = delete;
    MailTransfer& operator=(const MailTransfer&) = delete;

    void prepare(CURL* easy) override {
        curl_easy_setopt(easy, CURLOPT_URL, options_.url.c_str());
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(mail_.timeout.count()));
        const long tls = options_.tls == MailTls::required       ? CURLUSESSL_ALL
                         : options_.tls == MailTls::when_offered ? CURLUSESSL_TRY
                                                                 : CURLUSESSL_NONE;
        curl_easy_setopt(easy, CURLOPT_USE_SSL, tls);
        if (!options_.ca_file.empty()) {
            curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
        }
        if (!options_.user.empty()) {
            curl_easy_setopt(easy, CURLOPT_USERNAME, options_.user.c_str());
            curl_easy_setopt(easy, CURLOPT_PASSWORD, options_.password.c_str());
        }
        curl_easy_setopt(easy, CURLOPT_MAIL_FROM, ("<" + mail_.from + ">").c_str());
        recipients_ = curl_slist_append(nullptr, ("<" + mail_.to + ">").c_str());
        curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, recipients_);
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                         static_cast<curl_off_t>(mail_.text.size()));
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, &on_read);
        curl_easy_setopt(easy, CURLOPT_READDATA, this);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_answer);
    }

    void finished(CURL* easy, CURLcode code) override {
        if (code == CURLE_OK) return then_({});
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        // What it was refused with; 2xx and 3xx are of the step before.
        then_(fail(ErrorCode::unavailable,
                   status >= 400 ? fmt::format("the mail server answered {}", status)
                                 : fmt::format("the mail server: {}", curl_easy_strerror(code))));
    }

private:
    static size_t on_read(char* into, size_t size, size_t count, void* data) {
        auto& transfer = *static_cast<MailTransfer*>(data);
        const size_t left = transfer.mail_.text.size() - transfer.sent_;
        const size_t copied = std::min(left, size * count);
        transfer.mail_.text.copy(into, copied, transfer.sent_);
        transfer.sent_ += copied;
        return copied;
    }
    // Not to the standard output.
    static size_t on_answer(char* /*bytes*/, size_t size, size_t count, void* /*data*/) {
        return size * count;
    }

    const CurlMailer::Options& options_;
    const OutgoingMail mail_;
    const Mailer::Then then_;
    curl_slist* recipients_ = nullptr;
    size_t sent_ = 0;
};

}  // namespace

CurlMailer::CurlMailer(CurlLoop& loop, Options options)
    : loop_(loop), options_(std::move(options)) {}

void CurlMailer::send(OutgoingMail mail, Then then) {
    if (under_way_ >= options_.connections_max) {
        waiting_.push_back({std::move(mail), std::move(then)});
        return;
    }
    begin(std::move(mail), std::move(then));
}

// Its time begins now, however long it waited.
void CurlMailer::begin(OutgoingMail mail, Then then) {
    ++under_way_;
    loop_.start(std::make_unique<MailTransfer>(options_, std::move(mail),
                                               [this, then = std::move(then)](Result<void> taken) {
                                                   end();
                                                   then(std::move(taken));
                                               }));
}

void CurlMailer::end() {
    --under_way_;
    if (waiting_.empty()) return;
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    begin(std::move(next.mail), std::move(next.then));
}

}  // namespace signalbox
