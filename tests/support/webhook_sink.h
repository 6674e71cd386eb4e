#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace signalbox {

// A subscriber of webhooks on loopback: a small HTTP server on a thread of its own, that does to
// its callers what a test wants.
//
//   WebhookSink sink([](const WebhookSink::Call& call) { return WebhookSink::Answer{204}; });
//   ... subscribe(sink.url("/bell")) ...
class WebhookSink {
public:
    struct Call {
        std::string method;
        std::string target;
        std::map<std::string, std::string> fields;  // names in lower case
        std::string body;
        uint64_t connection = 0;  // counted from 1
        uint64_t number = 0;      // of all calls, from 1
    };
    struct Answer {
        uint16_t status = 204;
        std::vector<std::pair<std::string, std::string>> fields = {};
        std::string body = {};
        // Instead of an answer: none at all, or the end of the connection.
        bool hangs = false;
        bool cuts = false;
        // It is sent, but never ends.
        bool is_endless = false;
    };
    // On the sink's thread; one call after the other.
    using Handler = std::function<Answer(const Call& call)>;

    explicit WebhookSink(Handler handler);
    ~WebhookSink();
    WebhookSink(const WebhookSink&) = delete;
    WebhookSink& operator=(const WebhookSink&) = delete;

    [[nodiscard]] std::string url(const std::string& target = "/") const;
    [[nodiscard]] int port() const { return port_; }

private:
    struct Connection {
        uint64_t number = 0;
        std::string input;
        std::string output;
        bool is_endless = false;
    };

    void run();
    void accept();
    void read(int descriptor);
    // Answers what is whole; false when the connection is to end.
    bool answer(Connection& connection);
    bool flush(int descriptor, Connection& connection);
    void close(int descriptor);

    const Handler handler_;
    int listener_ = -1;
    int epoll_ = -1;
    int bell_ = -1;  // ends the thread
    int port_ = 0;
    uint64_t connections_ = 0;
    uint64_t calls_ = 0;
    std::map<int, Connection> open_;
    std::thread thread_;
};

}  // namespace signalbox
