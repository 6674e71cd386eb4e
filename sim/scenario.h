#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/event_follower.h"
#include "sim/item_scene.h"
#include "sim/notification_scene.h"
#include "sim/queue_scene.h"
#include "sim/registry_scene.h"
#include "sim/session_keeper.h"
#include "sim/ticket_oracle.h"
#include "sim/ticket_worker.h"
#include "sim/world.h"

namespace signalbox {

// One run of the simulator: some workers, a follower of the feed, and a plan of misfortunes,
// all from one seed. The plan is drawn per run, so that some runs crash all the time and
// others never do (swarm testing).
class Scenario {
public:
    struct Report {
        std::vector<std::string> complaints;  // empty: all is well
        uint64_t digest = 0;                  // of everything that happened; same seed, same digest
        uint64_t events = 0;
        uint64_t crashes = 0;
        uint64_t resyncs = 0;
        Duration worst_lateness{};
    };

    Scenario(uint64_t seed, uint64_t rounds);
    Report run();

private:
    // In how many of 10,000 rounds something happens.
    struct Plan {
        unsigned crash = 0;
        unsigned graceful_stop = 0;
        unsigned cut_worker = 0;
        unsigned cut_follower = 0;
        unsigned hang_up = 0;
        unsigned follower_goes = 0;
        unsigned clock_step = 0;
        unsigned clock_jump = 0;
        unsigned sync_failure = 0;
        unsigned store_failure = 0;
        unsigned disk_full = 0;
        unsigned administration = 0;
        unsigned steps_per_round = 4;
        unsigned milliseconds_per_round = 5;
    };

    static World::Options world_options(uint64_t seed);
    Plan draw_plan();
    void round();
    void administrate();
    void misfortune();
    void hang_up();
    void set_calendar(Duration step);
    void settle();
    void observe();
    void restart();
    void come_to_rest();
    SimResponse ask(const SimHttp::Request& request);
    void resume(const std::string& scope, unsigned line);
    void read_feed();
    std::map<std::string, std::string> read_listing();
    bool happens(unsigned of_ten_thousand);

    const uint64_t rounds_;
    World world_;
    TicketOracle oracle_;
    FeedOracle feed_oracle_;
    std::vector<std::unique_ptr<TicketWorker>> workers_;
    std::vector<std::unique_ptr<SessionKeeper>> keepers_;
    QueueScene queues_{world_};
    ItemScene items_{world_};
    NotificationScene notifications_{world_};
    RegistryScene registry_{world_};
    std::unique_ptr<EventFollower> follower_;
    std::unique_ptr<EventFollower> traveller_;  // comes and goes, and stays away for long
    bool traveller_is_here_ = true;
    Instant latest_;  // that the calendar ever showed
    std::unique_ptr<SimHttp> administrator_;
    Plan plan_;
    bool had_trouble_ = false;  // the server refused for a while
    Report report_;
};

}  // namespace signalbox
