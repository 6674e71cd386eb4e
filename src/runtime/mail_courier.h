#pragma once

#include <string>

#include "port/clock.h"
#include "port/mailer.h"
#include "runtime/courier.h"
#include "runtime/notification_form.h"

namespace signalbox {

// Tells subscribers at mailto addresses: one mail for each message. A mail that is sent again has
// the same Message-ID.
class MailCourier : public Courier {
public:
    struct Setup {
        std::string from;                             // the sender's address; see is_mail_address()
        Duration timeout = std::chrono::seconds(30);  // of a mail
    };
    MailCourier(Setup setup, Mailer& mailer, const NotificationForm& form, const Clock& clock);

    [[nodiscard]] std::string_view kind() const override { return "mail"; }
    void tell(const Telling& telling, Then then) override;

private:
    const Setup setup_;
    Mailer& mailer_;
    const NotificationForm& form_;
    const Clock& clock_;
};

}  // namespace signalbox
