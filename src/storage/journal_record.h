#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "storage/change_set.h"

// The bytes of a journal segment: a header block, then records one after the other, each a
// batch behind a head, with a checksum each. docs/formats.md is the specification; these values
// are on disk and never change their meaning.

namespace signalbox {

// The header block. The nonce seeds every checksum of the segment, so what a recycled file
// still holds of its former life is never taken for a record.
struct SegmentHeader {
    uint64_t number = 0;  // segments are read in this order
    uint64_t nonce = 0;
    uint64_t history = 0;  // of the data directory: a file that strayed in is told apart

    [[nodiscard]] std::string encode() const;
    // Nothing when the block is damaged or of a version this program does not know.
    static std::optional<SegmentHeader> decode(std::string_view block);
};

inline constexpr size_t segment_header_bytes = 4096;
inline constexpr size_t record_header_bytes = 40;
inline constexpr size_t record_alignment = 8;

struct JournalRecord {
    OwnerEpoch owner;
    BatchView batch;
    size_t bytes = 0;  // on disk, with header and padding
};

size_t record_bytes(size_t batch_bytes);
void append_record(std::string& out, uint64_t nonce, OwnerEpoch owner, const BatchView& batch);

// The record at `offset` of a segment's bytes, if a whole and undamaged one begins there.
// `summed_bytes`, if given, is raised by those of which a checksum was made: the work it was.
std::optional<JournalRecord> record_at(std::string_view segment, size_t offset, uint64_t nonce,
                                       uint64_t* summed_bytes = nullptr);

// The first record that begins at `offset` or later, wherever it may be. What a recycled segment
// still holds may come from a client who wants it to look like records; it takes the nonce to make
// a head whose payload is looked at, so the work never grows faster than the segment.
std::optional<size_t> find_record(std::string_view segment, size_t offset, uint64_t nonce,
                                  uint64_t* summed_bytes = nullptr);

}  // namespace signalbox
