#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// Patterns that say what somebody may do. What is done has a name of words with dots between
// them, such as "queues.orders.messages.post"; in a pattern `*` stands for any characters but a
// dot, `#` for any characters at all, and a `!` in front takes away what the rest would give.

namespace signalbox {

// Without a `!` in front. The time is bounded by the product of the lengths.
bool acl_matches(std::string_view pattern, std::string_view action);

// Whether one of the patterns gives the action and none takes it away; their order does not
// matter. No pattern at all gives nothing.
bool acl_allows(const std::vector<std::string>& patterns, std::string_view action);

// Whether every action that begins and ends so is given, whatever is between: by one pattern with a
// `#` where they differ. A pattern that takes something away could take one of them, so then no.
bool acl_allows_all(const std::vector<std::string>& patterns, std::string_view beginning,
                    std::string_view end);

// Letters, digits and . _ - : / * #, a `!` in front of them, and not more than that many bytes.
Result<void> check_acl_pattern(std::string_view pattern, size_t bytes_max);

}  // namespace signalbox
