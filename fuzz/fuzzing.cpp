#include "fuzz/fuzzing.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    signalbox::fuzz_one({reinterpret_cast<const char*>(data), size});
    return 0;
}
