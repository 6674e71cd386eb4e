#pragma once

#include <deque>
#include <string>

#include "net/curl_loop.h"
#include "port/mailer.h"

namespace signalbox {

// Whether what is said to a mail server, the mails among it, travels encrypted.
enum class MailTls : uint8_t {
    required,
    when_offered,
    none,
};

// A client of one mail server (SMTP) on a loop of libcurl's. Nothing is under way when it is
// destroyed, unless the loop goes with it. The loop's thread only.
class CurlMailer : public Mailer {
public:
    struct Options {
        std::string url;   // smtp://host:port, or smtps://host:port for TLS from the first byte
        std::string user;  // empty: it needs none
        std::string password;
        MailTls tls = MailTls::required;
        std::string ca_file;         // empty: those of the system
        size_t connections_max = 8;  // at a time; further mails wait for one
    };
    CurlMailer(CurlLoop& loop, Options options);

    void send(OutgoingMail mail, Then then) override;

private:
    struct Waiting {
        OutgoingMail mail;
        Then then;
    };
    void begin(OutgoingMail mail, Then then);
    void end();

    CurlLoop& loop_;
    const Options options_;
    size_t under_way_ = 0;
    // As many as there are subscribers that are told something, and no more.
    std::deque<Waiting> waiting_;
};

}  // namespace signalbox
