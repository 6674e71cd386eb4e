#include "core/identity.h"

#include "base/bytes.h"
#include "codec/digest.h"

namespace signalbox {

std::optional<Uuid> user_uuid_of(std::string_view tenant, std::string_view user) {
    if (user.empty()) return std::nullopt;
    if (auto uuid = Uuid::parse(user)) return uuid;
    Uuid uuid;
    if (read_hex(user, uuid.bytes.data(), uuid.bytes.size())) return uuid;
    std::string name = "signalbox user";
    put_bytes(name, tenant);
    put_bytes(name, user);
    uuid = Uuid::from_raw(std::string_view(sha256(name)).substr(0, sizeof(Uuid)));
    // Version 8: made in a way of our own.
    uuid.bytes[6] = static_cast<uint8_t>(0x80 | (uuid.bytes[6] & 0x0f));
    uuid.bytes[8] = static_cast<uint8_t>(0x80 | (uuid.bytes[8] & 0x3f));
    return uuid;
}

}  // namespace signalbox
