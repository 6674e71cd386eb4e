#include "core/message_body.h"

#include <cstring>

#include <fmt/format.h>

#include "base/bytes.h"

namespace signalbox {
namespace {

// Never changes: what is on the disk would not open any more.
std::string bound_to(TenantId tenant, const MessageId& id, Instant created_at) {
    std::string bound;
    put_u32_le(bound, tenant.value);
    bound += id.raw();
    put_u64_be(bound, static_cast<uint64_t>(created_at.time_since_epoch().count()));
    return bound;
}

std::array<char, 12> draw_nonce(Random& random) {
    const uint64_t head = random.next();
    const uint64_t tail = random.next();
    std::array<char, 12> nonce{};
    std::memcpy(nonce.data(), &head, sizeof head);
    std::memcpy(nonce.data() + sizeof head, &tail, nonce.size() - sizeof head);
    return nonce;
}

}  // namespace

void MessageBodies::seal(TenantId tenant, const MessageId& id, MessageRow& row, Random& random) {
    const BodySeal seal{cipher_.ids().front(), draw_nonce(random)};
    cipher_.seal(seal.nonce, bound_to(tenant, id, row.created_at), row.body, sealed_);
    row.seal = seal;
    row.body = sealed_;
}

Result<std::string> MessageBodies::open(TenantId tenant, const MessageId& id,
                                        const MessageRow& row) const {
    if (!row.seal) return std::string(row.body);
    auto body = cipher_.open(*row.seal, bound_to(tenant, id, row.created_at), row.body);
    if (body) return body;
    return fail(body.error().code, fmt::format("message {} {}", id.text(), body.error().message));
}

}  // namespace signalbox
