#pragma once

#include <functional>

#include "dialect/consul/blocking_read.h"
#include "dialect/consul/registry_view.h"

namespace signalbox::consul {

// A read of the registry that waits for `target`: `find_out` gives the body and sets the index.
// Readers with the same `key` share it.
Result<void> read_registry(
    const ConsulCall& call, WatchTarget target, std::string key,
    std::function<Result<std::string>(const RegistryView& view, uint64_t& index)> find_out);

// node-meta=name:value, as often as it is given; all must be so.
Result<TextMap> node_meta_of(const ConsulCall& call);
bool has_meta(const NodeRecord& node, const TextMap& meta);
// All of these, in any case.
bool has_tags(const ServiceRecord& service, const std::vector<std::string>& tags);
// In the order of the query, for the key of a read.
std::string key_of(const std::vector<std::string>& texts);
std::string key_of(const TextMap& map);

}  // namespace signalbox::consul
