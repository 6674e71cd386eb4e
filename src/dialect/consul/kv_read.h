#pragma once

#include "dialect/consul/consul_call.h"

namespace signalbox::consul {

// GET /v1/kv/KEY: one key, raw or not, all below a prefix, or their names.
Result<void> read_kv(const ConsulCall& call);

// A key that can be written: nothing that Consul would refuse.
Result<void> check_key_text(std::string_view key);

}  // namespace signalbox::consul
