#include "base/random.h"

#include <bit>
#include <cstring>

#include "base/assert.h"

namespace signalbox {
namespace {

__extension__ using Product = unsigned __int128;

// Spreads a seed over the whole state, as the authors of xoshiro advise (splitmix64).
uint64_t spread(uint64_t& seed) {
    seed += 0x9e3779b97f4a7c15ULL;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

}  // namespace

Random::Random(uint64_t seed) {
    for (auto& word : state_) word = spread(seed);
}

uint64_t Random::next() {
    const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

uint64_t Random::below(uint64_t bound) {
    ASSERT(bound > 0);
    const uint64_t draw = next();
    return static_cast<uint64_t>((static_cast<Product>(draw) * bound) >> 64);
}

bool Random::chance(uint64_t numerator, uint64_t denominator) {
    return below(denominator) < numerator;
}

Uuid Random::uuid() {
    Uuid uuid;
    const uint64_t high = next();
    const uint64_t low = next();
    std::memcpy(uuid.bytes.data(), &high, sizeof high);
    std::memcpy(uuid.bytes.data() + sizeof high, &low, sizeof low);
    uuid.bytes[6] = static_cast<uint8_t>((uuid.bytes[6] & 0x0f) | 0x40);
    uuid.bytes[8] = static_cast<uint8_t>((uuid.bytes[8] & 0x3f) | 0x80);
    return uuid;
}

}  // namespace signalbox
