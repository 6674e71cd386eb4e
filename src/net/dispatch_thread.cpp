#include "net/dispatch_thread.h"

#include <boost/asio/post.hpp>
#include <future>

#include <sys/prctl.h>

namespace signalbox {
namespace {

namespace asio = boost::asio;

// Beyond that the one that was unused for longest is closed.
constexpr long connections_kept_max = 1024;
// After a report that a partition could not take.
constexpr auto tick_interval = std::chrono::milliseconds(200);
constexpr auto idle_look_interval = std::chrono::milliseconds(5);

CurlClient::Options client_options(const DispatchOptions& options, const AddressGuard& addresses) {
    CurlClient::Options client;
    client.refuses = [&addresses](const IpAddress& address) { return addresses.refusal(address); };
    // It would connect to addresses that nobody looked at.
    client.uses_proxy = false;
    client.ca_file = options.ca_file;
    return client;
}

}  // namespace

DispatchThread::DispatchThread(const DispatchOptions& options, const Clock& clock)
    : guard_(context_.get_executor()),
      addresses_(options.addresses),
      curl_(context_, {connections_kept_max}),
      client_(curl_, client_options(options, addresses_)) {
    webhooks_.emplace(options.webhook, client_, *options.form, clock);
    couriers_.add("http", *webhooks_);
    couriers_.add("https", *webhooks_);
    if (!options.mail_server) return;
    mailer_.emplace(curl_, *options.mail_server);
    mails_.emplace(options.mail, *mailer_, *options.form, clock);
    couriers_.add("mailto", *mails_);
}

DispatchThread::~DispatchThread() {
    stop();
}

void DispatchThread::start(const Node& node) {
    probe_.emplace(node.metrics());
    dispatcher_.emplace(Dispatcher::Setup{.index = index}, node, couriers_, *probe_);
    thread_ = std::thread([this] {
        ::prctl(PR_SET_NAME, "signalbox-tell");
        tick();
        context_.run();
    });
}

void DispatchThread::post(std::function<void(Dispatcher&)> work) {
    asio::post(context_, [this, work = std::move(work)] { work(*dispatcher_); });
}

void DispatchThread::carry_out(std::vector<Effect> effects) {
    const auto shared = std::make_shared<std::vector<Effect>>(std::move(effects));
    post([shared](Dispatcher& dispatcher) { dispatcher.carry_out(std::move(*shared)); });
}

void DispatchThread::deliver(std::vector<Completion> completions) {
    const auto shared = std::make_shared<std::vector<Completion>>(std::move(completions));
    post([shared](Dispatcher& dispatcher) { dispatcher.deliver(std::move(*shared)); });
}

void DispatchThread::tick() {
    ticker_.expires_after(tick_interval);
    ticker_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        dispatcher_->tick();
        tick();
    });
}

void DispatchThread::finish(Duration patience) {
    if (!thread_.joinable()) return;
    std::promise<void> finished;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    post([&, deadline](Dispatcher& dispatcher) {
        dispatcher.finish();
        wait_until_idle(deadline, [&] { finished.set_value(); });
    });
    finished.get_future().wait();
}

void DispatchThread::wait_until_idle(std::chrono::steady_clock::time_point deadline,
                                     std::function<void()> then) {
    if (dispatcher_->is_idle() || std::chrono::steady_clock::now() >= deadline) return then();
    finish_timer_.expires_after(idle_look_interval);
    finish_timer_.async_wait([this, deadline, then = std::move(then)](const auto& error) {
        if (!error) wait_until_idle(deadline, then);
    });
}

void DispatchThread::stop() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
}

}  // namespace signalbox
