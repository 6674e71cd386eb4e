#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string_view>

#include "base/metrics.h"
#include "base/result.h"

namespace signalbox {

// The metrics of HTTP. Any thread.
class HttpProbe {
public:
    explicit HttpProbe(Metrics& metrics);

    void connection_opened() { connections_.Increment(); }
    void connection_closed() { connections_.Decrement(); }
    void connection_refused() { connections_refused_.Increment(); }
    void request_refused() { requests_refused_.Increment(); }
    // Its sender was not known, not allowed, or could not be found out.
    void not_admitted(ErrorCode why);
    void responded(uint16_t status, std::chrono::nanoseconds took);

private:
    prometheus::Gauge& connections_;
    prometheus::Counter& connections_refused_;
    prometheus::Counter& requests_refused_;
    prometheus::Family<prometheus::Counter>& not_admitted_;
    prometheus::Family<prometheus::Counter>& responses_;
    prometheus::Counter* responses_by_class_[6];
    prometheus::Histogram& seconds_;
};

}  // namespace signalbox
