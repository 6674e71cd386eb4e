#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/checksum.h"
#include "base/metrics.h"
#include "runtime/partition.h"

namespace signalbox {

// One server process: who it is, and its partitions. Filled before it is shared, then constant
// but for its end; any thread.
class Node {
public:
    struct Identity {
        std::string name;
        std::string version;
        Uuid uuid;
        uint64_t history = 0;
    };

    Node(Identity identity, const Clock& clock, Metrics& metrics)
        : identity_(std::move(identity)), clock_(clock), metrics_(metrics) {}

    void add(std::unique_ptr<Partition> partition) { partitions_.push_back(std::move(partition)); }

    // All that a tenant owns is in one partition.
    [[nodiscard]] Partition& partition_of(std::string_view tenant) const {
        return *partitions_[checksum(tenant) % partitions_.size()];
    }
    [[nodiscard]] const std::vector<std::unique_ptr<Partition>>& partitions() const {
        return partitions_;
    }
    // From now on it is not ready any more.
    void begin_stop() { stopping_ = true; }
    [[nodiscard]] bool is_stopping() const { return stopping_; }
    [[nodiscard]] const Identity& identity() const { return identity_; }
    [[nodiscard]] const Clock& clock() const { return clock_; }
    [[nodiscard]] Metrics& metrics() const { return metrics_; }

private:
    const Identity identity_;
    const Clock& clock_;
    Metrics& metrics_;
    std::vector<std::unique_ptr<Partition>> partitions_;
    std::atomic<bool> stopping_{false};
};

}  // namespace signalbox
