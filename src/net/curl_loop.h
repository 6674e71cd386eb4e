#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include <curl/curl.h>

namespace signalbox {

// Something that libcurl transfers: a request and its answer, or a mail. Told by the loop, on the
// context's thread.
class CurlTransfer {
public:
    virtual ~CurlTransfer() = default;

    // The handle that the transfer is made with, before it is begun.
    virtual void prepare(CURL* easy) = 0;
    // It is over, one way or the other. `easy` is good during the call.
    virtual void finished(CURL* easy, CURLcode code) = 0;
    // Whether an address may be connected to; false leaves it out. libcurl may have another one.
    virtual bool may_connect(const curl_sockaddr& /*address*/) { return true; }
};

// Transfers of libcurl on an io_context. Connections are kept for the next transfer to the same
// place, within a bound, and names are resolved on threads of their own, which nobody waits for.
// Many transfers to one place are made at the same time, each on its own connection, so none waits
// for another.
//
// Its sockets stay in an epoll of their own while they are kept: a transfer on a kept connection
// costs no call to set that up. The context's thread only.
class CurlLoop {
public:
    struct Options {
        long connections_kept_max = 16;
    };
    CurlLoop(boost::asio::io_context& context, Options options);
    // Nobody is told any more.
    ~CurlLoop();
    CurlLoop(const CurlLoop&) = delete;
    CurlLoop& operator=(const CurlLoop&) = delete;

    // Begins soon, not within this call.
    void start(std::unique_ptr<CurlTransfer> transfer);

private:
    class Implementation;
    std::shared_ptr<Implementation> implementation_;
};

}  // namespace signalbox
