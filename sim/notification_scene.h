#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/notification_oracle.h"
#include "sim/sim_http.h"

namespace signalbox {

// The part of a run that is about subscriptions: queues that somebody posts to, subscribers of
// theirs whom the server calls, and who are there only some of the time.
class NotificationScene {
public:
    explicit NotificationScene(World& world);
    ~NotificationScene();

    // Makes the subscriptions; the server is up, and nothing goes wrong yet.
    void begin();
    void act();
    void cut_one();
    // From now on nothing new is posted, and subscribers behave; true when all that was posted is
    // acknowledged, and told.
    bool retire();

    [[nodiscard]] std::vector<std::string> verify() const { return oracle_.verify(); }
    [[nodiscard]] uint64_t digest() const { return oracle_.digest(); }

private:
    // Posts to one queue, one message after the other: each again, under its key, until it is
    // acknowledged. So it is known in which order they were posted.
    class Poster;

    void subscribe(const std::string& queue, const std::string& url);
    SimResponse ask(const SimHttp::Request& request);

    World& world_;
    NotificationOracle oracle_;
    std::vector<std::unique_ptr<Poster>> posters_;
};

}  // namespace signalbox
