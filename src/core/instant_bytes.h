#pragma once

#include <string>

#include "base/bytes.h"
#include "base/time.h"

namespace signalbox {

// A moment in a row: milliseconds since 1970 as a signed varint (docs/formats.md).
inline void put_instant(std::string& out, Instant at) {
    put_signed_varint(out, at.time_since_epoch().count());
}

inline Instant read_instant(ByteReader& reader) {
    return Instant(Duration(reader.signed_varint()));
}

}  // namespace signalbox
