#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/queue_oracle.h"
#include "sim/queue_worker.h"

namespace signalbox {

// The part of a run that is about queues: some workers, what they lived through, and at the end
// somebody who looks at what is left and takes it all.
class QueueScene {
public:
    explicit QueueScene(World& world) : world_(world) {}

    // Makes the queues; the server is up, and nothing goes wrong yet.
    void begin();
    void act();
    // To be told whenever a clock moved, or the server is down.
    void observe();
    // One of the workers, or none.
    void cut_one();
    void hang_up_one();
    // True when nobody is busy any more.
    bool retire();
    // When nothing is under way: everything that should be left is, and can be taken.
    void finish();

    [[nodiscard]] std::vector<std::string> verify() const;
    // Of everything that happened.
    [[nodiscard]] uint64_t digest() const;

private:
    SimResponse ask(const SimHttp::Request& request);
    void list(const std::string& queue);
    void compare_stats(const std::string& queue);
    void drain(const std::string& queue);
    [[nodiscard]] std::vector<std::string> all_queues() const;

    World& world_;
    QueueHistory history_;
    std::vector<std::unique_ptr<QueueWorker>> workers_;
};

}  // namespace signalbox
