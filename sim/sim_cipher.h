#pragma once

#include "codec/body_cipher.h"

namespace signalbox {

// Keys of bodies that are always the same, known by a number.
inline BodyCipher::Key sim_key(unsigned char number) {
    BodyCipher::Key key{};
    key.fill(number);
    return key;
}

inline BodyCipher sim_cipher() {
    return BodyCipher({sim_key(1)});
}

}  // namespace signalbox
