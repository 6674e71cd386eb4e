#pragma once

#include "signalbox/client/problem.h"

// As in the server's base/result.h, which this library does not see.

#define SIGNALBOX_CLIENT_CONCAT_INNER(a, b) a##b
#define SIGNALBOX_CLIENT_CONCAT(a, b) SIGNALBOX_CLIENT_CONCAT_INNER(a, b)
#define SIGNALBOX_CLIENT_TRY_AS(declaration, expression, name) \
    auto name = (expression);                                  \
    if (!name) return tl::unexpected(std::move(name).error()); \
    declaration = std::move(*name)

// TRY_AS(auto ticket, read_ticket(text)): declares `ticket`, or returns the problem.
#define TRY_AS(declaration, expression) \
    SIGNALBOX_CLIENT_TRY_AS(declaration, expression, SIGNALBOX_CLIENT_CONCAT(try_as_, __LINE__))

// TRY(check(request)): the same for Result<void>, or for a value that is not wanted.
#define TRY(expression)                                           \
    do {                                                          \
        if (auto try_result = (expression); !try_result)          \
            return tl::unexpected(std::move(try_result).error()); \
    } while (false)
