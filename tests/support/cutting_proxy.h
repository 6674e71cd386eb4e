#pragma once

#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace signalbox {

// A port of loopback that passes everything on to a server, and breaks connections when it is
// told to: so a test can lose an answer after the server has made it true.
class CuttingProxy {
public:
    explicit CuttingProxy(int server_port);
    ~CuttingProxy();
    CuttingProxy(const CuttingProxy&) = delete;
    CuttingProxy& operator=(const CuttingProxy&) = delete;

    [[nodiscard]] std::string url() const;

    // The next so many pieces of an answer are not passed on; their connections break instead.
    void swallow_answers(int count);
    // Breaks each connection once so many more bytes of answers have passed through it, over
    // and over; 0 ends that.
    void cut_each(size_t answer_bytes);
    // Breaks what is open now.
    void cut_all();
    [[nodiscard]] int connections() const { return connections_; }

private:
    struct Connection {
        int client = -1;
        int server = -1;
        std::thread up;    // requests
        std::thread down;  // answers
        std::atomic<int> running = 2;
    };

    void accept_all();
    static void close(Connection& connection);
    // Those that are cut over and over would use up all descriptors.
    void close_ended();
    void pass_requests(Connection& connection);
    void pass_answers(Connection& connection);

    const int server_port_;
    int listener_ = -1;
    int port_ = 0;
    std::thread acceptor_;
    std::atomic<int> to_swallow_ = 0;
    std::atomic<size_t> cut_after_ = 0;
    std::atomic<int> connections_ = 0;
    std::mutex mutex_;
    bool stopping_ = false;
    std::list<Connection> all_;
};

}  // namespace signalbox
