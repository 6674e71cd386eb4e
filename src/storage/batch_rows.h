#pragma once

#include <map>
#include <string>
#include <vector>

#include "storage/change_set.h"
#include "storage/store.h"

namespace signalbox {

// Rows as they will be once the batch under way is committed: what `batch` has written so far,
// laid over `committed`. It looks at the batch only when it is asked something, so a batch
// whose commands read nothing costs nothing. Core thread.
class BatchRows : public RowReader {
public:
    BatchRows(const RowReader& committed, const BatchWriter& batch)
        : committed_(committed), batch_(batch) {}

    // A new batch has begun, or the batch has been committed.
    void reset();

    [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key) const override;
    // Ascending only.
    [[nodiscard]] std::unique_ptr<RowScan> scan(std::string_view lower, std::string_view upper,
                                                ScanOrder order) const override;

private:
    // The last thing the batch did to one key. `order` counts its writes, from 1. The value of a
    // put stays in the batch: few are ever asked for.
    struct Change {
        uint64_t order = 0;
        bool is_put = false;
    };
    struct ErasedRange {
        uint64_t order = 0;
        std::string lower;
        std::string upper;
    };
    using Changes = std::map<std::string, Change, std::less<>>;
    class MergedScan;

    void catch_up() const;
    [[nodiscard]] uint64_t erased_at(std::string_view key) const;
    // What the batch makes of a key: nothing when it leaves it alone.
    [[nodiscard]] std::optional<Change> changed(std::string_view key) const;
    // What a put wrote. Valid until the batch's next write.
    [[nodiscard]] std::string_view value_of(const Change& put) const;

    const RowReader& committed_;
    const BatchWriter& batch_;
    mutable size_t seen_ = 0;  // writes of the batch that are in what follows
    mutable uint64_t abandoned_ = 0;  // as the batch says; what it took back is not in there
    mutable Changes changes_;
    mutable std::vector<ErasedRange> erased_;
};

}  // namespace signalbox
