#pragma once

#include <optional>
#include <set>
#include <string>

#include "sim/key_client.h"

namespace signalbox {

// Registers a service with a TTL check, says now and then that it works, and takes it off again, or
// dies without a word. Whenever nobody can know what became of a request, it goes on with a service
// of another name: what it asked for on a connection that it has left may still be done.
class ServiceKeeper : public KeyClient {
public:
    using KeyClient::KeyClient;
    void cut() override;
    void hang_up() override;

private:
    enum class Asked : uint8_t { something, registration, passing, deregistration };

    void begin() override;
    void answered(const SimResponse& response) override;
    void broken() override { id_.clear(); }
    void ask(Asked what, const std::string& target, const std::string& body = {});
    void move_a_check();

    std::string id_;  // empty: it has none
    bool is_registered_ = false;
    unsigned services_ = 0;  // that it has had
    Asked asked_ = Asked::something;
    SteadyInstant sent_at_;
    SteadyInstant seen_alive_;  // when it last said so
};

// Reads the instances of a service, all or those that pass, and waits for their next change.
class ServiceReader : public KeyClient {
public:
    using KeyClient::KeyClient;
    // When the keepers are gone and their time is over.
    static void check_that_nobody_passes(World& world, RegistryOracle& oracle);

private:
    void begin() override;
    void answered(const SimResponse& response) override;

    std::string target_;  // empty: it looks for another one
    RegistryOracle::Services known_;
    uint64_t index_ = 0;
    uint64_t known_index_ = 0;
};

}  // namespace signalbox
