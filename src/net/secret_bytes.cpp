#include "net/secret_bytes.h"

#include <openssl/rand.h>

#include "base/assert.h"

namespace signalbox {

std::string secret_bytes(size_t count) {
    std::string bytes(count, '\0');
    const int made =
        RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    ASSERT(made == 1);
    return bytes;
}

}  // namespace signalbox
