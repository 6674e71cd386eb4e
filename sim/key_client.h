#pragma once

#include <optional>
#include <string>

#include "sim/registry_scene.h"

namespace signalbox {

// A client of Consul's routes in the simulator: one request at a time.
class KeyClient {
public:
    KeyClient(World& world, RegistryOracle& oracle, unsigned number)
        : world_(world), oracle_(oracle), number_(number), http_(world) {}
    virtual ~KeyClient() = default;

    void act();
    // It begins with nothing more; true when it is done.
    bool retire();
    virtual void cut() { http_.cut(); }
    virtual void hang_up() { http_.hang_up(); }

protected:
    virtual void begin() = 0;
    virtual void answered(const SimResponse& response) = 0;
    // Nobody knows whether it was done.
    virtual void broken() {}

    [[nodiscard]] SteadyInstant now() const { return world_.clock().now().steady; }
    bool send(const std::string& method, const std::string& target, const std::string& body = {}) {
        return http_.send({method, "/v1/" + target, {}, body});
    }
    static uint64_t index_of(const SimResponse& response);

    World& world_;
    RegistryOracle& oracle_;
    const unsigned number_;
    SimHttp http_;
    bool retires_ = false;
};

// Writes higher and higher numbers under a key of its own, and makes and deletes others.
class KeyWriter : public KeyClient {
public:
    using KeyClient::KeyClient;

private:
    void begin() override;
    void answered(const SimResponse& response) override;
    void broken() override { seen_index_.reset(); }

    uint64_t number_written_ = 0;
    std::string key_;  // of the request under way; empty: it does not matter
    // What its own key was like when it last looked. It writes only over that: what it asked for on
    // a connection that it has left may still be done.
    std::optional<uint64_t> seen_index_;
};

// Reads keys and prefixes, and waits for their next change.
class KeyReader : public KeyClient {
public:
    using KeyClient::KeyClient;

private:
    void begin() override;
    void answered(const SimResponse& response) override;

    std::string target_;  // without parameters; empty: it looks for another one
    bool is_number_ = false;
    uint64_t index_ = 0;
    uint64_t known_index_ = 0;
    uint64_t known_value_ = 0;
};

// Wants to hold the key that the others want, for as long as its session lives.
class LockSeeker : public KeyClient {
public:
    using KeyClient::KeyClient;
    // It dies without a word.
    void cut() override;
    void hang_up() override;

private:
    enum class Stage : uint8_t { none, making, idle, renewing, acquiring, holding, releasing };

    void begin() override;
    void answered(const SimResponse& response) override;
    void broken() override;
    void forget();

    Stage stage_ = Stage::none;
    std::string session_;
    bool holds_ = false;
    bool is_ended_ = false;  // it has asked for its session to be destroyed
    Duration lock_delay_{};
    SteadyInstant sent_at_;
    SteadyInstant until_;  // it may be believed that the session lives
};

}  // namespace signalbox
