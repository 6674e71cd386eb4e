#pragma once

// ASSERT states what only a bug in Signalbox can break: an invariant, a contract between floors.
// It stays on in release builds, because stopping is better than continuing wrongly. It is
// never used on input: whatever the outside can cause is a Result (base/result.h).

namespace signalbox {

// Prints the broken expectation and its place to stderr, then aborts.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace signalbox

#define ASSERT(expression)                              \
    (__builtin_expect(static_cast<bool>(expression), 1) \
         ? static_cast<void>(0)                         \
         : ::signalbox::assertion_failed(#expression, __FILE__, __LINE__))
