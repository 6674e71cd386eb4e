#include "storage/journal_record.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "base/bytes.h"

namespace signalbox {
namespace {

constexpr uint64_t nonce = 0x1122334455667788;
constexpr OwnerEpoch owner{7};

std::string record_of(std::string_view bytes, Revision first = Revision(5), uint32_t count = 2) {
    std::string out;
    append_record(out, nonce, owner, {first, count, bytes});
    return out;
}

RC_GTEST_PROP(JournalRecord, is_read_back, (const std::string& bytes)) {
    const Revision first(*rc::gen::positive<uint64_t>());
    const auto count = *rc::gen::positive<uint32_t>();
    // Anywhere in a segment, with more behind it.
    std::string segment(*rc::gen::inRange<size_t>(0, 4) * record_alignment, 'x');
    const size_t offset = segment.size();
    append_record(segment, nonce, owner, {first, count, bytes});
    RC_ASSERT(segment.size() == offset + record_bytes(bytes.size()));
    RC_ASSERT(segment.size() % record_alignment == 0u);
    segment += "more";
    const auto record = record_at(segment, offset, nonce);
    RC_ASSERT(record.has_value());
    RC_ASSERT(record->owner == owner);
    RC_ASSERT(record->batch.first == first);
    RC_ASSERT(record->batch.count == count);
    RC_ASSERT(record->batch.bytes == bytes);
    RC_ASSERT(record->bytes == record_bytes(bytes.size()));
    RC_ASSERT(find_record(segment, 0, nonce) == offset);
}

TEST(JournalRecord, is_not_there_when_any_of_its_bits_is_wrong) {
    // A length of whole eights, so that there is no padding, which nothing guards.
    const auto whole = record_of("sixteen bytes...");
    ASSERT_EQ(whole.size(), record_header_bytes + 16);
    for (size_t byte = 0; byte < whole.size(); ++byte) {
        for (int bit = 0; bit < 8; ++bit) {
            auto damaged = whole;
            damaged[byte] = static_cast<char>(damaged[byte] ^ (1 << bit));
            EXPECT_FALSE(record_at(damaged, 0, nonce)) << byte << ":" << bit;
            EXPECT_FALSE(find_record(damaged, 0, nonce)) << byte << ":" << bit;
        }
    }
}

TEST(JournalRecord, is_not_there_when_it_is_cut) {
    const auto whole = record_of("seventeen bytes..");
    const size_t content_bytes = record_header_bytes + 17;
    for (size_t length = 0; length < content_bytes; ++length) {
        EXPECT_FALSE(record_at(std::string_view(whole).substr(0, length), 0, nonce)) << length;
    }
    EXPECT_TRUE(record_at(std::string_view(whole).substr(0, content_bytes), 0, nonce));
}

TEST(JournalRecord, of_another_life_of_its_file_is_none) {
    const auto record = record_of("bytes");
    EXPECT_TRUE(record_at(record, 0, nonce));
    EXPECT_FALSE(record_at(record, 0, nonce + 1));
    EXPECT_FALSE(find_record(record, 0, nonce + 1));
}

TEST(JournalRecord, holds_at_least_one_revision_and_none_before_1) {
    EXPECT_FALSE(record_at(record_of("bytes", Revision(0), 1), 0, nonce));
    EXPECT_FALSE(record_at(record_of("bytes", Revision(1), 0), 0, nonce));
}

TEST(JournalRecord, is_not_found_in_zeros_nor_past_the_end) {
    const std::string zeros(10'000, '\0');
    EXPECT_FALSE(record_at(zeros, 0, nonce));
    EXPECT_FALSE(find_record(zeros, 0, nonce));
    EXPECT_FALSE(record_at(zeros, zeros.size(), nonce));
    EXPECT_FALSE(record_at(zeros, zeros.size() + 1, nonce));
    EXPECT_FALSE(find_record(zeros, zeros.size() + 100, nonce));
}

TEST(FindRecord, looks_behind_rubble) {
    std::string segment = record_of("first");
    const size_t second = segment.size();
    segment += record_of("second");
    const size_t third = segment.size();
    segment += record_of("third");
    segment[8] = '!';
    EXPECT_EQ(find_record(segment, 0, nonce), second);
    EXPECT_EQ(find_record(segment, 1, nonce), second);
    EXPECT_EQ(find_record(segment, second, nonce), second);
    EXPECT_EQ(find_record(segment, second + 1, nonce), third);
    EXPECT_EQ(find_record(segment, third + 1, nonce), std::nullopt);
}

RC_GTEST_PROP(JournalRecord, is_not_made_of_any_bytes, (const std::string& bytes)) {
    for (size_t at = 0; at <= bytes.size(); ++at) RC_ASSERT(!record_at(bytes, at, nonce));
    RC_ASSERT(!find_record(bytes, 0, nonce));
}

TEST(SegmentHeader, is_read_back) {
    const SegmentHeader header{3, nonce, 0xabcdef};
    const auto block = header.encode();
    EXPECT_EQ(block.size(), segment_header_bytes);
    const auto read = SegmentHeader::decode(block);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->number, header.number);
    EXPECT_EQ(read->nonce, header.nonce);
    EXPECT_EQ(read->history, header.history);
}

TEST(SegmentHeader, is_not_read_when_any_of_its_bits_is_wrong) {
    const auto block = SegmentHeader{3, nonce, 0xabcdef}.encode();
    constexpr size_t content_bytes = 8 + 4 + 4 * 8;
    for (size_t byte = 0; byte < content_bytes; ++byte) {
        for (int bit = 0; bit < 8; ++bit) {
            auto damaged = block;
            damaged[byte] = static_cast<char>(damaged[byte] ^ (1 << bit));
            EXPECT_FALSE(SegmentHeader::decode(damaged)) << byte << ":" << bit;
        }
    }
    EXPECT_FALSE(SegmentHeader::decode(""));
    EXPECT_FALSE(SegmentHeader::decode(std::string_view(block).substr(0, block.size() - 1)));
    EXPECT_FALSE(SegmentHeader::decode(std::string(segment_header_bytes, '\0')));
}

// A client can have any bytes written, as the name of something, but not choose the nonce.
TEST(FindRecord, looks_at_no_payload_of_a_head_that_somebody_made_up) {
    std::string segment;
    while (segment.size() < 256u << 10) {
        const size_t left = (256u << 10) - segment.size();
        put_u32_le(segment, static_cast<uint32_t>(left - std::min(left, record_header_bytes)));
        put_u32_le(segment, 1);
        put_u64_le(segment, 1000);
    }
    uint64_t summed_bytes = 0;
    EXPECT_EQ(find_record(segment, 0, nonce, &summed_bytes), std::nullopt);
    // A head at each place where one may begin.
    EXPECT_LE(summed_bytes, segment.size() / record_alignment * record_header_bytes);
}

}  // namespace
}  // namespace signalbox
