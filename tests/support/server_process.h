#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "support/subprocess.h"
#include "support/temporary_directory.h"

namespace signalbox {

// The real server on loopback, with a data directory of its own that goes with this object.
//
//   ServerProcess server;                 // starts, on a free port
//   server.kill9();  server.start();      // the same data, the same port
//   EXPECT_EQ(server.terminate(), 0);
//
// What cannot be done is thrown, with what the server said.
class ServerProcess {
public:
    // `arguments` go behind those of `serve` that are needed here, such as --partitions 2.
    explicit ServerProcess(std::vector<std::string> arguments = {});
    ~ServerProcess();
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    // Returns when it accepts requests. On the same data and port as before.
    void start();
    // As a crash would; returns when it is gone.
    void kill9();
    // With SIGTERM, as an operator would; its exit status.
    int terminate();

    [[nodiscard]] const std::string& url() const { return url_; }  // http://127.0.0.1:40123
    [[nodiscard]] int port() const { return port_; }
    // Of a --tls-listen among the arguments.
    [[nodiscard]] std::string tls_url() const;
    [[nodiscard]] pid_t pid() const { return process_->pid(); }
    [[nodiscard]] std::filesystem::path data() const { return directory_.path() / "data"; }
    // What this run of it has logged.
    [[nodiscard]] std::string log() { return process_->errors(); }
    // The same, once that is in it.
    std::string wait_for_log(const std::string& text) { return process_->wait_for_errors(text); }
    // Stops it where it is, and lets it go on: a server that does not answer.
    void freeze();
    void thaw();

    // Where the server's program is, from the build.
    static const char* program();

private:
    const std::vector<std::string> arguments_;
    const TemporaryDirectory directory_{"server"};
    std::string url_;
    int port_ = 0;
    std::unique_ptr<Subprocess> process_;
};

}  // namespace signalbox
