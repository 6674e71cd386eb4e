#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/world.h"

namespace signalbox {

// One client's way to talk to the server: one request at a time on a connection that is made
// when it is needed, and may break at any moment; then nobody knows whether the request was
// done.
class SimHttp {
public:
    explicit SimHttp(World& world) : world_(world) {}

    struct Request {
        std::string method;
        std::string target;
        std::vector<std::pair<std::string, std::string>> fields;
        std::string body;
    };
    // False when the server is down; nothing was sent then.
    bool send(const Request& request);
    [[nodiscard]] bool is_waiting() const { return waiting_; }

    enum class Progress : uint8_t { waiting, answered, broken };
    // Looks whether the answer is there.
    Progress poll(SimResponse& response);

    // For streams: the connection under the answer; null when it has broken.
    [[nodiscard]] SimConnection* connection() { return connection_.get(); }
    void cut();
    // The client closes, with whatever it has just asked for still on its way, and looks at no
    // answer any more.
    void hang_up();

private:
    World& world_;
    std::shared_ptr<SimConnection> connection_;
    bool waiting_ = false;
};

}  // namespace signalbox
