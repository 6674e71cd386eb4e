#pragma once

#include <string>
#include <utility>

#include "dialect/zaqar/signed_url.h"
#include "dialect/zaqar/zaqar_options.h"
#include "runtime/notification_form.h"

namespace signalbox::zaqar {

// What Zaqar's subscribers are sent, to the byte. Any thread.
class ZaqarNotificationForm : public NotificationForm {
public:
    // `options` has a secret key.
    explicit ZaqarNotificationForm(Options options) : options_(std::move(options)) {}

    [[nodiscard]] WebhookContent message_webhook(const Effect& effect,
                                                 const Notification& notification) const override;
    [[nodiscard]] WebhookContent notice_webhook(const Effect& effect,
                                                Instant issued_at) const override;
    [[nodiscard]] MailContent message_mail(const Effect& effect,
                                           const Notification& notification) const override;
    [[nodiscard]] MailContent notice_mail(const Effect& effect, Instant issued_at) const override;

private:
    [[nodiscard]] SignedAccess confirmation_of(const Effect& effect, Instant issued_at) const;
    [[nodiscard]] std::string confirmation_link(const Effect& effect,
                                                const SignedAccess& access) const;

    const Options options_;
};

// {"ttl", "body", "Message_Type", "queue_name"}, as every way of telling has it. `body` is JSON.
std::string notification_text(Duration ttl, std::string_view body, std::string_view queue);

// Of a subscription, where its subscriber confirms that it wants to be told.
std::string confirmation_path(const QueueName& queue, const SubscriptionId& id);

}  // namespace signalbox::zaqar
