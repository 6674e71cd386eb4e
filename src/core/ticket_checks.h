#pragma once

#include <string_view>

#include "base/limits.h"
#include "base/result.h"
#include "core/ticket_commands.h"

// What commands about tickets must satisfy in themselves, before anything of them happens.

namespace signalbox {

// `field` names the text in the error.
Result<void> check_name(std::string_view field, std::string_view text, const TicketLimits& limits);
Result<void> check_create(const CreateTicket& command, const TicketLimits& limits);

}  // namespace signalbox
