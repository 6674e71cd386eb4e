#pragma once

#include <string>

#include "base/random.h"
#include "codec/body_cipher.h"
#include "core/queue_rows.h"

namespace signalbox {

// What a message's row has for a body: the body itself, or, when the queue's setting `encrypt` was
// on as it was posted, what only the server's keys make the body of again. Each row says which, so
// it stays readable whatever the setting becomes, and moves to another queue as it is.
//
// Sealed bodies are bound to what never changes of a message, which is its tenant, its id and when
// it was created, so that none can be put in the place of another. Owned by Queues; core thread.
class MessageBodies {
public:
    explicit MessageBodies(BodyCipher cipher) : cipher_(std::move(cipher)) {}

    // Of a row that is about to be written for the first time. Then its body points into this,
    // until the next one is sealed.
    void seal(TenantId tenant, const MessageId& id, MessageRow& row, Random& random);
    // As it was posted. `unavailable` when the server does not have the key, `internal` when the
    // row is not as it was written.
    [[nodiscard]] Result<std::string> open(TenantId tenant, const MessageId& id,
                                           const MessageRow& row) const;

private:
    const BodyCipher cipher_;
    std::string sealed_;
};

}  // namespace signalbox
