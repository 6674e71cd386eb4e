#include "storage/journal_record.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/checksum.h"

namespace signalbox {
namespace {

constexpr std::string_view magic = "SBXJRNL\n";
constexpr uint32_t format_version = 1;
constexpr size_t header_content_bytes = 8 + 4 + 3 * 8;
// Within a record.
constexpr size_t revision_offset = 8;
constexpr size_t checksum_offset = 24;

size_t align(size_t bytes) {
    return (bytes + record_alignment - 1) / record_alignment * record_alignment;
}

uint64_t record_checksum(std::string_view head, std::string_view payload, uint64_t nonce) {
    return checksum(payload, checksum(head, nonce));
}

}  // namespace

std::string SegmentHeader::encode() const {
    std::string block(magic);
    put_u32_le(block, format_version);
    put_u64_le(block, number);
    put_u64_le(block, nonce);
    put_u64_le(block, history);
    ASSERT(block.size() == header_content_bytes);
    put_u64_le(block, checksum(block));
    block.resize(segment_header_bytes);
    return block;
}

std::optional<SegmentHeader> SegmentHeader::decode(std::string_view block) {
    if (block.size() < segment_header_bytes) return std::nullopt;
    ByteReader reader(block);
    if (reader.fixed(magic.size()) != magic) return std::nullopt;
    if (reader.u32_le() != format_version) return std::nullopt;
    SegmentHeader header;
    header.number = reader.u64_le();
    header.nonce = reader.u64_le();
    header.history = reader.u64_le();
    if (reader.u64_le() != checksum(block.substr(0, header_content_bytes))) return std::nullopt;
    return header;
}

size_t record_bytes(size_t batch_bytes) {
    return align(record_header_bytes + batch_bytes);
}

void append_record(std::string& out, uint64_t nonce, OwnerEpoch owner, const BatchView& batch) {
    const size_t start = out.size();
    put_u32_le(out, static_cast<uint32_t>(batch.bytes.size()));
    put_u32_le(out, batch.count);
    put_u64_le(out, batch.first.value);
    put_u64_le(out, owner.value);
    const std::string_view head = std::string_view(out).substr(start, checksum_offset);
    put_u64_le(out, record_checksum(head, batch.bytes, nonce));
    out += batch.bytes;
    out.resize(start + record_bytes(batch.bytes.size()));
}

std::optional<JournalRecord> record_at(std::string_view segment, size_t offset, uint64_t nonce) {
    if (offset > segment.size() || segment.size() - offset < record_header_bytes) {
        return std::nullopt;
    }
    ByteReader reader(segment.substr(offset));
    const size_t length = reader.u32_le();
    JournalRecord record;
    record.batch.count = reader.u32_le();
    record.batch.first = Revision(reader.u64_le());
    record.owner = OwnerEpoch(reader.u64_le());
    const uint64_t expected = reader.u64_le();
    if (record.batch.count == 0 || record.batch.first.value == 0) return std::nullopt;
    if (length > reader.left()) return std::nullopt;
    record.batch.bytes = reader.fixed(length);
    record.bytes = record_bytes(length);
    const auto head = segment.substr(offset, checksum_offset);
    if (record_checksum(head, record.batch.bytes, nonce) != expected) return std::nullopt;
    return record;
}

std::optional<size_t> find_record(std::string_view segment, size_t offset, uint64_t nonce,
                                  RevisionRange range) {
    for (size_t at = align(offset); at + record_header_bytes <= segment.size();
         at += record_alignment) {
        const Revision first(load_u64_le(segment.data() + at + revision_offset));
        if (first <= range.after || first > range.upto) continue;
        if (record_at(segment, at, nonce)) return at;
    }
    return std::nullopt;
}

}  // namespace signalbox
