#include <algorithm>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/checksum.h"
#include "fuzz/fuzzing.h"
#include "storage/journal_record.h"

// Any bytes as a segment, and any damage to a good one: no record is ever found that nobody
// wrote, and nothing outside of the bytes is looked at.

namespace signalbox {
namespace {

constexpr uint64_t nonce = 0x5eed;

std::string good_records() {
    std::string segment;
    for (uint64_t i = 1; i <= 4; ++i) {
        const std::string payload(i * 13, static_cast<char>('a' + i));
        append_record(segment, nonce, OwnerEpoch(1), {Revision(i), 1, payload});
    }
    return segment;
}

// A head of any content that its checksum agrees with, and any payload behind it.
std::string signed_head(std::string_view input) {
    constexpr size_t head_bytes = 24;
    std::string record(input.substr(0, head_bytes));
    record.resize(head_bytes);
    put_u64_le(record, checksum(record, nonce));
    if (input.size() > head_bytes) record += input.substr(head_bytes);
    return record;
}

// Steps through a segment as the journal does when it opens.
std::vector<Revision> walk(std::string_view segment) {
    std::vector<Revision> found;
    size_t at = 0;
    while (const auto record = record_at(segment, at, nonce)) {
        ASSERT(record->batch.bytes.data() >= segment.data());
        ASSERT(record->batch.bytes.data() + record->batch.bytes.size() <=
               segment.data() + segment.size());
        ASSERT(record->bytes >= record_header_bytes + record->batch.bytes.size());
        found.push_back(record->batch.first);
        at += record->bytes;
    }
    if (const auto stray = find_record(segment, at, nonce)) {
        ASSERT(*stray >= at && record_at(segment, *stray, nonce));
    }
    return found;
}

}  // namespace

void fuzz_one(std::string_view input) {
    // Nobody guesses the checksum of a record.
    ASSERT(walk(input).empty());
    ASSERT(!find_record(input, 0, nonce));
    ASSERT(walk(signed_head(input)).empty());
    static_cast<void>(SegmentHeader::decode(input));
    std::string block(input);
    block.resize(segment_header_bytes);
    static_cast<void>(SegmentHeader::decode(block));

    // Pairs of bytes: where to change the good ones, and into what.
    static const std::string good = good_records();
    std::string damaged = good;
    for (size_t i = 0; i + 1 < input.size(); i += 2) {
        const size_t place = static_cast<unsigned char>(input[i]) % damaged.size();
        damaged[place] = input[i + 1];
    }
    const auto found = walk(damaged);
    for (size_t i = 0; i < found.size(); ++i) ASSERT(found[i] == Revision(i + 1));
}

}  // namespace signalbox
