#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>

namespace signalbox::client {

using Duration = std::chrono::milliseconds;
using Instant = std::chrono::time_point<std::chrono::system_clock, Duration>;

// Where the server is and how patient its client shall be.
struct Options {
    std::string url = "http://127.0.0.1:7400";
    std::string token = {};    // sent as "Authorization: Bearer ..." when not empty
    std::string tenant = {};   // the server's default one when empty
    std::string ca_file = {};  // PEM; the system's authorities when empty
    std::string proxy = {};    // none when empty, whatever the environment says

    Duration connect_timeout = std::chrono::seconds(5);
    // For the answer to one attempt. Where the server holds a request, it is counted from when
    // the server said it would answer.
    Duration attempt_timeout = std::chrono::seconds(10);
    // After a failed attempt, new ones are made for so long: at once, then after longer and
    // longer random pauses, and never sooner than the server asked for.
    Duration retry_for = std::chrono::seconds(30);
    // How long the server is asked to hold one request. A longer wait is several of them.
    Duration hold_max = std::chrono::seconds(30);
    // A stream without a byte for so long is taken for broken; the server sends one each 15 s.
    Duration quiet_max = std::chrono::seconds(40);
    size_t idle_connections_max = 8;  // kept open for the next call

    // With SIGNALBOX_URL, SIGNALBOX_TOKEN and SIGNALBOX_TENANT, where they are set.
    static Options from_environment();
};

// What may differ from call to call.
struct CallOptions {
    std::optional<Duration> retry_for = std::nullopt;  // instead of Options::retry_for
    // The call is over by then, whatever it is doing.
    std::optional<std::chrono::steady_clock::time_point> deadline = std::nullopt;
    // A request to stop ends the call at once, with the problem `cancelled`.
    std::stop_token stop = {};
};

}  // namespace signalbox::client
