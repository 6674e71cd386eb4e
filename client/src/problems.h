#pragma once

#include <string>
#include <string_view>

#include "signalbox/client/problem.h"

namespace signalbox::client {

// Problems that this library finds itself; see Problem for their names.
Problem local_problem(std::string_view name, std::string detail, std::string field = {});

// The caller's stop token said so.
Problem cancelled();

// What the server said in the body of an answer that is no success.
Problem read_problem(int status, std::string_view body,
                     std::optional<std::chrono::seconds> retry_after);

// A success that cannot be understood.
Problem unexpected_answer(int status, std::string detail);

}  // namespace signalbox::client
