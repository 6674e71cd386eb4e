#include "core/event.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace signalbox {
namespace {

rc::Gen<Event> arbitrary_event() {
    return rc::gen::exec([] {
        Event event;
        event.tenant = TenantId(*rc::gen::arbitrary<uint32_t>());
        event.time = Instant(Duration(*rc::gen::arbitrary<int64_t>()));
        event.type = *rc::gen::arbitrary<std::string>();
        event.subject = *rc::gen::arbitrary<std::string>();
        for (const uint64_t topic : *rc::gen::arbitrary<std::vector<uint64_t>>()) {
            event.topics.emplace_back(topic);
        }
        event.data = *rc::gen::arbitrary<std::string>();
        return event;
    });
}

rc::Gen<std::vector<Event>> arbitrary_events() {
    return rc::gen::container<std::vector<Event>>(arbitrary_event());
}

bool same(const Event& a, const Event& b) {
    return a.tenant == b.tenant && a.position == b.position && a.time == b.time &&
           a.type == b.type && a.subject == b.subject && a.topics == b.topics && a.data == b.data;
}

RC_GTEST_PROP(EventRow, is_read_back_with_the_place_of_each_event, (uint64_t revision)) {
    auto events = *arbitrary_events();
    const auto read = decode_events(event_row_key(Revision(revision)), encode_events(events));
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->size() == events.size());
    for (size_t i = 0; i < events.size(); ++i) {
        events[i].position = {Revision(revision), static_cast<uint32_t>(i)};
        RC_ASSERT(same(read->at(i), events[i]));
    }
}

RC_GTEST_PROP(EventRow, that_is_cut_is_noticed, ()) {
    const auto row = encode_events(*arbitrary_events());
    const auto cut = *rc::gen::inRange<size_t>(0, row.size());
    RC_ASSERT(!decode_events(event_row_key(Revision(1)), std::string_view(row).substr(0, cut)));
}

RC_GTEST_PROP(EventRow, of_any_bytes_does_no_harm, (std::string row)) {
    if (!row.empty()) row[0] = 1;
    decode_events(event_row_key(Revision(1)), row);
    decode_events(row, row);
}

TEST(EventRow, of_another_version_is_not_read) {
    auto row = encode_events({});
    EXPECT_TRUE(decode_events(event_row_key(Revision(1)), row));
    row[0] = 3;
    EXPECT_FALSE(decode_events(event_row_key(Revision(1)), row));
    EXPECT_FALSE(decode_events("F", encode_events({})));
}

RC_GTEST_PROP(EventRowKey, sorts_by_revision, (uint64_t a, uint64_t b)) {
    RC_ASSERT((event_row_key(Revision(a)) < event_row_key(Revision(b))) == (a < b));
}

// The bytes of a topic are kept in rows, so they may never change.
TEST(Topic, is_a_checksum_of_its_kind_and_names) {
    EXPECT_EQ(make_topic("tickets"), make_topic("tickets"));
    EXPECT_NE(make_topic("line", {"a", "b"}), make_topic("line", {"ab"}));
    EXPECT_NE(make_topic("line", {"a", "b"}), make_topic("line", {"", "ab"}));
    EXPECT_NE(make_topic("line", {"a"}), make_topic("linea"));
    EXPECT_NE(make_topic("line", {"a"}), make_topic("server", {"a"}));
}

TEST(Event, is_about_its_topics_only) {
    Event event;
    event.topics = {make_topic("tickets"), make_topic("ticket", {"1"})};
    EXPECT_TRUE(event.is_about(make_topic("ticket", {"1"})));
    EXPECT_FALSE(event.is_about(make_topic("ticket", {"2"})));
}

}  // namespace
}  // namespace signalbox
