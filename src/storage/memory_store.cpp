#include "storage/memory_store.h"

#include <algorithm>
#include <iterator>
#include <type_traits>

#include "base/assert.h"
#include "storage/unreadable.h"

namespace signalbox {
namespace {

template <class Iterator>
class MapScan : public RowScan {
public:
    MapScan(std::shared_ptr<const void> owner, const MemoryStore::Rows& rows, Iterator at,
            Iterator end)
        : owner_(std::move(owner)), rows_(rows), at_(at), end_(end) {}

    [[nodiscard]] bool valid() const override { return at_ != end_; }
    void next() override { ++at_; }
    void seek(std::string_view key) override {
        if constexpr (std::is_same_v<Iterator, MemoryStore::Rows::const_iterator>) {
            if (at_ == end_ || at_->first >= key) return;
            const auto found = rows_.lower_bound(key);
            const bool is_within = end_ == rows_.end() || key < std::string_view(end_->first);
            at_ = is_within ? found : end_;
        } else {
            ASSERT(false);
        }
    }
    [[nodiscard]] std::string_view key() const override { return at_->first; }
    [[nodiscard]] std::string_view value() const override { return at_->second; }
    [[nodiscard]] Result<void> status() const override { return {}; }

private:
    std::shared_ptr<const void> owner_;
    const MemoryStore::Rows& rows_;
    Iterator at_;
    Iterator end_;
};

std::optional<std::string> find(const MemoryStore::Rows& rows, std::string_view key) {
    const auto found = rows.find(key);
    if (found == rows.end()) return std::nullopt;
    return found->second;
}

std::unique_ptr<RowScan> scan_rows(const MemoryStore::Rows& rows, std::shared_ptr<const void> owner,
                                   std::string_view lower, std::string_view upper,
                                   ScanOrder order) {
    const auto begin = rows.lower_bound(lower);
    const auto end = lower < upper ? rows.lower_bound(upper) : begin;
    if (order == ScanOrder::ascending) {
        return std::make_unique<MapScan<std::remove_const_t<decltype(begin)>>>(std::move(owner),
                                                                               rows, begin, end);
    }
    const auto last = std::make_reverse_iterator(end);
    const auto before_first = std::make_reverse_iterator(begin);
    return std::make_unique<MapScan<std::remove_const_t<decltype(last)>>>(std::move(owner), rows,
                                                                          last, before_first);
}

bool is_readable(const BatchView& batch) {
    BatchReader reader(batch.bytes);
    while (reader.next()) {
    }
    return reader.ok();
}

}  // namespace

class MemoryStore::Snapshot : public StoreSnapshot {
public:
    explicit Snapshot(std::shared_ptr<const Content> content) : content_(std::move(content)) {}

    [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key) const override {
        return find(content_->rows, key);
    }
    [[nodiscard]] std::unique_ptr<RowScan> scan(std::string_view lower, std::string_view upper,
                                                ScanOrder order) const override {
        return scan_rows(content_->rows, content_, lower, upper, order);
    }
    [[nodiscard]] Revision revision() const override { return content_->applied; }

private:
    std::shared_ptr<const Content> content_;
};

MemoryStore::MemoryStore()
    : content_(std::make_shared<Content>()), flushed_(std::make_shared<Content>()) {}

std::shared_ptr<const MemoryStore::Content> MemoryStore::content() const {
    const std::lock_guard lock(mutex_);
    return content_;
}

Result<std::optional<std::string>> MemoryStore::get(std::string_view key) const {
    return find(content()->rows, key);
}

std::unique_ptr<RowScan> MemoryStore::scan(std::string_view lower, std::string_view upper,
                                           ScanOrder order) const {
    const auto held = content();
    return scan_rows(held->rows, held, lower, upper, order);
}

Result<void> MemoryStore::apply(const BatchView& batch) {
    const std::lock_guard lock(mutex_);
    if (failures_left_ > 0) {
        --failures_left_;
        return fail(ErrorCode::internal, "the store was told to fail");
    }
    if (!is_readable(batch)) return fail(ErrorCode::internal, "a batch is not readable");
    if (content_.use_count() > 1) content_ = std::make_shared<Content>(*content_);
    auto& rows = content_->rows;
    BatchReader reader(batch.bytes);
    while (reader.next()) {
        const Write& write = reader.write();
        switch (write.kind) {
            case WriteKind::put: rows.insert_or_assign(std::string(write.key), write.value); break;
            case WriteKind::erase:
                if (const auto at = rows.find(write.key); at != rows.end()) rows.erase(at);
                break;
            case WriteKind::erase_range:
                rows.erase(rows.lower_bound(write.key), rows.lower_bound(write.value));
                break;
        }
    }
    content_->applied = batch.last();
    shown_ = std::max(shown_, batch.last());
    return {};
}

Result<void> MemoryStore::revive() {
    const std::lock_guard lock(mutex_);
    content_ = std::make_shared<Content>(*flushed_);
    return {};
}

Revision MemoryStore::applied() const {
    return content()->applied;
}

std::shared_ptr<const StoreSnapshot> MemoryStore::snapshot() const {
    const std::lock_guard lock(mutex_);
    if (content_->applied < shown_) return std::make_shared<UnreadableSnapshot>();
    return std::make_shared<Snapshot>(content_);
}

Result<Revision> MemoryStore::flush() {
    const std::lock_guard lock(mutex_);
    flushed_ = std::make_shared<Content>(*content_);
    return flushed_->applied;
}

Store::Usage MemoryStore::usage() const {
    return {};
}

void MemoryStore::crash() {
    const std::lock_guard lock(mutex_);
    content_ = std::make_shared<Content>(*flushed_);
    shown_ = content_->applied;
}

void MemoryStore::fail_next_applies(int count) {
    const std::lock_guard lock(mutex_);
    failures_left_ = count;
}

MemoryStore::Rows MemoryStore::rows() const {
    return content()->rows;
}

}  // namespace signalbox
