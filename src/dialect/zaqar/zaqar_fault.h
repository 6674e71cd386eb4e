#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/result.h"
#include "codec/http_message.h"

namespace signalbox::zaqar {

// An error as Zaqar tells it: {"title", "description"}.
struct Fault {
    uint16_t status = 400;
    std::string title{};
    std::string description{};  // empty: not sent
    bool is_bare = false;       // the answer has no body at all
    bool is_passing = false;    // with Retry-After

    bool operator==(const Fault&) const = default;
};

template <class T>
using Checked = tl::expected<T, Fault>;

inline tl::unexpected<Fault> refuse(Fault fault) {
    return tl::unexpected<Fault>(std::move(fault));
}

// 400 for limits and the rules of parameters; for JSON and the types of its fields; for parameters
// that are no number or flag.
Fault invalid_request(std::string description);
Fault invalid_body(std::string description);
Fault invalid_parameter(std::string_view name, std::string_view what);
Fault not_found(std::string description);
Fault conflict(std::string description);
Fault forbidden();
Fault no_such_route();
Fault unavailable(std::string description);

// What the core refused, where the route knows nothing better.
Fault fault_of(const Error& error);

HttpResponse render(const Fault& fault);

}  // namespace signalbox::zaqar
