#pragma once

#include <string>
#include <string_view>

#include "core/identity.h"

namespace signalbox::wazo {

// Whether somebody's patterns give an access, as Wazo's services read them: the same grammar as
// core/acl, in which the word `me` stands for the user as well as for itself, `my_session` for the
// token, and `edit` and `update` are one word. Without any pattern everything is given.
bool is_given(const Identity& identity, std::string_view access);
// The same of what only patterns give, and not their absence.
bool is_given_by_pattern(const Identity& identity, std::string_view access);

// The word that stands for whoever an event is sent to, filled in.
std::string for_receiver(std::string_view access, const Uuid& user);

}  // namespace signalbox::wazo
