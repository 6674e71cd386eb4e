#include "sse_parser.h"

#include <vector>

#include <gtest/gtest.h>

namespace signalbox::client {
namespace {

std::vector<std::string> events_of(std::string_view bytes, size_t piece_size) {
    SseParser parser;
    std::vector<std::string> events;
    while (!bytes.empty()) {
        parser.feed(bytes.substr(0, piece_size), [&](SseEvent&& event) {
            events.push_back(event.id + "|" + event.name + "|" + event.data);
            return true;
        });
        bytes.remove_prefix(std::min(piece_size, bytes.size()));
    }
    return events;
}

TEST(SseParser, ReadsEventsHoweverTheyAreCut) {
    constexpr std::string_view text =
        "retry: 2000\n\n"
        ": a comment\n\n"
        "id: 1\nevent: one\ndata: first\ndata:second\n\n"
        "data\r\n\r\n"
        "id: 2\revent: two\rdata:  x: y\r\r"
        "event: without data\n\n"
        "unknown: field\ndata: last\n\n"
        "id: 9\ndata: cut off";
    const std::vector<std::string> expected{"1|one|first\nsecond", "1||", "2|two| x: y", "2||last"};
    for (size_t piece = 1; piece <= text.size(); ++piece) {
        EXPECT_EQ(events_of(text, piece), expected) << "in pieces of " << piece;
    }
}

TEST(SseParser, StopsAtTheEventThatItsReaderWasWaitingFor) {
    SseParser parser;
    int seen = 0;
    EXPECT_FALSE(parser.feed("data: a\n\ndata: b\n\n", [&](SseEvent&&) {
        ++seen;
        return false;
    }));
    EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace signalbox::client
