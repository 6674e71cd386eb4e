#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "base/metrics.h"

namespace signalbox {

// The metrics of a dispatcher, by the kind of courier. Its thread.
class DispatcherProbe {
public:
    explicit DispatcherProbe(Metrics& metrics);

    void begun(std::string_view kind);
    void ended(std::string_view kind, bool was_told, std::chrono::nanoseconds took);
    // Given up because the server stops; nobody knows whether it arrived.
    void abandoned(std::string_view kind);
    // The partition could not take a report, which is made again.
    void report_refused() { reports_refused_.Increment(); }

private:
    struct OfKind {
        prometheus::Counter& succeeded;
        prometheus::Counter& failed;
        prometheus::Gauge& under_way;
        prometheus::Histogram& seconds;
    };
    OfKind& of(std::string_view kind);

    prometheus::Family<prometheus::Counter>& deliveries_;
    prometheus::Family<prometheus::Gauge>& under_way_;
    prometheus::Family<prometheus::Histogram>& seconds_;
    prometheus::Counter& reports_refused_;
    std::map<std::string, OfKind, std::less<>> kinds_;
};

}  // namespace signalbox
