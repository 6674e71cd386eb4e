#pragma once

#include <optional>
#include <string>

#include "members.h"
#include "signalbox/client/problem.h"

// What the writers of all kinds of documents have in common.

namespace signalbox::client {

// Fails for strings that are not UTF-8: another text in their place would be another name.
Result<std::string> text_of(const Json& document);

// The text of an object with one more member, as it is: read and written again, its numbers
// might not be the same. Fails when it is no object.
Result<std::string> with_object(std::string text, const std::string& name,
                                const std::string& object);

template <class T>
void set(Json& document, const char* name, const std::optional<T>& value) {
    if (value) document[name] = *value;
}
void set(Json& document, const char* name, const std::optional<Instant>& value);
void set(Json& document, const char* name, const std::optional<Duration>& value);
// Not when it is zero.
void set(Json& document, const char* name, Duration value);

}  // namespace signalbox::client
