#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "dialect/auth/authenticator.h"
#include "dialect/feed_follower.h"
#include "dialect/router.h"
#include "dialect/websocket_session.h"

namespace signalbox::wazo {

class WazoFeed;

// One client of wazo-websocketd's protocol. It says which events it wants to hear of (`subscribe`)
// and that it is ready (`start`); before that it is to the feed like any client that does not read,
// so that nothing is lost and nothing is kept for it. Operations are done one after the other.
// Whoever is not let in, and whoever breaks the rules, is told by a close code. Its io thread only.
class WazoConnection : public std::enable_shared_from_this<WazoConnection> {
public:
    static void begin(const Call& call, const WebSocketHandshake& handshake);

    // For begin() only.
    explicit WazoConnection(std::shared_ptr<WebSocketSession> socket);

    // For its feed.
    void send_event(const Event& event, const std::string& cursor);
    void lose_feed(bool is_too_old);
    void refuse_feed(const Error& error);
    void follow();  // it is joined
    [[nodiscard]] bool is_started() const { return started_; }
    [[nodiscard]] WebSocketSession& socket() const { return *socket_; }

private:
    // What the request said of who sends it, beside the token: in open mode that is who it is.
    struct Named {
        std::string tenant;
        std::string user;
        std::string roles;
    };

    void authenticate(Credential credential, std::function<void(Result<IdentityPtr>)> then);
    void enter(IdentityPtr identity);
    void receive(const WebSocketMessage& message);
    void subscribe(const std::string& name);
    void start();
    void change_token(const std::string& token);
    void change_identity(IdentityPtr identity);
    void join_feed();
    void done(std::string_view operation);
    void answer(std::string_view operation, std::string_view data);
    void break_rule(std::string_view reason);
    void close(uint16_t code, std::string_view reason);
    void tick();

    const std::shared_ptr<WebSocketSession> socket_;
    Named named_;
    int version_ = 2;
    IdentityPtr identity_;
    std::set<std::string> names_;  // that it has subscribed to
    std::string joining_for_;      // the operation that is answered when the feed is joined
    bool started_ = false;
    std::shared_ptr<WazoFeed> feed_;
    SteadyInstant start_until_;
};

}  // namespace signalbox::wazo
