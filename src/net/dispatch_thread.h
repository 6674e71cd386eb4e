#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <thread>

#include "codec/address_guard.h"
#include "net/curl_client.h"
#include "net/curl_mailer.h"
#include "runtime/dispatcher.h"
#include "runtime/mail_courier.h"
#include "runtime/webhook_courier.h"

namespace signalbox {

struct DispatchOptions {
    const NotificationForm* form = nullptr;  // outlives the server
    AddressGuard::Rules addresses;           // that webhooks may be sent to
    std::string ca_file;                     // for those of https; empty: those of the system
    WebhookCourier::Setup webhook;
    std::optional<CurlMailer::Options> mail_server;  // nothing: no mail is sent
    MailCourier::Setup mail;
};

// One thread that carries out the effects of all partitions, with the couriers that it has.
// Members are for any thread, but for those that say otherwise.
class DispatchThread {
public:
    // In ids of requests, where io threads have theirs.
    static constexpr uint8_t index = 255;

    DispatchThread(const DispatchOptions& options, const Clock& clock);
    ~DispatchThread();

    // Which subscribers can be told. Constant.
    [[nodiscard]] const Couriers& couriers() const { return couriers_; }

    void start(const Node& node);
    // These may come before start(), and are seen to then.
    void carry_out(std::vector<Effect> effects);
    void deliver(std::vector<Completion> completions);

    // Begins nothing any more, and waits until what is under way is reported; but no longer than
    // that. What is not reported then is told again after the next start.
    void finish(Duration patience);
    void stop();

private:
    // `work` on the dispatcher's thread.
    void post(std::function<void(Dispatcher&)> work);
    void tick();
    void wait_until_idle(std::chrono::steady_clock::time_point deadline,
                         std::function<void()> then);

    boost::asio::io_context context_{1};
    std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> guard_;
    boost::asio::steady_timer ticker_{context_};
    boost::asio::steady_timer finish_timer_{context_};
    const AddressGuard addresses_;
    std::optional<WebhookCourier> webhooks_;
    std::optional<MailCourier> mails_;
    Couriers couriers_;
    std::optional<DispatcherProbe> probe_;
    // Behind its couriers, whom it asks about what is under way until it ends.
    std::optional<Dispatcher> dispatcher_;
    // Behind those whom it tells.
    CurlLoop curl_;
    CurlClient client_;
    std::optional<CurlMailer> mailer_;
    std::thread thread_;
};

}  // namespace signalbox
