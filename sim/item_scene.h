#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/item_oracle.h"
#include "sim/sim_http.h"

namespace signalbox {

// Follows a collection from its state on; when its connection breaks it comes back with the last
// cursor it got, or begins anew: where there is none, when it is told to, or because it wants to.
class ItemFollower {
public:
    ItemFollower(World& world, ItemOracle& oracle, const std::string& name, std::string target,
                 bool only_owned)
        : world_(world),
          oracle_(oracle, name, only_owned),
          target_(std::move(target)),
          http_(world) {}

    void act();
    void cut() { http_.cut(); }
    void check_at_rest() { oracle_.check_at_rest(); }
    [[nodiscard]] uint64_t resyncs() const { return resyncs_; }

private:
    void take_event(const std::string& text);

    World& world_;
    ItemOracle::Follower oracle_;
    const std::string target_;
    SimHttp http_;
    std::string cursor_;
    std::string buffer_;
    bool begun_ = false;
    uint64_t resyncs_ = 0;
};

// Follows a collection with a question for each answer: it lists what there is, and asks then what
// has changed behind the cursor that it got last, at most so much at a time.
class ItemPoller {
public:
    ItemPoller(World& world, ItemOracle& oracle, const std::string& name, std::string target,
               bool only_owned)
        : world_(world),
          oracle_(oracle, name, only_owned),
          target_(std::move(target)),
          http_(world) {}

    void act();
    void cut() { http_.cut(); }
    // Nothing changes any more. True when it has been told so.
    bool retire();
    void check_at_rest() { oracle_.check_at_rest(); }

private:
    void ask();
    void take_list(const std::string& body);
    void take_changes(const std::string& body);

    World& world_;
    ItemOracle::Follower oracle_;
    const std::string target_;
    SimHttp http_;
    std::string cursor_;
    bool asked_for_list_ = false;
    bool is_retired_ = false;
    bool asked_at_the_end_ = false;
    bool is_done_ = false;
};

// Those who change a collection, those who make its changes true, and those who follow it.
class ItemScene {
public:
    explicit ItemScene(World& world);

    void act();
    void observe() { oracle_.observe(world_); }
    void cut_one();
    // Nobody begins anything any more. True when all operations have ended.
    bool retire();
    void check_at_rest();

    [[nodiscard]] uint64_t digest() const { return oracle_.digest(); }
    [[nodiscard]] const std::vector<std::string>& complaints() const;

private:
    void write();
    void report();
    [[nodiscard]] std::string some_item();
    void answered(const SimResponse& response, const std::string& what);

    World& world_;
    ItemOracle oracle_;
    SimHttp writer_;
    SimHttp worker_;
    std::vector<std::unique_ptr<ItemFollower>> followers_;
    std::vector<std::unique_ptr<ItemPoller>> pollers_;
    bool is_declared_ = false;
    bool is_retired_ = false;
    unsigned written_ = 0;
    std::vector<std::string> complaints_;
};

}  // namespace signalbox
