#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "port/disk.h"
#include "port/executor.h"
#include "storage/journal.h"
#include "storage/journal_record.h"

namespace signalbox {

struct FileJournalOptions {
    std::string directory;  // relative to the disk's root; made when absent
    uint64_t history = 0;   // of the data directory
    uint64_t segment_bytes = 32u << 20;
    uint64_t seed = 0;  // for nonces
    // Trimmed segments that are kept to be written over. With as many as are trimmed at a time,
    // none needs to be filled with zeros any more.
    size_t spares_max = 1;
};

// The journal on local files: segments of fixed size, written full of zeros ahead of use, so
// that an append changes neither the size nor the extents of its file and one sync of data is
// all it costs (30 % less time than growing a file).
//
// Opening cuts a torn tail at the first bad checksum: that batch was never acknowledged. A bad
// checksum with a good record anywhere behind it is damage, and refuses to open.
//
// The next segment is prepared by the executor while the core thread goes on appending. When it
// is not ready in time, whoever needs it waits for it, or makes it himself.
//
// append() and reserve() from the core thread, trim() from any.
class FileJournal : public Journal {
public:
    // Both must outlive the journal, and the executor must have run dry before it goes.
    static Result<std::unique_ptr<FileJournal>> open(Disk& disk, Executor& executor,
                                                     FileJournalOptions options);
    ~FileJournal() override;

    Result<void> reserve(size_t bytes) override;
    Result<void> append(OwnerEpoch owner, const BatchView& batch) override;
    Result<void> read(Revision after, const Visit& visit) override;
    void trim(Revision upto) override;
    [[nodiscard]] Revision last_revision() const override { return last_; }
    [[nodiscard]] OwnerEpoch owner() const override { return owner_; }
    [[nodiscard]] uint64_t kept_bytes() const override { return kept_bytes_; }

private:
    struct Segment {
        SegmentHeader header;
        std::string path;
        Revision first;  // of its first record; 0 while it has none
    };
    // A segment ready to be written to.
    struct Prepared {
        Segment segment;
        std::unique_ptr<DiskFile> file;
    };
    // Whether anyone waits for it, or appends should not notice that the disk is at it.
    enum class Haste : uint8_t { at_once, in_the_background };
    // What it is made of.
    struct Preparation {
        SegmentHeader header;
        std::optional<std::string> spare;  // the file to write over
        Haste haste;
    };

    FileJournal(Disk& disk, Executor& executor, FileJournalOptions options);

    Result<void> load_segments();
    Result<void> find_end();
    Result<void> write_again(const Segment& segment, uint64_t offset, std::string_view bytes);
    Result<std::string> read_segment(const Segment& segment) const;
    Result<void> read_records(const Segment& segment, Revision after, Revision& reached,
                              const Visit& visit) const;
    Result<Prepared> make_segment(const Preparation& preparation);
    static Result<void> fill(DiskFile& file, uint64_t bytes, Haste haste);
    void prepare_ahead();
    // Makes the next segment, without mutex_ while the disk works. Nobody else must be at it.
    Result<void> prepare(std::unique_lock<std::mutex>& lock, Haste haste);
    // There is a next segment when it returns well, and only the core thread will touch it.
    Result<void> require_next_segment();
    void start_next_segment();

    [[nodiscard]] std::string path_of(const std::string& name) const;

    Disk& disk_;
    Executor& executor_;
    const FileJournalOptions options_;

    OwnerEpoch owner_{1};
    Revision last_;
    bool failed_ = false;
    std::unique_ptr<DiskFile> file_;  // of the last segment
    uint64_t nonce_ = 0;
    uint64_t end_ = 0;          // where the next record goes
    std::string buffer_;        // one record, kept for its capacity
    bool asked_ahead_ = false;  // the executor knows that a next segment is wanted

    // Guards what the executor and trim() share with the core thread, and is never held while
    // the disk is asked for anything: append() takes it too.
    mutable std::mutex mutex_;
    std::condition_variable prepared_or_not_;  // is_preparing_ has become false
    Random random_;
    std::vector<Segment> segments_;  // oldest first; the last one is written to
    bool is_preparing_ = false;
    std::optional<Prepared> prepared_;
    std::vector<std::string> spares_;  // trimmed files, to be written over
    uint64_t next_number_ = 1;

    std::atomic<uint64_t> kept_bytes_{0};
};

}  // namespace signalbox
