#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "storage/store.h"

namespace signalbox {

// The store's twin for tests and the simulator: rows in an ordered map, the same promises.
// A crash takes it back to its last flush, as it would RocksDB without its log.
// Any thread.
class MemoryStore : public Store {
public:
    using Rows = std::map<std::string, std::string, std::less<>>;

    MemoryStore();

    [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key) const override;
    [[nodiscard]] std::unique_ptr<RowScan> scan(std::string_view lower, std::string_view upper,
                                                ScanOrder order) const override;
    Result<void> apply(const BatchView& batch) override;
    // Loses what was not flushed, always.
    Result<void> revive() override;
    [[nodiscard]] Revision applied() const override;
    [[nodiscard]] std::shared_ptr<const StoreSnapshot> snapshot() const override;
    Result<Revision> flush() override;
    [[nodiscard]] Usage usage() const override;

    // Back to the last flush.
    void crash();
    // The next `count` calls of apply() fail and change nothing.
    void fail_next_applies(int count);
    // All rows, to compare two stores.
    [[nodiscard]] Rows rows() const;

private:
    struct Content {
        Rows rows;
        Revision applied;
    };
    class Snapshot;

    [[nodiscard]] std::shared_ptr<const Content> content() const;

    mutable std::mutex mutex_;
    std::shared_ptr<Content> content_;  // copied before a change while anyone else holds it
    std::shared_ptr<const Content> flushed_;
    Revision shown_;  // the newest that a snapshot may have shown
    int failures_left_ = 0;
};

}  // namespace signalbox
