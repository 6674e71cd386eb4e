#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "port/http_client.h"

namespace signalbox {

// Asks other servers and waits for the answer, for programs that have nothing better to do. It
// keeps its connection for the next call. One thread at a time.
class HttpCaller {
public:
    // `ca_file`: authorities to trust for https, as PEM; the system's when it is empty.
    explicit HttpCaller(std::string ca_file);
    ~HttpCaller();
    HttpCaller(const HttpCaller&) = delete;
    HttpCaller& operator=(const HttpCaller&) = delete;

    // `unavailable` when there was no whole answer, or `stop` was requested.
    Result<IncomingResponse> call(const OutgoingRequest& request, const std::stop_token& stop);

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace signalbox
