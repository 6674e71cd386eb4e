#include "storage/batch_rows.h"

#include "base/assert.h"

namespace signalbox {
// Two ordered sources, of which the batch's wins.
class BatchRows::MergedScan : public RowScan {
public:
    MergedScan(const BatchRows& rows, std::unique_ptr<RowScan> committed, std::string_view lower,
               std::string_view upper)
        : rows_(rows),
          committed_(std::move(committed)),
          change_(rows.changes_.lower_bound(lower)),
          changes_end_(lower < upper ? rows.changes_.lower_bound(upper) : change_) {
        settle();
    }

    [[nodiscard]] bool valid() const override { return from_batch_ || committed_->valid(); }
    void next() override {
        if (from_batch_) {
            ++change_;
        } else {
            committed_->next();
        }
        settle();
    }
    void seek(std::string_view key) override {
        committed_->seek(key);
        if (change_ != changes_end_ && change_->first < key) {
            // Whoever seeks stays within the bounds, or is at the end.
            change_ = rows_.changes_.lower_bound(key);
            if (changes_end_ != rows_.changes_.end() &&
                (change_ == rows_.changes_.end() || changes_end_->first < change_->first)) {
                change_ = changes_end_;
            }
        }
        settle();
    }
    [[nodiscard]] std::string_view key() const override {
        return from_batch_ ? std::string_view(change_->first) : committed_->key();
    }
    [[nodiscard]] std::string_view value() const override {
        return from_batch_ ? std::string_view(value_) : committed_->value();
    }
    [[nodiscard]] Result<void> status() const override { return committed_->status(); }

private:
    // Steps over what is not there any more, and decides which source is next.
    void settle() {
        while (change_ != changes_end_ && !rows_.changed(change_->first)->is_put) ++change_;
        while (committed_->valid() && rows_.changed(committed_->key())) committed_->next();
        from_batch_ =
            change_ != changes_end_ && (!committed_->valid() || change_->first < committed_->key());
        // A copy: who scans may write meanwhile.
        if (from_batch_) value_ = rows_.value_of(change_->second);
    }

    const BatchRows& rows_;
    std::unique_ptr<RowScan> committed_;
    Changes::const_iterator change_;
    Changes::const_iterator changes_end_;
    bool from_batch_ = false;
    std::string value_;  // of a row from the batch
};

void BatchRows::reset() {
    seen_ = 0;
    changes_.clear();
    erased_.clear();
}

void BatchRows::catch_up() const {
    if (abandoned_ != batch_.abandoned()) {
        abandoned_ = batch_.abandoned();
        seen_ = 0;
        changes_.clear();
        erased_.clear();
    }
    for (; seen_ < batch_.write_count(); ++seen_) {
        const Write write = batch_.write_at(seen_);
        const uint64_t order = seen_ + 1;
        if (write.kind == WriteKind::erase_range) {
            erased_.push_back({order, std::string(write.key), std::string(write.value)});
        } else {
            const Change change{order, write.kind == WriteKind::put};
            changes_.insert_or_assign(std::string(write.key), change);
        }
    }
}

uint64_t BatchRows::erased_at(std::string_view key) const {
    for (auto range = erased_.rbegin(); range != erased_.rend(); ++range) {
        if (range->lower <= key && key < range->upper) return range->order;
    }
    return 0;
}

std::optional<BatchRows::Change> BatchRows::changed(std::string_view key) const {
    const uint64_t erased = erased_at(key);
    const auto change = changes_.find(key);
    if (change != changes_.end() && change->second.order > erased) return change->second;
    return erased > 0 ? std::optional(Change{erased, false}) : std::nullopt;
}

std::string_view BatchRows::value_of(const Change& put) const {
    ASSERT(put.is_put);
    return batch_.write_at(put.order - 1).value;
}

Result<std::optional<std::string>> BatchRows::get(std::string_view key) const {
    catch_up();
    const auto change = changed(key);
    if (!change) return committed_.get(key);
    if (!change->is_put) return std::optional<std::string>();
    return std::optional(std::string(value_of(*change)));
}

std::unique_ptr<RowScan> BatchRows::scan(std::string_view lower, std::string_view upper,
                                         ScanOrder order) const {
    ASSERT(order == ScanOrder::ascending);
    catch_up();
    return std::make_unique<MergedScan>(*this, committed_.scan(lower, upper, order), lower, upper);
}

}  // namespace signalbox
