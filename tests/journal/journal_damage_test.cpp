#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/journal/journal_on_sim_disk.h"

// What a crash cannot have done is damage, and never passed over in silence.

namespace signalbox {
namespace {

class JournalDamage : public testing::Test {
protected:
    // Two full segments and a third one in use.
    JournalDamage() : subject_(1) {
        EXPECT_TRUE(subject_.open());
        while (subject_.journal().kept_bytes() < 3 * subject_.options.segment_bytes) {
            EXPECT_TRUE(subject_.append(1000));
        }
        for (int i = 0; i < 4; ++i) EXPECT_TRUE(subject_.append(300));
        subject_.close();
    }

    std::string segment(uint64_t number) { return subject_.content(subject_.segment_path(number)); }

    // Where the records of a segment begin, and behind them the end.
    static std::vector<size_t> places_of(const std::string& segment) {
        std::vector<size_t> places{segment_header_bytes};
        const auto header = SegmentHeader::decode(segment);
        while (const auto record = record_at(segment, places.back(), header->nonce)) {
            places.push_back(places.back() + record->bytes);
        }
        return places;
    }

    // What the server would say of it at its start: when opening, or when reading.
    std::string complaint(Revision after = Revision()) {
        if (const auto opened = subject_.open(); !opened) {
            EXPECT_EQ(opened.error().code, ErrorCode::internal);
            return opened.error().message;
        }
        return subject_.find_fault(after);
    }

    void flip(uint64_t number, size_t byte) {
        auto bytes = segment(number);
        bytes.at(byte) = static_cast<char>(bytes[byte] ^ 0x10);
        subject_.overwrite(subject_.segment_path(number), bytes);
    }

    JournalOnSimDisk subject_;
};

bool is_clear(const std::string& complaint, const std::string& file) {
    return complaint.find("the journal is damaged") != std::string::npos &&
           complaint.find(file) != std::string::npos &&
           complaint.find("backup") != std::string::npos;
}

TEST_F(JournalDamage, of_any_byte_of_an_earlier_record_is_noticed) {
    for (uint64_t number = 1; number <= 3; ++number) {
        const auto intact = segment(number);
        const auto places = places_of(intact);
        // Of the last segment's last record it cannot be told from a torn tail.
        const size_t records = places.size() - (number == 3 ? 2 : 1);
        for (size_t record = 0; record < records; ++record) {
            const auto header = SegmentHeader::decode(intact);
            const auto content =
                record_header_bytes +
                record_at(intact, places[record], header->nonce)->batch.bytes.size();
            for (size_t byte = 0; byte < content; byte += byte < record_header_bytes ? 1 : 37) {
                flip(number, places[record] + byte);
                const auto told = complaint();
                ASSERT_TRUE(is_clear(told, ".journal"))
                    << "segment " << number << " record " << record << " byte " << byte << ": "
                    << told;
                subject_.overwrite(subject_.segment_path(number), intact);
            }
        }
    }
    EXPECT_EQ(complaint(), "");
}

TEST_F(JournalDamage, says_where_the_bad_record_is_and_where_a_good_one_follows) {
    const auto places = places_of(segment(3));
    flip(3, places[1]);
    const auto told = complaint();
    EXPECT_TRUE(is_clear(told, subject_.segment_path(3)));
    EXPECT_NE(told.find(fmt::format("at byte {} ", places[1])), std::string::npos) << told;
    EXPECT_NE(told.find(fmt::format("at byte {};", places[2])), std::string::npos) << told;
}

TEST_F(JournalDamage, of_a_segment_header_is_noticed) {
    for (uint64_t number = 1; number <= 3; ++number) {
        const auto intact = segment(number);
        for (const size_t byte : {0u, 8u, 12u, 20u, 28u, 36u}) {
            flip(number, byte);
            EXPECT_TRUE(is_clear(complaint(), subject_.segment_path(number)));
            subject_.overwrite(subject_.segment_path(number), intact);
        }
        subject_.overwrite(subject_.segment_path(number), intact.substr(0, 100));
        EXPECT_TRUE(is_clear(complaint(), subject_.segment_path(number)));
        subject_.overwrite(subject_.segment_path(number), intact);
    }
    EXPECT_EQ(complaint(), "");
}

TEST_F(JournalDamage, a_segment_cut_in_the_middle_of_the_journal_is_noticed) {
    const auto intact = segment(2);
    const auto places = places_of(intact);
    for (const size_t place : places) {
        if (place == places.back()) continue;
        subject_.overwrite(subject_.segment_path(2), intact.substr(0, place + 16));
        EXPECT_TRUE(is_clear(complaint(), ".journal")) << place;
    }
}

TEST_F(JournalDamage, behind_what_is_needed_does_not_matter) {
    flip(1, places_of(segment(1))[1] + 40);
    EXPECT_NE(complaint(), "");
    const auto header = SegmentHeader::decode(segment(2));
    const auto second = record_at(segment(2), segment_header_bytes, header->nonce);
    // A store that has all of the first segment never looks at it.
    EXPECT_EQ(complaint(Revision(second->batch.first.value - 1)), "");
}

TEST_F(JournalDamage, records_that_stand_twice_are_noticed) {
    auto bytes = segment(3);
    const auto places = places_of(bytes);
    const auto first = bytes.substr(places[0], places[1] - places[0]);
    bytes.replace(places.back(), first.size(), first);
    subject_.overwrite(subject_.segment_path(3), bytes);
    EXPECT_NE(complaint().find("revisions do not follow"), std::string::npos);
}

TEST_F(JournalDamage, a_record_of_another_segment_is_not_taken_for_one_of_this) {
    auto bytes = segment(3);
    const auto places = places_of(bytes);
    const auto other = segment(2);
    const auto other_places = places_of(other);
    const auto stray = other.substr(other_places[0], other_places[1] - other_places[0]);
    bytes.replace(places.back(), stray.size(), stray);
    subject_.overwrite(subject_.segment_path(3), bytes);
    EXPECT_EQ(complaint(), "");
}

TEST_F(JournalDamage, never_makes_it_crash_whatever_the_bytes_are) {
    Random random(9);
    const auto intact = segment(3);
    for (int i = 0; i < 2000; ++i) {
        auto bytes = intact;
        const auto changes = 1 + random.below(4);
        for (uint64_t change = 0; change < changes; ++change) {
            // Mostly in the lengths and numbers of a record.
            const size_t place = random.chance(1, 2)
                                     ? random.below(bytes.size())
                                     : segment_header_bytes + random.below(record_header_bytes);
            bytes[place] = static_cast<char>(random.below(256));
        }
        subject_.overwrite(subject_.segment_path(3), bytes);
        static_cast<void>(complaint());
    }
}

}  // namespace
}  // namespace signalbox
