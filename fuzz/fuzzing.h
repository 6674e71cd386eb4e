#pragma once

#include <string_view>

#include "base/assert.h"

namespace signalbox {

// What each fuzzer defines: takes any bytes and asserts what must hold for all of them. Whatever
// aborts, wakes a sanitizer or takes too long is a finding.
void fuzz_one(std::string_view input);

}  // namespace signalbox
