#include "storage/change_set.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "base/bytes.h"

namespace signalbox {
namespace {

using namespace std::string_literals;

struct OwnWrite {
    WriteKind kind = WriteKind::put;
    std::string key;
    std::string value;

    bool operator==(const OwnWrite&) const = default;
};

OwnWrite own(const Write& write) {
    return {write.kind, std::string(write.key), std::string(write.value)};
}

void add(BatchWriter& batch, const OwnWrite& write) {
    switch (write.kind) {
        case WriteKind::put: batch.put(write.key, write.value); break;
        case WriteKind::erase: batch.erase(write.key); break;
        case WriteKind::erase_range: batch.erase_range(write.key, write.value); break;
    }
}

using Sets = std::vector<std::vector<OwnWrite>>;

rc::Gen<OwnWrite> arbitrary_write() {
    return rc::gen::exec([] {
        OwnWrite write;
        write.kind = *rc::gen::element(WriteKind::put, WriteKind::erase, WriteKind::erase_range);
        write.key = *rc::gen::arbitrary<std::string>();
        if (write.kind != WriteKind::erase) write.value = *rc::gen::arbitrary<std::string>();
        if (write.kind == WriteKind::erase_range && write.value < write.key) {
            std::swap(write.key, write.value);
        }
        return write;
    });
}

rc::Gen<Sets> arbitrary_sets() {
    return rc::gen::container<Sets>(rc::gen::container<std::vector<OwnWrite>>(arbitrary_write()));
}

void fill(BatchWriter& batch, const Sets& sets) {
    for (const auto& set : sets) {
        batch.begin();
        for (const auto& write : set) add(batch, write);
        batch.end();
    }
}

RC_GTEST_PROP(Batch, is_read_back_set_by_set, ()) {
    const auto sets = *arbitrary_sets();
    BatchWriter batch;
    batch.reset(Revision(100));
    fill(batch, sets);

    // Empty change sets are dropped and take no revision.
    Sets kept;
    std::copy_if(sets.begin(), sets.end(), std::back_inserter(kept),
                 [](const auto& set) { return !set.empty(); });
    RC_ASSERT(batch.view().count == kept.size());
    RC_ASSERT(batch.empty() == kept.empty());
    Sets read(kept.size());
    BatchReader reader(batch.view().bytes);
    while (reader.next()) read.at(reader.set_index()).push_back(own(reader.write()));
    RC_ASSERT(reader.ok());
    RC_ASSERT(reader.position() == batch.view().bytes.size());
    RC_ASSERT(read == kept);
}

RC_GTEST_PROP(Batch, shows_its_writes_while_it_is_written, ()) {
    const auto sets = *arbitrary_sets();
    BatchWriter batch;
    batch.reset(Revision(1));
    std::vector<OwnWrite> all;
    for (const auto& set : sets) {
        batch.begin();
        for (const auto& write : set) {
            add(batch, write);
            all.push_back(write);
            RC_ASSERT(batch.write_count() == all.size());
        }
        batch.end();
        for (size_t i = 0; i < all.size(); ++i) RC_ASSERT(own(batch.write_at(i)) == all[i]);
    }
}

TEST(Batch, has_the_bytes_that_the_formats_say) {
    BatchWriter batch;
    batch.reset(Revision(1));
    batch.begin();
    batch.put("k", "value");
    batch.erase("x");
    EXPECT_TRUE(batch.end());
    batch.begin();
    batch.erase_range("a", "b\0"s);
    EXPECT_TRUE(batch.end());
    EXPECT_EQ(batch.view().bytes,
              "\x0c\0\0\0"
              "\1\1k\5value"
              "\2\1x"
              "\6\0\0\0"
              "\3\1a\2b\0"s);
}

TEST(Batch, numbers_its_change_sets) {
    BatchWriter batch;
    batch.reset(Revision(7));
    EXPECT_EQ(batch.revision(), Revision(7));
    batch.begin();
    batch.put("a", "1");
    EXPECT_EQ(batch.revision(), Revision(7));
    EXPECT_TRUE(batch.end());
    EXPECT_EQ(batch.revision(), Revision(8));
    batch.begin();
    EXPECT_FALSE(batch.end());
    EXPECT_EQ(batch.revision(), Revision(8));
    EXPECT_EQ(batch.view().first, Revision(7));
    EXPECT_EQ(batch.view().last(), Revision(7));
}

TEST(Batch, shows_only_change_sets_that_have_ended) {
    BatchWriter batch;
    batch.reset(Revision(1));
    batch.begin();
    batch.put("a", "1");
    batch.end();
    const std::string before(batch.view().bytes);
    batch.begin();
    batch.put("b", "2");
    EXPECT_EQ(batch.view().bytes, before);
    EXPECT_EQ(batch.view().count, 1u);
}

TEST(Batch, forgets_everything_when_it_is_reset) {
    BatchWriter batch;
    batch.reset(Revision(1));
    batch.begin();
    batch.put("a", "1");
    batch.end();
    batch.reset(Revision(5));
    EXPECT_TRUE(batch.empty());
    EXPECT_EQ(batch.write_count(), 0u);
    EXPECT_EQ(batch.view().bytes, "");
    EXPECT_EQ(batch.revision(), Revision(5));
}

// Walks over bytes that may be anything; everything it is shown must lie within them.
void walk(std::string_view bytes) {
    BatchReader reader(bytes);
    const auto lies_within = [&](std::string_view part) {
        return part.empty() || (part.data() >= bytes.data() &&
                                part.data() + part.size() <= bytes.data() + bytes.size());
    };
    while (reader.next()) {
        RC_ASSERT(lies_within(reader.write().key));
        RC_ASSERT(lies_within(reader.write().value));
        RC_ASSERT(reader.position() <= bytes.size());
    }
    RC_ASSERT(!reader.next());
}

std::string sample_batch() {
    const auto sets = *arbitrary_sets();
    BatchWriter batch;
    batch.reset(Revision(1));
    fill(batch, sets);
    return std::string(batch.view().bytes);
}

RC_GTEST_PROP(BatchReader, survives_any_bytes, (const std::string& bytes)) {
    walk(bytes);
}

RC_GTEST_PROP(BatchReader, survives_a_batch_with_bytes_changed, ()) {
    auto bytes = sample_batch();
    RC_PRE(!bytes.empty());
    const auto changes = *rc::gen::inRange(1, 4);
    for (int i = 0; i < changes; ++i) {
        const auto place = *rc::gen::inRange<size_t>(0, bytes.size());
        bytes[place] = *rc::gen::arbitrary<char>();
    }
    walk(bytes);
}

RC_GTEST_PROP(BatchReader, notices_a_batch_that_is_cut, ()) {
    const auto bytes = sample_batch();
    RC_PRE(!bytes.empty());
    const auto cut = *rc::gen::inRange<size_t>(0, bytes.size());
    BatchReader whole(bytes);
    std::vector<size_t> set_ends{0};
    uint32_t set = 0;
    while (whole.next()) {
        if (whole.set_index() != set) set_ends.push_back(0);
        set = whole.set_index();
        set_ends.back() = whole.position();
    }
    BatchReader reader(std::string_view(bytes).substr(0, cut));
    while (reader.next()) {
    }
    // Only between two change sets does the rest of a batch look like a batch.
    const bool between =
        cut == 0 || std::find(set_ends.begin(), set_ends.end(), cut) != set_ends.end();
    RC_ASSERT(reader.ok() == between);
}

TEST(BatchReader, refuses_writes_of_unknown_kind) {
    for (const auto& bytes : {"\2\0\0\0\0\0"s, "\2\0\0\0\4\0"s, "\3\0\0\0\xff\0\0"s}) {
        BatchReader reader(bytes);
        EXPECT_FALSE(reader.next());
        EXPECT_FALSE(reader.ok());
    }
}

TEST(BatchReader, refuses_a_write_that_reaches_out_of_its_change_set) {
    BatchReader reader("\3\0\0\0\1\1k\2\0\0\0vv"s);
    EXPECT_FALSE(reader.next());
    EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace signalbox
