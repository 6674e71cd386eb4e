#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/response_reader.h"

namespace signalbox {

// A request as bytes, with a body of JSON when there is one.
std::string request_bytes(std::string_view method, std::string_view target,
                          std::string_view body = {}, std::string_view fields = {});

// A connection to the real server, to the byte. What cannot be done, and an answer that does not
// come, is thrown as std::runtime_error, because a test can only fail then.
//
// One thread. A client that sends without end and reads nothing is not served without end, so
// what is sent ahead of its answers has to stay below what a server takes (ask() sees to that).
class Wire {
public:
    explicit Wire(int port);
    ~Wire();
    Wire(Wire&& other) noexcept;
    Wire& operator=(Wire&& other) = delete;

    void send(std::string_view bytes);
    // The next whole answer.
    SimResponse read();
    // Whether something has come that was not read, or the end; does not wait.
    [[nodiscard]] bool has_input() const;
    // Waits until the server has closed the connection. What it said before is dropped.
    void wait_for_end();
    // Of an answer that goes on: what has come, until that is in it.
    std::string read_until(std::string_view text);

    // Nothing more will be sent, but what comes is read.
    void end_input();
    // The connection is gone, and the server is told so; the destructor ends it in peace.
    void reset();
    // The connection is gone, and the server is not told: its network broke. False when the
    // system does not allow that to be played.
    bool vanish();

    SimResponse ask(const std::string& request);
    // Answers to requests that are sent behind each other, so many at a time without waiting.
    std::vector<SimResponse> ask(const std::vector<std::string>& requests, size_t ahead_max = 200);
    // The body of a good answer to GET.
    std::string get(std::string_view target);

    // A number that the server measures, added up over its partitions:
    // signalbox_tickets{status="active"}
    uint64_t metric(std::string_view name);
    // Looks until it is that.
    void wait_for_metric(std::string_view name, uint64_t value);

private:
    // False when the connection has ended.
    bool receive();

    int descriptor_ = -1;
    ResponseReader responses_;
};

}  // namespace signalbox
