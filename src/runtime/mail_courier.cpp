#include "runtime/mail_courier.h"

#include "codec/mail_message.h"

namespace signalbox {

MailCourier::MailCourier(Setup setup, Mailer& mailer, const NotificationForm& form,
                         const Clock& clock)
    : setup_(std::move(setup)), mailer_(mailer), form_(form), clock_(clock) {}

void MailCourier::tell(const Telling& telling, Then then) {
    const auto address = address_of_mailto(telling.effect.subscriber);
    if (!address) {
        return then(ReportDelivery::Failure{"its address is not one of mail", std::nullopt, false});
    }
    const Instant now = clock_.now().wall;
    auto content = telling.notification != nullptr
                       ? form_.message_mail(telling.effect, *telling.notification)
                       : form_.notice_mail(telling.effect, now);
    MailMessage message;
    message.from = setup_.from;
    message.to = *address;
    message.subject = std::move(content.subject);
    message.id = delivery_id(telling, now) + setup_.from.substr(setup_.from.find('@'));
    message.date = now;
    message.body = std::move(content.body);
    OutgoingMail mail;
    mail.from = setup_.from;
    mail.to = *address;
    mail.text = format_mail(message);
    mail.timeout = setup_.timeout;
    mailer_.send(std::move(mail), [then = std::move(then)](const Result<void>& taken) {
        if (taken) return then(std::nullopt);
        then(ReportDelivery::Failure{taken.error().message, std::nullopt, false});
    });
}

}  // namespace signalbox
