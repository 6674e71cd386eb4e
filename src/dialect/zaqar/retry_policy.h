#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace signalbox::zaqar {

// What a `_retry_policy` must be like, as a queue's setting or as an option of a subscription:
// `policy` is the text of any valid JSON value. Fails with a sentence.
tl::expected<void, std::string> check_retry_policy(std::string_view policy);

}  // namespace signalbox::zaqar
