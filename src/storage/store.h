#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "storage/change_set.h"

namespace signalbox {

// Walks over rows in key order, between two bounds that are always both given: a scan that
// starts at a bare prefix would step over every erased row in front of the first live one.
class RowScan {
public:
    virtual ~RowScan() = default;
    [[nodiscard]] virtual bool valid() const = 0;
    virtual void next() = 0;
    // Forward to the first row whose key is not before `key`; stays where it is when that is
    // behind it. Ascending scans only.
    virtual void seek(std::string_view key) = 0;
    // Valid until next().
    [[nodiscard]] virtual std::string_view key() const = 0;
    [[nodiscard]] virtual std::string_view value() const = 0;
    // After valid() turned false: whether the end was reached, or a fault.
    [[nodiscard]] virtual Result<void> status() const = 0;
};

enum class ScanOrder : uint8_t { ascending, descending };

// Reads rows of one moment. Fails only when the storage does.
class RowReader {
public:
    virtual ~RowReader() = default;
    [[nodiscard]] virtual Result<std::optional<std::string>> get(std::string_view key) const = 0;
    // Rows with lower <= key < upper. The scan must not outlive the reader.
    [[nodiscard]] virtual std::unique_ptr<RowScan> scan(
        std::string_view lower, std::string_view upper,
        ScanOrder order = ScanOrder::ascending) const = 0;
};

// The rows as of one revision, whatever is applied later. Any thread.
class StoreSnapshot : public RowReader {
public:
    [[nodiscard]] virtual Revision revision() const = 0;
};

// Ordered rows: the projection of the journal. It keeps no log of its own, so after a crash it
// is as of its last flush, whole, and the journal brings it up to date.
// apply() and revive() from the core thread; the rest from any thread.
class Store : public RowReader {
public:
    // Makes the writes of a batch visible, all at once. After an error nothing of it is
    // visible, and the same batch may be tried again.
    virtual Result<void> apply(const BatchView& batch) = 0;
    // Before the next apply() when one has failed: makes it usable again, if that is possible. What
    // was not flushed may be lost by it; applied() tells, and is to be applied once more. Until
    // then its snapshots cannot be read, so nobody sees rows that are older than before.
    virtual Result<void> revive() = 0;
    [[nodiscard]] virtual Revision applied() const = 0;
    [[nodiscard]] virtual std::shared_ptr<const StoreSnapshot> snapshot() const = 0;
    // Makes everything applied so far survive a crash; returns that revision. Slow.
    virtual Result<Revision> flush() = 0;
    // Bytes on disk and in memory, for metrics.
    struct Usage {
        uint64_t disk_bytes = 0;
        uint64_t memory_bytes = 0;
    };
    [[nodiscard]] virtual Usage usage() const = 0;
};

}  // namespace signalbox
