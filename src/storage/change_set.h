#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

// A change set is the list of writes that one command makes; it commits whole or not at all
// and its number is its revision. A batch is a run of change sets with consecutive revisions
// that share one sync. Both live in encoded form, as the journal stores them
// (docs/formats.md), so nothing is encoded twice on the way to the disk.

namespace signalbox {

enum class WriteKind : uint8_t { put = 1, erase = 2, erase_range = 3 };  // on disk: never change

// One write. `value` is the value of a put, or the first key *not* erased by an erase_range.
struct Write {
    WriteKind kind;
    std::string_view key;
    std::string_view value;
};

// The encoded change sets of a batch, first revision first.
struct BatchView {
    Revision first;
    uint32_t count = 0;
    std::string_view bytes;

    [[nodiscard]] Revision last() const { return Revision(first.value + count - 1); }
};

// Builds a batch. Core thread.
class BatchWriter {
public:
    // Forgets everything; the next change set gets `first`.
    void reset(Revision first);

    // Writes between begin() and end() form one change set. end() drops an empty one, then
    // revision() stays, and tells whether it kept it.
    void begin();
    void put(std::string_view key, std::string_view value);
    void erase(std::string_view key);
    // Every key in [lower, upper).
    void erase_range(std::string_view lower, std::string_view upper);
    bool end();
    // Takes back what was written since begin(), which stays in force.
    void abandon();

    // The number that the change set under way gets if it is kept.
    [[nodiscard]] Revision revision() const { return Revision(first_.value + count_); }
    // The change sets ended so far. Valid until the next write.
    [[nodiscard]] BatchView view() const {
        return {first_, count_, std::string_view(bytes_).substr(0, set_start_)};
    }
    [[nodiscard]] bool empty() const { return count_ == 0; }

    // For readers of the batch under way: each write so far, also of the change set that has not
    // ended. Valid until the next write.
    [[nodiscard]] size_t write_count() const { return write_starts_.size(); }
    // How often something was taken back.
    [[nodiscard]] uint64_t abandoned() const { return abandoned_; }
    [[nodiscard]] Write write_at(size_t index) const;

private:
    void add(WriteKind kind, std::string_view key, std::string_view value);

    Revision first_{1};
    uint32_t count_ = 0;
    size_t set_start_ = 0;  // of the change set under way, or the end
    std::string bytes_;
    std::vector<size_t> write_starts_;
    uint64_t abandoned_ = 0;
};

// Walks over the writes of an encoded batch.
class BatchReader {
public:
    explicit BatchReader(std::string_view bytes) : bytes_(bytes) {}

    // Moves to the next write. False at the end, and when the bytes are damaged: see ok().
    bool next();
    [[nodiscard]] const Write& write() const { return write_; }
    // Which change set of the batch the write belongs to, from 0.
    [[nodiscard]] uint32_t set_index() const { return set_index_; }
    [[nodiscard]] bool ok() const { return ok_; }
    // Bytes read so far; a later reader may go on from here.
    [[nodiscard]] size_t position() const { return position_; }

private:
    std::string_view bytes_;
    size_t position_ = 0;
    size_t set_end_ = 0;
    uint32_t set_index_ = 0;
    bool started_ = false;
    bool ok_ = true;
    Write write_{};
};

}  // namespace signalbox
