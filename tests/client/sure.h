#pragma once

#include <stdexcept>
#include <type_traits>
#include <utility>

#include "signalbox/client/problem.h"

namespace signalbox::client {

// The value; or an exception with the problem, which fails the test.
template <class T>
T sure(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().type + ": " + result.error().text());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace signalbox::client
