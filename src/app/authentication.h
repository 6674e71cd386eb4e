#pragma once

#include <functional>
#include <memory>

#include "app/options.h"
#include "dialect/auth/authenticator.h"
#include "port/clock.h"
#include "port/http_client.h"
#include "runtime/node.h"

namespace signalbox {

// Makes the authenticators of a server's io threads.
using MakeAuthenticator = std::function<std::unique_ptr<Authenticator>(HttpClient& client)>;

// Reads the files that the options name, and makes the root token when it has to; fails with what
// is wrong with one of them. `node` and `clock` outlive what is made, and `node` has its
// partitions when the first one is made.
Result<MakeAuthenticator> prepare_authentication(const ServeOptions& options, const Node& node,
                                                 const Clock& clock);

}  // namespace signalbox
