#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace signalbox::client {

// Why a call did not do what it was asked. From the server, as RFC 9457 problem details; or
// from this library, with status 0, when no server answered:
//
//   unreachable        no connection, or it broke, and trying again did not help in time
//   cancelled          the caller's stop token said so
//   timed_out          the caller's own time was over, though the server was there
//   invalid_argument   the call cannot even be sent; `field` names the part
//   lost               a ticket or session that the caller believed to hold is gone
//
// An answer that makes no sense has the server's status and the type unexpected_answer.
struct Problem {
    int status = 0;
    std::string type;    // "urn:signalbox:problem:conflict"
    std::string title;   // the same in words
    std::string detail;  // one sentence about this case
    std::string field;   // the part of the request at fault, empty when none in particular
    std::optional<std::chrono::seconds> retry_after;

    // Is the last part of the type `name`?
    [[nodiscard]] bool is(std::string_view name) const;
    // The sentence to show to a person.
    [[nodiscard]] const std::string& text() const { return detail.empty() ? title : detail; }
};

template <class T>
using Result = tl::expected<T, Problem>;

}  // namespace signalbox::client
