#pragma once

#include <string>

#include "codec/ip_address.h"
#include "net/curl_loop.h"
#include "port/http_client.h"

namespace signalbox {

// An HTTP client on a loop of libcurl's. Nothing is under way when it is
// destroyed, unless the loop goes with it. The loop's thread only.
class CurlClient : public HttpClient {
public:
    struct Options {
        // Says what is wrong with an address that must not be called, which is that about to be
        // connected to and not what a name says; all may be called when there is none.
        std::function<std::optional<std::string_view>(const IpAddress&)> refuses;
        // Where the environment says that there is one.
        bool uses_proxy = true;
        std::string ca_file;  // empty: those of the system
    };
    CurlClient(CurlLoop& loop, Options options);

    void send(OutgoingRequest request, Then then) override;

private:
    CurlLoop& loop_;
    const Options options_;
};

}  // namespace signalbox
