#include "app/notify_options.h"

#include "app/option_table.h"
#include "codec/mail_message.h"

namespace signalbox {
namespace {

Result<void> set_mail_server(ServeOptions& options, const std::string& text) {
    const auto wrong = [] {
        return fail(ErrorCode::invalid_argument,
                    "must be smtp://HOST:PORT or smtps://HOST:PORT, and nothing else");
    };
    const bool is_smtp = text.starts_with("smtp://") || text.starts_with("smtps://");
    if (!is_smtp) return wrong();
    const auto place = text.substr(text.find("://") + 3);
    if (place.empty() || place.find_first_of("/?#@ \t\r\n") != std::string::npos) return wrong();
    options.notify.mail_server = text;
    return {};
}

Result<void> set_mail_from(ServeOptions& options, const std::string& text) {
    if (!is_mail_address(text)) {
        return fail(ErrorCode::invalid_argument, "must be a plain address, such as a@b.example");
    }
    options.notify.mail_from = text;
    return {};
}

Result<void> set_mail_tls(ServeOptions& options, const std::string& text) {
    if (text == "required") {
        options.notify.mail_tls = MailTls::required;
    } else if (text == "when-offered") {
        options.notify.mail_tls = MailTls::when_offered;
    } else if (text == "none") {
        options.notify.mail_tls = MailTls::none;
    } else {
        return fail(ErrorCode::invalid_argument, "must be required, when-offered or none");
    }
    return {};
}

}  // namespace

void add_notify_options(OptionTable& table) {
    using O = ServeOptions;
    table
        .add("notify_private", "",
             "Subscribers may be on loopback or in private networks, which tenants reach by this "
             "server then",
             flag([](O& o) -> auto& { return o.notify.addresses.allows_private; }))
        .is_flag = true;
    table
        .add("notify_network", "NETWORK",
             "Subscribers may be in this network although it is private, once or more: 10.1.0.0/16",
             network([](O& o) -> auto& { return o.notify.addresses.allowed; }))
        .is_list = true;
    table.add("notify_ca_file", "FILE",
              "Who signs the certificates of subscribers, as PEM [those whom the system trusts]",
              text_at([](O& o) -> auto& { return o.notify.ca_file; }));
    table.add_duration("notify_timeout", "For the answer of a subscriber",
                       [](O& o) -> auto& { return o.notify.timeout; });
    table.add_duration("notify_connect_timeout", "For the connection to a subscriber",
                       [](O& o) -> auto& { return o.notify.connect_timeout; });
    table.add("mail_server", "URL",
              "Mails to subscribers go there: smtp://HOST:PORT, or smtps://; without it mailto "
              "addresses are no subscribers",
              set_mail_server);
    table.add("mail_from", "ADDRESS", "The sender of those mails", set_mail_from);
    table.add("mail_user", "NAME", "Who this server is to the mail server",
              text_at([](O& o) -> auto& { return o.notify.mail_user; }));
    table.add("mail_password_file", "FILE", "That user's password",
              text_at([](O& o) -> auto& { return o.notify.mail_password_file; }));
    table.add("mail_tls", "MODE",
              "Whether mails travel encrypted: required, when-offered or none [required]",
              set_mail_tls);
    table.add("mail_ca_file", "FILE",
              "Who signs the certificate of the mail server, as PEM [those whom the system trusts]",
              text_at([](O& o) -> auto& { return o.notify.mail_ca_file; }));
    table.add_duration("mail_timeout", "For the mail server to take a mail",
                       [](O& o) -> auto& { return o.notify.mail_timeout; });
    table.add_count(
        "mail_connections_max", "Connections to the mail server at a time",
        [](O& o) -> auto& { return o.notify.mail_connections_max; }, 1000);
}

Result<void> check_notify_options(const ServeOptions& options) {
    const auto& notify = options.notify;
    if (!notify.mail_server.empty() && notify.mail_from.empty()) {
        return fail(ErrorCode::invalid_argument, "mail_server needs mail_from", "mail_from");
    }
    if (notify.mail_server.empty() && !(notify.mail_from + notify.mail_user).empty()) {
        return fail(ErrorCode::invalid_argument, "mail_from and mail_user need mail_server",
                    "mail_server");
    }
    if (notify.mail_user.empty() != notify.mail_password_file.empty()) {
        return fail(ErrorCode::invalid_argument, "mail_user and mail_password_file need each other",
                    "mail_user");
    }
    return {};
}

}  // namespace signalbox
