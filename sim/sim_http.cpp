#include "sim/sim_http.h"

#include <fmt/format.h>

#include "base/assert.h"

namespace signalbox {

bool SimHttp::send(const Request& request) {
    ASSERT(!waiting_);
    if (!world_.is_up()) return false;
    if (!connection_ || !connection_->is_open()) connection_ = world_.connect();
    std::string bytes =
        fmt::format("{} {} HTTP/1.1\r\nhost: sim\r\n", request.method, request.target);
    for (const auto& [name, value] : request.fields)
        bytes += fmt::format("{}: {}\r\n", name, value);
    if (!request.body.empty()) bytes += fmt::format("content-length: {}\r\n", request.body.size());
    connection_->send(bytes + "\r\n" + request.body);
    waiting_ = true;
    return true;
}

SimHttp::Progress SimHttp::poll(SimResponse& response) {
    ASSERT(waiting_);
    if (connection_) {
        if (auto answer = connection_->responses().take()) {
            response = std::move(*answer);
            waiting_ = false;
            if (response.field("connection") == "close") connection_.reset();
            return Progress::answered;
        }
        ASSERT(!connection_->responses().is_broken());
        if (connection_->is_open()) return Progress::waiting;
    }
    connection_.reset();
    waiting_ = false;
    return Progress::broken;
}

void SimHttp::cut() {
    if (connection_) connection_->cut();
}

void SimHttp::hang_up() {
    if (connection_ && connection_->is_open()) world_.abandon(std::move(connection_));
    connection_.reset();
}

}  // namespace signalbox
