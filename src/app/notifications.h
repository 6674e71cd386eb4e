#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "app/options.h"
#include "net/dispatch_thread.h"
#include "port/disk.h"

// How a server tells its subscribers, put together from its options and what it keeps.

namespace signalbox {

// What webhooks are signed with: made once, and kept with the data.
Result<std::string> load_webhook_secret(Disk& disk);

// With `form`, which outlives the server.
Result<DispatchOptions> prepare_dispatch(const ServeOptions& options, std::string webhook_secret,
                                         const NotificationForm& form);

}  // namespace signalbox
