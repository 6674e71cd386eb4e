#include "storage/journal_record.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/checksum.h"

namespace signalbox {
namespace {

constexpr std::string_view magic = "SBXJRNL\n";
constexpr uint32_t format_version = 1;
constexpr size_t header_content_bytes = 8 + 4 + 3 * 8;
constexpr size_t head_bytes = 24;  // of a record, in front of the checksums

size_t align(size_t bytes) {
    return (bytes + record_alignment - 1) / record_alignment * record_alignment;
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
    const uint64_t head_checksum = checksum(std::string_view(out).substr(start), nonce);
    put_u64_le(out, head_checksum);
    put_u64_le(out, checksum(batch.bytes, head_checksum));
    out += batch.bytes;
    out.resize(start + record_bytes(batch.bytes.size()));
}

std::optional<JournalRecord> record_at(std::string_view segment, size_t offset, uint64_t nonce,
                                       uint64_t* summed_bytes) {
    if (offset > segment.size() || segment.size() - offset < record_header_bytes) {
        return std::nullopt;
    }
    ByteReader reader(segment.substr(offset));
    const size_t length = reader.u32_le();
    JournalRecord record;
    record.batch.count = reader.u32_le();
    record.batch.first = Revision(reader.u64_le());
    record.owner = OwnerEpoch(reader.u64_le());
    const uint64_t head_checksum = reader.u64_le();
    const uint64_t payload_checksum = reader.u64_le();
    if (record.batch.count == 0 || record.batch.first.value == 0) return std::nullopt;
    if (length > reader.left()) return std::nullopt;
    const auto sum = [&](std::string_view bytes, uint64_t seed) {
        if (summed_bytes != nullptr) *summed_bytes += bytes.size();
        return checksum(bytes, seed);
    };
    if (sum(segment.substr(offset, head_bytes), nonce) != head_checksum) return std::nullopt;
    record.batch.bytes = reader.fixed(length);
    if (sum(record.batch.bytes, head_checksum) != payload_checksum) return std::nullopt;
    record.bytes = record_bytes(length);
    return record;
}

std::optional<size_t> find_record(std::string_view segment, size_t offset, uint64_t nonce,
                                  uint64_t* summed_bytes) {
    for (size_t at = align(offset); at + record_header_bytes <= segment.size();
         at += record_alignment) {
        if (record_at(segment, at, nonce, summed_bytes)) return at;
    }
    return std::nullopt;
}

}  // namespace signalbox
