#include "tests/journal/journal_on_sim_disk.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/bytes.h"

namespace signalbox {

void LaterExecutor::run_all() {
    while (!waiting_.empty()) {
        const auto work = std::move(waiting_.front());
        waiting_.pop_front();
        work();
    }
}

JournalOnSimDisk::JournalOnSimDisk(uint64_t seed) : random(seed), disk(random) {
    options.directory = "journal";
    options.history = 77;
    options.segment_bytes = 12 << 10;
    options.seed = seed;
}

Result<void> JournalOnSimDisk::open() {
    close();
    options.seed = random.next();
    TRY_AS(journal_, FileJournal::open(disk, executor, options));
    ++openings_;
    return {};
}

void JournalOnSimDisk::close() {
    executor.drop_all();
    journal_.reset();
}

Result<void> JournalOnSimDisk::append(size_t bytes) {
    if (unacknowledged_) TRY(append_unacknowledged());
    const Revision revision = journal_->last_revision().next();
    // No two attempts have a sector in common, or the remains of one could complete another.
    Random noise(revision.value * 10'000 + openings_);
    std::string value;
    while (value.size() < bytes) put_u64_le(value, noise.next());
    BatchWriter batch;
    batch.reset(revision);
    batch.begin();
    batch.put(fmt::format("{} {}", revision.value, openings_), value);
    batch.end();
    TRY(journal_->reserve(batch.view().bytes.size()));
    unacknowledged_ = batch.view().bytes;
    return append_unacknowledged();
}

Result<void> JournalOnSimDisk::append_unacknowledged() {
    const BatchView batch{journal_->last_revision().next(), 1, *unacknowledged_};
    TRY(journal_->append(journal_->owner(), batch));
    acknowledged_.push_back(std::move(*unacknowledged_));
    unacknowledged_.reset();
    return {};
}

std::string JournalOnSimDisk::find_fault(Revision after) {
    std::vector<std::string> kept;
    const auto read = journal_->read(after, [&](const BatchView& batch) -> Result<void> {
        if (batch.first.value != after.value + kept.size() + 1 || batch.count != 1) {
            return fail(ErrorCode::internal, "a batch is out of order");
        }
        kept.emplace_back(batch.bytes);
        return {};
    });
    if (!read) return read.error().message;
    const Revision last(after.value + kept.size());
    if (last != journal_->last_revision()) return "it does not know its own end";
    if (last < acknowledged()) {
        return fmt::format("it ends at {}, but {} was acknowledged", last.value,
                           acknowledged().value);
    }
    if (last > acknowledged()) {
        if (last > acknowledged().next() || kept.back() != unacknowledged_) {
            return "it has what it never was given";
        }
        acknowledged_.push_back(std::move(*unacknowledged_));
    }
    unacknowledged_.reset();
    for (size_t i = 0; i < kept.size(); ++i) {
        if (kept[i] != acknowledged_[after.value + i]) {
            return fmt::format("revision {} is not what was acknowledged", after.value + i + 1);
        }
    }
    return {};
}

std::string JournalOnSimDisk::segment_path(uint64_t number) const {
    return fmt::format("{}/{:020}.journal", options.directory, number);
}

std::string JournalOnSimDisk::content(const std::string& path) {
    auto bytes = read_file(disk, path);
    ASSERT(bytes);
    return std::move(*bytes);
}

void JournalOnSimDisk::overwrite(const std::string& path, const std::string& bytes) {
    const auto file = disk.create(path);
    ASSERT(file && (*file)->write_at(0, bytes) && (*file)->sync_data());
}

}  // namespace signalbox
