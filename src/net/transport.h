#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include <sys/uio.h>

namespace signalbox {

enum class IoStatus : uint8_t {
    done,        // some bytes, maybe not all
    want_read,   // again when the descriptor is readable
    want_write,  // again when it is writable
    closed,      // the peer sends nothing more
    failed,      // the connection is of no more use
};

struct IoResult {
    IoStatus status = IoStatus::failed;
    size_t bytes = 0;
};

// Bytes in and out of a connected, non-blocking descriptor, plain or through TLS. Owns nothing
// but its own state; the descriptor stays open until after it is gone.
class Transport {
public:
    virtual ~Transport() = default;
    virtual IoResult read(std::span<char> into) = 0;
    virtual IoResult write(std::span<const iovec> pieces) = 0;
    // Says goodbye, if the protocol has a word for it. Does not wait.
    virtual void shut_down() = 0;
};

std::unique_ptr<Transport> make_plain_transport(int descriptor);

}  // namespace signalbox
