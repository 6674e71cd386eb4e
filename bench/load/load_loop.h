#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bench/load/event_reader.h"
#include "bench/load/histogram.h"
#include "bench/load/response_reader.h"

namespace signalbox::bench {

using SteadyClock = std::chrono::steady_clock;

// A server on loopback.
struct Endpoint {
    uint16_t port = 0;
};

// One of the connections of a loop, from 0.
using ConnectionIndex = size_t;

// A response to the oldest request of its connection. The body lives during the call.
struct Answer {
    ConnectionIndex connection = 0;
    uint32_t tag = 0;  // as given to send()
    uint16_t status = 0;
    std::string_view body;
    Nanoseconds latency{};  // since send()
};

// Many keep-alive connections to one server, on the calling thread and one epoll: requests are
// given to send() at any time and any depth, also from within the callbacks, and leave in one
// write per connection and turn. Requests may stay unanswered as long as the server likes.
// Nothing is allocated for a request once its connection has seen as many at once.
class LoadLoop {
public:
    using OnAnswer = std::function<void(const Answer&)>;
    using OnEvent = std::function<void(ConnectionIndex, const EventReader::Event&)>;

    // All connections are accepted by the server when it returns.
    static Result<std::unique_ptr<LoadLoop>> connect(Endpoint endpoint, size_t connections);
    ~LoadLoop();
    LoadLoop(const LoadLoop&) = delete;
    LoadLoop& operator=(const LoadLoop&) = delete;

    void on_answer(OnAnswer call) { on_answer_ = std::move(call); }
    void on_event(OnEvent call) { on_event_ = std::move(call); }

    void send(ConnectionIndex connection, std::string_view request, uint32_t tag = 0);

    // Runs until is_done() is true after a turn, or the deadline has come: false then. Fails
    // when a connection breaks or what it carries is no HTTP.
    Result<bool> run(const std::function<bool()>& is_done, SteadyClock::time_point deadline);
    // One request and its answer on an otherwise silent connection; the answer's body is kept.
    struct Reply {
        uint16_t status = 0;
        std::string body;
        Nanoseconds latency{};
    };
    Result<Reply> ask(ConnectionIndex connection, std::string_view request);

    [[nodiscard]] size_t connection_count() const { return connections_.size(); }
    // Requests without an answer.
    [[nodiscard]] size_t outstanding() const { return outstanding_; }

private:
    struct Sent {
        SteadyClock::time_point at;
        uint32_t tag = 0;
    };
    // What waits for its answer, oldest first; grows and never shrinks.
    class SentQueue {
    public:
        void push(Sent sent);
        Sent pop();
        [[nodiscard]] bool empty() const { return count_ == 0; }

    private:
        std::vector<Sent> ring_;
        size_t first_ = 0;
        size_t count_ = 0;
    };
    struct Connection {
        int descriptor = -1;
        bool is_dirty = false;
        bool waits_writable = false;
        std::string input;  // begun and not yet whole
        std::string output;
        SentQueue sent;
        ResponseReader reader;
        std::unique_ptr<EventReader> events;
    };

    LoadLoop() = default;
    Result<void> open(Endpoint endpoint);
    Result<void> read(ConnectionIndex index);
    // Returns how much of `bytes` is done with.
    Result<size_t> take(ConnectionIndex index, std::string_view bytes);
    Result<void> write(ConnectionIndex index);
    Result<void> flush();
    void watch(const Connection& connection, ConnectionIndex index, int operation) const;

    int epoll_ = -1;
    std::vector<Connection> connections_;
    std::vector<ConnectionIndex> dirty_;
    std::vector<char> buffer_;
    size_t outstanding_ = 0;
    OnAnswer on_answer_;
    OnEvent on_event_;
};

// Lets this process have as many descriptors as the system allows it.
void raise_descriptor_limit();

}  // namespace signalbox::bench
