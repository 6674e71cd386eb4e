#include "dialect/consul/registry_read.h"

#include <algorithm>

#include "dialect/consul/consul_answer.h"

namespace signalbox::consul {

Result<void> read_registry(
    const ConsulCall& call, WatchTarget target, std::string key,
    std::function<Result<std::string>(const RegistryView& view, uint64_t& index)> find_out) {
    ReadSpec spec;
    spec.target = std::move(target);
    spec.key = std::move(key);
    spec.is_lengthy = true;
    spec.shows_consistency = true;
    spec.evaluate = [find_out = std::move(find_out), options = call.shared_options()](
                        std::shared_ptr<const StoreSnapshot> snapshot, TenantId tenant) {
        return at_once([=]() -> Result<ReadAnswer> {
            ReadAnswer answer;
            TRY_AS(auto body, find_out(RegistryView(*snapshot, tenant, *options), answer.index));
            answer.body = std::make_shared<const std::string>(std::move(body));
            answer.head = json_answer({});
            return answer;
        });
    };
    return read(call, std::move(spec));
}

Result<TextMap> node_meta_of(const ConsulCall& call) {
    TextMap meta;
    for (const auto& text : call.texts("node-meta")) {
        const size_t colon = text.find(':');
        meta.insert_or_assign(text.substr(0, colon),
                              colon == std::string::npos ? "" : text.substr(colon + 1));
    }
    return meta;
}

bool has_meta(const NodeRecord& node, const TextMap& meta) {
    return std::all_of(meta.begin(), meta.end(), [&](const auto& wanted) {
        const auto found = node.meta.find(wanted.first);
        return found != node.meta.end() && found->second == wanted.second;
    });
}

bool has_tags(const ServiceRecord& service, const std::vector<std::string>& tags) {
    return std::all_of(tags.begin(), tags.end(), [&](const std::string& tag) {
        return std::any_of(service.tags.begin(), service.tags.end(),
                           [&](const std::string& own) { return equals_ignoring_case(own, tag); });
    });
}

std::string key_of(const std::vector<std::string>& texts) {
    std::string key;
    for (const auto& text : texts) key.append("\n").append(text);
    return key;
}

std::string key_of(const TextMap& map) {
    std::string key;
    for (const auto& [name, value] : map) {
        key.append("\n").append(name).append(":").append(value);
    }
    return key;
}

}  // namespace signalbox::consul
