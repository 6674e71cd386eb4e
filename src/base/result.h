#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>

// The error value of the whole tree. Everything the outside can cause is returned as
// Result<T>; exceptions of foreign libraries are translated where they enter.

namespace signalbox {

// A closed set. Each dialect maps it to its own statuses in one switch without default, so a
// new code cannot be forgotten anywhere.
enum class ErrorCode : uint8_t {
    invalid_argument,  // the request is wrong in itself; `field` names the part
    unauthenticated,
    forbidden,
    not_found,
    conflict,    // right in itself, but not in the present state
    key_reused,  // an idempotency key that belongs to another request
    precondition_failed,
    too_large,    // a body or value beyond its limit
    overloaded,   // a limit on how many things may exist is reached; retrying may help
    unavailable,  // not now: starting, stopping, disk full, store failed
    internal,     // a bug or a broken file; the message says which
};

// Short stable name, for logs, metrics and the native dialect ("invalid_argument").
const char* error_code_name(ErrorCode code);

struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string message;  // one sentence for a person, without the field's name in front
    std::string field;    // the parameter at fault, empty when it is none in particular
};

template <class T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message,
                                                std::string field = {}) {
    return tl::unexpected<Error>(Error{code, std::move(message), std::move(field)});
}

[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>(std::move(error));
}

}  // namespace signalbox

#define SIGNALBOX_CONCAT_INNER(a, b) a##b
#define SIGNALBOX_CONCAT(a, b) SIGNALBOX_CONCAT_INNER(a, b)
#define SIGNALBOX_TRY_AS(declaration, expression, name)           \
    auto name = (expression);                                     \
    if (!name) return ::signalbox::fail(std::move(name).error()); \
    declaration = std::move(*name)

// TRY_AS(const auto seq, line.join(owner)): declares `seq`, or returns the error to the caller.
#define TRY_AS(declaration, expression) \
    SIGNALBOX_TRY_AS(declaration, expression, SIGNALBOX_CONCAT(try_as_, __LINE__))

// TRY(store.flush()): the same for Result<void>, or for a value that is not wanted.
#define TRY(expression)                                              \
    do {                                                             \
        if (auto try_result = (expression); !try_result)             \
            return ::signalbox::fail(std::move(try_result).error()); \
    } while (false)
