#pragma once

#include "codec/json_writer.h"
#include "core/kv_commands.h"

namespace signalbox::consul {

// An entry as Consul shows it; without its value in answers to transactions that changed it.
void write_kv_entry(JsonWriter& json, const KvEntry& entry, bool with_value = true);

}  // namespace signalbox::consul
