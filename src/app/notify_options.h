#pragma once

#include <string>

#include "codec/address_guard.h"
#include "net/curl_mailer.h"

namespace signalbox {

// How subscribers are told, as far as the operator decides it.
struct NotifyOptions {
    AddressGuard::Rules addresses;
    std::string ca_file;  // empty: those of the system
    Duration timeout = std::chrono::seconds(10);
    Duration connect_timeout = std::chrono::seconds(5);
    std::string mail_server;  // smtp:// or smtps://; empty: no mail is sent
    std::string mail_from;
    std::string mail_user;
    std::string mail_password_file;
    MailTls mail_tls = MailTls::required;
    std::string mail_ca_file;
    Duration mail_timeout = std::chrono::seconds(30);
    size_t mail_connections_max = 8;
};

}  // namespace signalbox
