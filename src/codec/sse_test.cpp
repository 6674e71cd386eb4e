#include "codec/sse.h"

#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace signalbox {
namespace {

std::string event(std::string_view id, std::string_view name, std::string_view data) {
    std::string out;
    append_sse_event(out, id, name, data);
    return out;
}

TEST(SseEvent, has_a_line_for_each_field) {
    EXPECT_EQ(event("12-0", "ticket.granted", "{}"),
              "id: 12-0\nevent: ticket.granted\ndata: {}\n\n");
}

TEST(SseEvent, leaves_out_what_is_empty_but_its_data) {
    EXPECT_EQ(event("", "", "x"), "data: x\n\n");
    EXPECT_EQ(event("", "", ""), "data: \n\n");
}

TEST(SseEvent, breaks_its_data_at_line_ends_of_any_kind) {
    EXPECT_EQ(event("", "", "a\nb\rc\r\nd"), "data: a\ndata: b\ndata: c\ndata: d\n\n");
    EXPECT_EQ(event("", "", "\n"), "data: \ndata: \n\n");
    EXPECT_EQ(event("", "", "\r\n\r\n"), "data: \ndata: \ndata: \n\n");
}

// As the specification of EventSource says it, for streams that this codec can make.
std::vector<std::string> read_events(const std::string& stream) {
    std::vector<std::string> events;
    std::string data;
    for (size_t at = 0; at < stream.size();) {
        const size_t end = stream.find('\n', at);
        const auto line = stream.substr(at, end - at);
        at = end + 1;
        if (line.empty()) {
            if (!data.empty()) data.pop_back();
            events.push_back(std::exchange(data, {}));
        } else if (line.starts_with("data: ")) {
            data += line.substr(6) + '\n';
        }
    }
    return events;
}

// Data can end neither its own event nor the one of another.
RC_GTEST_PROP(SseEvent, is_read_back_as_one_event, ()) {
    const auto data =
        *rc::gen::container<std::string>(rc::gen::element('a', ':', ' ', '\n', '\r', 'd'));
    const auto events = read_events(event("1", "n", data) + event("2", "n", "next"));
    std::string normal;
    for (size_t i = 0; i < data.size(); ++i) {
        if (data[i] == '\n' && i > 0 && data[i - 1] == '\r') continue;
        normal += data[i] == '\r' ? '\n' : data[i];
    }
    RC_ASSERT(events.size() == 2u);
    RC_ASSERT(events[0] == normal);
    RC_ASSERT(events[1] == "next");
}

TEST(SseComment, is_a_line_that_readers_pass_over) {
    std::string out;
    append_sse_comment(out, "still here");
    EXPECT_EQ(out, ": still here\n\n");
}

}  // namespace
}  // namespace signalbox
