#pragma once

#include <memory>
#include <string>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace signalbox {

// The metrics of one server: each module registers its own through registry() when it is
// built, in a small struct named *Probe, and updates them by verbs. Any thread.
class Metrics {
public:
    prometheus::Registry& registry() { return *registry_; }
    // The Prometheus text format, version 0.0.4.
    [[nodiscard]] std::string text() const;

private:
    std::shared_ptr<prometheus::Registry> registry_ = std::make_shared<prometheus::Registry>();
};

// Buckets for times from 50 microseconds to 10 seconds, in seconds.
prometheus::Histogram::BucketBoundaries latency_buckets();

}  // namespace signalbox
