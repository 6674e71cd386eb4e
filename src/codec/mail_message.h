#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace signalbox {

// A mail of text. Addresses are such as is_mail_address() takes; the rest may hold anything.
struct MailMessage {
    std::string from;
    std::string to;
    std::string subject;  // UTF-8
    std::string id;       // without "<>"
    Instant date;
    std::string body;  // UTF-8
};

// As it travels: RFC 5322 and MIME, in lines that end in CRLF and are not longer than mail servers
// take. Nothing in a subject or a body can become a field.
std::string format_mail(const MailMessage& mail);

// "user@host", in ASCII and without quotes: what no header and no mail server takes for something
// else.
bool is_mail_address(std::string_view text);

// The one address of "mailto:user@host?subject=...". Nothing when there is none, or more.
std::optional<std::string> address_of_mailto(std::string_view uri);

}  // namespace signalbox
