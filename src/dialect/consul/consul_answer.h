#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/http_message.h"

namespace signalbox::consul {

// Errors are plain text.
HttpResponse text_answer(uint16_t status, std::string text);
// Of what the core, or a check of the request, has refused.
HttpResponse error_answer(const Error& error);
HttpResponse json_answer(std::string body);
// Writes below agent/ say nothing.
HttpResponse empty_answer();
HttpResponse bool_answer(bool value);

// Compact JSON with line breaks and four spaces a level, as ?pretty asks for.
std::string pretty(std::string_view json);

}  // namespace signalbox::consul
