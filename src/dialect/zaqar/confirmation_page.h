#pragma once

#include <string_view>

#include "dialect/zaqar/zaqar_routes.h"

// A page for subscribers that have nothing but a mail and a browser: the link in the mail shows it,
// and its buttons confirm. Opening the link changes nothing, because those who look into mails for
// others do that, too.

namespace signalbox::zaqar {

// What a link to it begins with, behind the public URL. Its parameters are Signature, Methods,
// Paths, Project and Expires, which are those of a signed URL.
inline constexpr std::string_view confirmation_page_path = "/zaqar/confirmation";

void add_confirmation_page(RouteTable& routes);

}  // namespace signalbox::zaqar
