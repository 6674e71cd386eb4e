#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/sim_http.h"

namespace signalbox {

// What Consul's clients have lived through, and what must have been so: an index never goes back,
// what was acknowledged is there, and a key has one holder at a time, and none for a while when
// that one is gone; a service passes for as long as it says so in time, and not for ever.
class RegistryOracle {
public:
    // Of a read of something, or of a write, whatever it is called: what was known when it was sent
    // must show in its answer.
    [[nodiscard]] uint64_t index_known(const std::string& what) const;
    void index_seen(const std::string& what, uint64_t known, uint64_t index);

    [[nodiscard]] uint64_t value_known(const std::string& key) const;
    void value_acknowledged(const std::string& key, uint64_t value);
    void value_seen(const std::string& key, uint64_t known, uint64_t value);

    // Whoever was told to hold the key believes so until then, or until letting go.
    void holds(unsigned client, SteadyInstant now, SteadyInstant until);
    void believes_until(unsigned client, SteadyInstant until);
    void lets_go(unsigned client);
    // Its session ends without that; nobody is given the key before then.
    void dies(unsigned client, SteadyInstant free_from);

    // What is certain of services: that they are off the registry, or pass until then.
    struct Services {
        std::set<std::string> gone;
        std::map<std::string, SteadyInstant> passing;
        std::map<std::string, unsigned> doubts;  // how often that became uncertain
    };
    [[nodiscard]] const Services& services() const { return services_; }
    void service_passes(const std::string& id, SteadyInstant until);
    void service_may_fail(const std::string& id);
    void service_is_gone(const std::string& id) { services_.gone.insert(id); }
    struct Instances {
        std::set<std::string> all;
        std::set<std::string> passing;
    };
    // By somebody who asked when that was known.
    void instances_seen(const Services& known, const Instances& seen);
    // These are all whose ids begin so.
    void all_instances_seen(const std::string& prefix, const Services& known, const Instances& seen,
                            SteadyInstant now);

    void complain(std::string text) { complaints_.push_back(std::move(text)); }
    [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }
    [[nodiscard]] uint64_t digest() const { return digest_; }

private:
    std::map<std::string, uint64_t> indexes_;
    std::map<std::string, uint64_t> values_;
    std::map<unsigned, SteadyInstant> holders_;
    Services services_;
    SteadyInstant free_from_ = SteadyInstant::min();
    std::vector<std::string> complaints_;
    uint64_t digest_ = 0;
};

class KeyClient;

// The part of a run that is about keys, sessions and services: writers, readers that wait, some who
// want to hold the same key, and some who say that they are there.
class RegistryScene {
public:
    explicit RegistryScene(World& world);
    ~RegistryScene();

    void begin();
    void act();
    void cut_one();
    void hang_up_one();
    // True when nobody is busy any more.
    bool retire();
    // When nothing is under way: whoever waits does so for what has not changed.
    void finish();

    [[nodiscard]] const RegistryOracle& oracle() const { return oracle_; }

private:
    World& world_;
    RegistryOracle oracle_;
    std::vector<std::unique_ptr<KeyClient>> clients_;
};

}  // namespace signalbox
