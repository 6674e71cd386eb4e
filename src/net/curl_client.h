#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "port/http_client.h"

namespace signalbox {

// An HTTP client on an io thread: libcurl waits for its sockets through the thread's context, and
// resolves names in a thread of its own. The context's thread only.
class CurlClient : public HttpClient {
public:
    explicit CurlClient(boost::asio::io_context& context);
    // Nobody is told any more.
    ~CurlClient() override;
    CurlClient(const CurlClient&) = delete;
    CurlClient& operator=(const CurlClient&) = delete;

    void send(OutgoingRequest request, Then then) override;

private:
    class Implementation;
    std::shared_ptr<Implementation> implementation_;
};

}  // namespace signalbox
