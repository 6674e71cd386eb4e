#pragma once

#include <string>
#include <vector>

#include "sim/queue_history.h"
#include "sim/sim_http.h"

namespace signalbox {

// A client of some queues: posts, claims and works on what it got; acknowledges it, gives it back,
// asks for more time, or forgets about it. When its connection breaks it posts again under the
// same key, and leaves everything else as it is. What it asks and is told goes into the history.
class QueueWorker {
public:
    struct Habits {
        std::vector<std::string> queues;
        unsigned special_percent = 30;  // messages with a priority, a group, a delay
        unsigned brief_percent = 10;    // messages that end soon
        unsigned rude_percent = 2;      // purges, pops, deletes what others work on
    };

    QueueWorker(World& world, QueueHistory& history, unsigned number, Habits habits)
        : world_(world),
          history_(history),
          number_(number),
          habits_(std::move(habits)),
          http_(world) {}

    void act();
    void cut() { http_.cut(); }
    void hang_up() { http_.hang_up(); }
    // From now on it begins nothing new; true when it is idle.
    bool retire();

private:
    void begin();
    void post();
    void claim();
    void list();
    void be_rude();
    void work();
    void acknowledge();
    void renew();
    void release();

    [[nodiscard]] PostedMessage make_message();
    void send(QueueCall call, SimHttp::Request request);
    void answered(const SimResponse& response);
    void succeeded(const SimResponse& response);
    void give_up();
    [[nodiscard]] bool percent(unsigned chance) { return world_.random().chance(chance, 100); }
    [[nodiscard]] std::string any_queue();

    World& world_;
    QueueHistory& history_;
    const unsigned number_;
    const Habits habits_;
    SimHttp http_;
    bool retiring_ = false;
    unsigned tokens_ = 0;
    QueueCall* call_ = nullptr;  // under way, or to be asked again
    SimHttp::Request request_;

    // What it works on.
    std::string queue_;
    std::string claim_;
    std::vector<std::string> held_;
    SteadyInstant work_until_;
};

// The members of `json` that are messages, as they are shown.
std::vector<SeenMessage> seen_messages(const std::string& json);

}  // namespace signalbox
