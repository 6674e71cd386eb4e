#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace signalbox {

struct OutgoingMail {
    std::string from;  // addresses, without anything around them
    std::string to;
    std::string text;                             // header and body, with CRLF
    Duration timeout = std::chrono::seconds(30);  // for everything
};

// Hands mail to the operator's mail server. One thread, which it never blocks.
class Mailer {
public:
    // The error is `unavailable`, and says why the mail was not taken.
    using Then = std::function<void(Result<void>)>;

    virtual ~Mailer() = default;
    // Calls `then` once, later, on this thread; not any more once the mailer is destroyed.
    virtual void send(OutgoingMail mail, Then then) = 0;
};

}  // namespace signalbox
