#pragma once

#include <functional>

namespace signalbox {

// Runs work away from the caller, in the order given, one piece at a time. The real one is a
// thread; the simulator runs the pieces when its plan says so.
class Executor {
public:
    virtual ~Executor() = default;
    virtual void post(std::function<void()> work) = 0;
};

}  // namespace signalbox
