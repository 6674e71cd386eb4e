#pragma once

#include <cstdint>
#include <string_view>

namespace signalbox {

// 64-bit XXH3. Guards what we store against torn writes and bit rot, and spreads strings over
// tables; not against an adversary who may choose the seed.
uint64_t checksum(std::string_view bytes, uint64_t seed = 0);

}  // namespace signalbox
