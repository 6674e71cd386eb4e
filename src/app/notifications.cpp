#include "app/notifications.h"

#include "app/kept_secret.h"
#include "app/option_file.h"
#include "app/version.h"

namespace signalbox {

Result<std::string> load_webhook_secret(Disk& disk) {
    return kept_secret(disk, "webhook-secret");
}

Result<DispatchOptions> prepare_dispatch(const ServeOptions& options, std::string webhook_secret,
                                         const NotificationForm& form) {
    const NotifyOptions& notify = options.notify;
    DispatchOptions dispatch;
    dispatch.form = &form;
    dispatch.addresses = notify.addresses;
    dispatch.ca_file = notify.ca_file;
    dispatch.webhook.secret = std::move(webhook_secret);
    dispatch.webhook.user_agent = std::string("signalbox/") + version();
    dispatch.webhook.timeout = notify.timeout;
    dispatch.webhook.connect_timeout = notify.connect_timeout;
    if (notify.mail_server.empty()) return dispatch;
    CurlMailer::Options mail;
    mail.url = notify.mail_server;
    mail.tls = notify.mail_tls;
    mail.ca_file = notify.mail_ca_file;
    mail.user = notify.mail_user;
    mail.connections_max = notify.mail_connections_max;
    if (!mail.user.empty()) {
        TRY_AS(auto text, read_secret_file("mail_password_file", notify.mail_password_file));
        mail.password = text.substr(0, text.find_last_not_of("\r\n") + 1);
    }
    dispatch.mail_server = std::move(mail);
    dispatch.mail.from = notify.mail_from;
    dispatch.mail.timeout = notify.mail_timeout;
    return dispatch;
}

}  // namespace signalbox
