#pragma once

#include <string>

#include "port/clock.h"
#include "port/http_client.h"
#include "runtime/courier.h"
#include "runtime/notification_form.h"

namespace signalbox {

// Tells subscribers at http and https addresses: one POST for each message, signed as Standard
// Webhooks says. Whoever answers 2xx was told; 410 says that nobody is there any more; everything
// else is a failure, a redirection too, because where a call may go was decided when it was
// subscribed.
class WebhookCourier : public Courier {
public:
    struct Setup {
        std::string secret;                           // of the server; see codec/webhook_signature
        std::string user_agent;                       // "signalbox/1.0"
        Duration timeout = std::chrono::seconds(10);  // of a call
        Duration connect_timeout = std::chrono::seconds(5);
    };
    WebhookCourier(Setup setup, HttpClient& client, const NotificationForm& form,
                   const Clock& clock);

    [[nodiscard]] std::string_view kind() const override { return "webhook"; }
    void tell(const Telling& telling, Then then) override;

private:
    [[nodiscard]] OutgoingRequest request_for(const Telling& telling) const;
    [[nodiscard]] Outcome outcome_of(const Result<IncomingResponse>& answer) const;

    const Setup setup_;
    HttpClient& client_;
    const NotificationForm& form_;
    const Clock& clock_;
};

}  // namespace signalbox
