#pragma once

#include <optional>
#include <string>

#include "sim/sim_http.h"
#include "sim/ticket_oracle.h"

namespace signalbox {

// A client that works under tickets as Triton's jobs do: creates one, waits for its turn, works
// for a while, releases; and sometimes gives up, renews, deletes, or forgets about it. When its
// connection breaks it asks again, with the same key. Everything it is told it tells the oracle.
class TicketWorker {
public:
    struct Habits {
        unsigned lines = 3;              // how many it picks from; fewer means more contention
        unsigned odd_percent = 20;       // shared, urgent, several resources, sessions
        unsigned expiring_percent = 30;  // with an expiry soon
        unsigned impatient_percent = 10;
    };

    TicketWorker(World& world, TicketOracle& oracle, unsigned number, Habits habits);

    // Does the next thing, if there is something to do now.
    void act();
    // Its network breaks.
    void cut() { http_.cut(); }
    void hang_up() { http_.hang_up(); }
    // From now on it begins nothing new; true when it is idle.
    bool retire();
    // Names of lines on which odd tickets stand.
    static std::vector<std::string> odd_lines(unsigned count);

private:
    enum class Stage : uint8_t { idle, creating, waiting, working, renewing, releasing, deleting };

    void begin_create();
    void send();
    void answered(const SimResponse& response);
    void created(const SimResponse& response);
    void waited(const SimResponse& response);
    void go(Stage stage, SimHttp::Request request);
    void finish();
    [[nodiscard]] bool percent(unsigned chance);
    [[nodiscard]] std::string ticket_path() const;

    World& world_;
    TicketOracle& oracle_;
    const unsigned number_;
    const Habits habits_;
    SimHttp http_;
    Stage stage_ = Stage::idle;
    SimHttp::Request request_;
    bool retiring_ = false;
    bool is_native_ = false;
    unsigned keys_used_ = 0;
    std::string key_;
    TicketOracle::Ticket asked_;
    std::string uuid_;
    SteadyInstant work_until_;
};

}  // namespace signalbox
