#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "net/transport.h"

namespace signalbox {

// Certificates and rules of the server's side of TLS 1.2 and 1.3. Shared by all connections;
// any thread.
class TlsContext {
public:
    // Both files are PEM; the certificate's may hold the chain.
    static Result<std::shared_ptr<TlsContext>> load(const std::string& certificate_file,
                                                    const std::string& key_file);
    virtual ~TlsContext() = default;
    // OpenSSL directly on the descriptor, which gives its buffers back while it is idle:
    // 16 KB a connection instead of 78 with a stream in between.
    virtual std::unique_ptr<Transport> make_transport(int descriptor) = 0;
};

}  // namespace signalbox
