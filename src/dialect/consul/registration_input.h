#pragma once

#include "core/registry_commands.h"
#include "dialect/consul/consul_call.h"

// Services and checks as clients register them. Members that nobody knows are refused by name.

namespace signalbox::consul {

// Of agent/service/register: the service and its checks, whose ids follow from the service's.
Result<Register> read_agent_service(const JsonValue& body);
// Of agent/check/register.
Result<Register> read_agent_check(const JsonValue& body);
// Of catalog/register: a node, and a service and checks on it.
Result<Register> read_catalog_registration(const ConsulCall& call, const JsonValue& body);

Result<CheckStatus> parse_status(std::string_view text);

}  // namespace signalbox::consul
