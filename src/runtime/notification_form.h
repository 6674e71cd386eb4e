#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/effect.h"

namespace signalbox {

// What a subscriber is sent over HTTP.
struct WebhookContent {
    std::string body;
    // Beside Content-Type, which is application/json unless it is here.
    std::vector<std::pair<std::string, std::string>> fields;
};

// What a subscriber is sent by mail.
struct MailContent {
    std::string subject;
    std::string body;  // UTF-8 text
};

// How notifications are put into words; a protocol's, because its subscribers read them. Pure, and
// asked on the dispatcher's thread.
class NotificationForm {
public:
    virtual ~NotificationForm() = default;

    [[nodiscard]] virtual WebhookContent message_webhook(
        const Effect& effect, const Notification& notification) const = 0;
    // Of a confirmation or an unsubscription; `issued_at` is when its links were made.
    [[nodiscard]] virtual WebhookContent notice_webhook(const Effect& effect,
                                                        Instant issued_at) const = 0;
    [[nodiscard]] virtual MailContent message_mail(const Effect& effect,
                                                   const Notification& notification) const = 0;
    [[nodiscard]] virtual MailContent notice_mail(const Effect& effect,
                                                  Instant issued_at) const = 0;
};

}  // namespace signalbox
