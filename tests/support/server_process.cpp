#include "support/server_process.h"

#include <string_view>

#include <signal.h>

namespace signalbox {
namespace {

constexpr std::string_view ready = "signalbox ready on ";

// The first address of that kind in "signalbox ready on http://127.0.0.1:40123".
std::string url_in(const std::string& output, const std::string& scheme) {
    const size_t begin = output.find(std::string(ready) + scheme) + ready.size();
    return output.substr(begin, output.find('\n', begin) - begin);
}

}  // namespace

ServerProcess::ServerProcess(std::vector<std::string> arguments)
    : arguments_(std::move(arguments)) {
    start();
}

ServerProcess::~ServerProcess() {
    process_.reset();
}

const char* ServerProcess::program() {
    return SIGNALBOX_PROGRAM;
}

void ServerProcess::start() {
    Subprocess::Spec spec;
    spec.words = {program(),       "serve",    "--data",
                  data().string(), "--listen", "127.0.0.1:" + std::to_string(port_)};
    spec.words.insert(spec.words.end(), arguments_.begin(), arguments_.end());
    process_ = std::make_unique<Subprocess>(spec);
    url_ = url_in(process_->wait_for_output("\n"), "http:");
    port_ = std::stoi(url_.substr(url_.rfind(':') + 1));
}

std::string ServerProcess::tls_url() const {
    return url_in(process_->wait_for_output("https:"), "https:");
}

void ServerProcess::kill9() {
    process_->send_signal(SIGKILL);
    process_->wait();
}

int ServerProcess::terminate() {
    process_->send_signal(SIGTERM);
    return process_->wait();
}

void ServerProcess::freeze() {
    process_->send_signal(SIGSTOP);
}

void ServerProcess::thaw() {
    process_->send_signal(SIGCONT);
}

}  // namespace signalbox
