#include "sim/registry_scene.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/checksum.h"
#include "sim/service_client.h"

namespace signalbox {

uint64_t RegistryOracle::index_known(const std::string& what) const {
    const auto found = indexes_.find(what);
    return found == indexes_.end() ? 0 : found->second;
}

void RegistryOracle::index_seen(const std::string& what, uint64_t known, uint64_t index) {
    if (index < known) {
        complain(fmt::format("the index of {} went from {} back to {}", what, known, index));
    }
    auto& last = indexes_[what];
    last = std::max(last, index);
    digest_ = checksum(fmt::format("{} {}", what, index), digest_);
}

uint64_t RegistryOracle::value_known(const std::string& key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? 0 : found->second;
}

void RegistryOracle::value_acknowledged(const std::string& key, uint64_t value) {
    auto& last = values_[key];
    last = std::max(last, value);
}

// What was read once cannot be unread, be it acknowledged or not.
void RegistryOracle::value_seen(const std::string& key, uint64_t known, uint64_t value) {
    if (value < known) {
        complain(fmt::format("{} was {} and is {}", key, known, value));
    }
    value_acknowledged(key, value);
}

void RegistryOracle::holds(unsigned client, SteadyInstant now, SteadyInstant until) {
    for (const auto& [other, believes] : holders_) {
        if (other == client || believes <= now) continue;
        complain(fmt::format("client {} was given the key that client {} holds", client, other));
    }
    if (now < free_from_) {
        complain(fmt::format("client {} was given the key within its lock-delay", client));
    }
    holders_.insert_or_assign(client, until);
}

void RegistryOracle::believes_until(unsigned client, SteadyInstant until) {
    holders_.insert_or_assign(client, until);
}

void RegistryOracle::lets_go(unsigned client) {
    holders_.erase(client);
}

void RegistryOracle::dies(unsigned client, SteadyInstant free_from) {
    holders_.erase(client);
    free_from_ = std::max(free_from_, free_from);
}

void RegistryOracle::service_passes(const std::string& id, SteadyInstant until) {
    auto& last = services_.passing[id];
    last = std::max(last, until);
}

void RegistryOracle::service_may_fail(const std::string& id) {
    services_.passing.erase(id);
    ++services_.doubts[id];
}

void RegistryOracle::instances_seen(const Services& known, const Instances& seen) {
    for (const auto& id : seen.all) {
        if (known.gone.contains(id)) complain(id + " is there, and was taken off");
    }
}

void RegistryOracle::all_instances_seen(const std::string& prefix, const Services& known,
                                        const Instances& seen, SteadyInstant now) {
    const auto doubts = [](const Services& services, const std::string& id) {
        const auto found = services.doubts.find(id);
        return found == services.doubts.end() ? 0 : found->second;
    };
    for (const auto& [id, until] : known.passing) {
        const bool is_certain =
            id.starts_with(prefix) && now < until && doubts(known, id) == doubts(services_, id);
        if (is_certain && !seen.passing.contains(id)) {
            complain(id + " does not pass, and says it works");
        }
    }
}

RegistryScene::RegistryScene(World& world) : world_(world) {}

RegistryScene::~RegistryScene() = default;

void RegistryScene::begin() {
    Random& random = world_.random();
    unsigned number = 0;
    const auto add = [&]<class Client>(uint64_t at_most) {
        for (uint64_t left = random.below(at_most + 1); left > 0; --left) {
            clients_.push_back(std::make_unique<Client>(world_, oracle_, number++));
        }
    };
    add.operator()<KeyWriter>(4);
    add.operator()<KeyReader>(6);
    add.operator()<LockSeeker>(4);
    add.operator()<ServiceKeeper>(4);
    add.operator()<ServiceReader>(4);
}

void RegistryScene::act() {
    for (const auto& client : clients_) client->act();
}

void RegistryScene::cut_one() {
    if (!clients_.empty()) clients_[world_.random().below(clients_.size())]->cut();
}

void RegistryScene::hang_up_one() {
    if (!clients_.empty()) clients_[world_.random().below(clients_.size())]->hang_up();
}

bool RegistryScene::retire() {
    bool idle = true;
    for (const auto& client : clients_) idle = client->retire() && idle;
    return idle;
}

// Everything once more, by somebody who has seen nothing: it is as it was last seen, or later.
void RegistryScene::finish() {
    for (const auto* target : {"own/0", "own/1", "own/2", "own/?recurse", "junk/?recurse",
                               "junk/0?keys", "junk/1?keys", "junk/2?keys", "?keys"}) {
        SimHttp http(world_);
        http.send({"GET", std::string("/v1/kv/") + target, {}, {}});
        SimResponse response;
        do {
            world_.settle();
        } while (http.poll(response) != SimHttp::Progress::answered);
        const auto index = response.field("x-consul-index");
        oracle_.index_seen(target, oracle_.index_known(target),
                           index.empty() ? 0 : std::stoull(index));
    }
    world_.advance(std::chrono::minutes(3));
    ServiceReader::check_that_nobody_passes(world_, oracle_);
}

}  // namespace signalbox
