#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bench/limit/record_file.h"

namespace signalbox::bench {

// The least that a server can do that promises durability over HTTP: read what every
// connection has sent, write all the bodies behind each other, sync once, answer 201 with one
// write per connection. What arrives during a sync is the next batch. One thread, no
// concurrency, no state, no decisions: what Signalbox is compared with.
class LimitServer {
public:
    static Result<std::unique_ptr<LimitServer>> open(const std::string& file);
    ~LimitServer();
    LimitServer(const LimitServer&) = delete;
    LimitServer& operator=(const LimitServer&) = delete;

    [[nodiscard]] uint16_t port() const { return port_; }
    // Until the process is ended.
    Result<void> serve();

private:
    struct Connection {
        bool waits_writable = false;
        std::string input;
        std::string output;
        size_t unanswered = 0;  // in the batch under way
    };

    explicit LimitServer(std::unique_ptr<RecordFile> file) : file_(std::move(file)) {}
    Result<void> listen();
    void accept_all();
    void read(int descriptor);
    void take(int descriptor, Connection& connection);
    Result<void> commit();
    void write(int descriptor, Connection& connection);
    void close(int descriptor);

    std::unique_ptr<RecordFile> file_;
    int epoll_ = -1;
    int listener_ = -1;
    uint16_t port_ = 0;
    std::vector<std::unique_ptr<Connection>> connections_;  // by descriptor
    std::vector<int> waiting_;  // descriptors with something in the batch
    std::string batch_;
    std::vector<char> buffer_;
};

}  // namespace signalbox::bench
