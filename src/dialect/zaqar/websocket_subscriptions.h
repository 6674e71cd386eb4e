#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "codec/websocket.h"
#include "core/subscription_commands.h"
#include "dialect/zaqar/websocket_call.h"

namespace signalbox::zaqar {

// The subscriptions of one connection that have no subscriber: it is sent the messages of their
// queues as they are posted. One for each queue; they end with their ttl, and with the connection,
// and are known to nobody else. Its io thread only.
class WebSocketSubscriptions : public std::enable_shared_from_this<WebSocketSubscriptions> {
public:
    // Sends frames, of several messages perhaps.
    using Push = std::function<void(WebSocketFrame messages)>;

    WebSocketSubscriptions(std::shared_ptr<WebSocketSession> socket, Push push)
        : socket_(std::move(socket)), push_(std::move(push)) {}

    // Runs an action on subscriptions: of the connection, where it is about them, or of the core.
    Checked<void> run(WebSocketCall& call, bool is_binary);
    // Those whose time is over.
    void tick();
    void end_all();

private:
    struct Entry {
        SubscriptionView view;
        Instant made_at;
        bool is_binary = false;
        std::optional<RequestId> followed;  // once the core has said that it is
    };
    // Of a project and the name of a queue.
    using Key = std::pair<std::string, QueueName>;
    using Entries = std::map<Key, Entry>;

    Checked<void> create(WebSocketCall& call, bool is_binary);
    void follow(WebSocketCall& call, const Key& key, const SubscriptionId& id);
    Checked<void> list(WebSocketCall& call) const;
    void receive(const Key& key, const SubscriptionId& id,
                 const std::shared_ptr<const Event>& event);
    Entries::iterator find(const WebSocketCall& call);
    [[nodiscard]] bool has(const Key& key, const SubscriptionId& id) const;
    [[nodiscard]] SubscriptionView view_of(const Entry& entry) const;
    void end(Entries::iterator entry);

    const std::shared_ptr<WebSocketSession> socket_;
    const Push push_;
    Entries entries_;
};

}  // namespace signalbox::zaqar
