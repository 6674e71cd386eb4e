#pragma once

#include "runtime/notification_form.h"

namespace signalbox::native {

// What appliers are sent: a CloudEvent for each change that they are to make true. Everybody else
// is sent what `others` says. Any thread.
class ApplierForm : public NotificationForm {
public:
    explicit ApplierForm(const NotificationForm& others) : others_(others) {}

    [[nodiscard]] WebhookContent message_webhook(const Effect& effect,
                                                 const Notification& notification) const override;
    [[nodiscard]] WebhookContent notice_webhook(const Effect& effect,
                                                Instant issued_at) const override {
        return others_.notice_webhook(effect, issued_at);
    }
    [[nodiscard]] MailContent message_mail(const Effect& effect,
                                           const Notification& notification) const override {
        return others_.message_mail(effect, notification);
    }
    [[nodiscard]] MailContent notice_mail(const Effect& effect, Instant issued_at) const override {
        return others_.notice_mail(effect, issued_at);
    }

private:
    const NotificationForm& others_;
};

}  // namespace signalbox::native
