#include "bench/load/response_reader.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bench/load/event_reader.h"

namespace signalbox::bench {
namespace {

using Step = ResponseReader::Step;

struct Seen {
    std::vector<uint16_t> statuses;
    std::vector<std::string> bodies;
    std::string streamed;
    bool malformed = false;
};

// Gives the bytes in pieces of `size`, as a socket might.
Seen read_in_pieces(std::string_view bytes, size_t size) {
    Seen seen;
    ResponseReader reader;
    std::string input;
    for (size_t at = 0; at < bytes.size() && !seen.malformed; at += size) {
        input += bytes.substr(at, size);
        for (;;) {
            const auto progress = reader.read(input);
            if (progress.step == Step::complete) {
                seen.statuses.push_back(reader.status());
                seen.bodies.emplace_back(reader.body());
            } else if (progress.step == Step::piece) {
                seen.streamed += reader.body();
            }
            input.erase(0, progress.consumed);
            seen.malformed = progress.step == Step::malformed;
            if (progress.step == Step::need_more || seen.malformed) break;
        }
    }
    return seen;
}

constexpr std::string_view three_responses =
    "HTTP/1.1 201 Created\r\ncontent-LENGTH: 5\r\nDate: x\r\n\r\nhello"
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n";

TEST(ResponseReader, ReadsResponsesHoweverTheyAreCut) {
    for (size_t size = 1; size <= three_responses.size(); ++size) {
        const auto seen = read_in_pieces(three_responses, size);
        EXPECT_FALSE(seen.malformed) << size;
        EXPECT_EQ(seen.statuses, (std::vector<uint16_t>{201, 204, 200})) << size;
        EXPECT_EQ(seen.bodies, (std::vector<std::string>{"hello", "", "abc0123456789"})) << size;
    }
}

TEST(ResponseReader, HandsOutAnEventStreamAsItComes) {
    constexpr std::string_view stream =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
        "6\r\nid: 1\n\r\n2a\r\nevent: granted\ndata: {\"uuid\":\"x\",\"y\":12}\n\n\r\n";
    for (size_t size = 1; size <= stream.size(); ++size) {
        const auto seen = read_in_pieces(stream, size);
        EXPECT_FALSE(seen.malformed) << size;
        EXPECT_TRUE(seen.statuses.empty());
        EventReader events;
        std::string found;
        for (const char c : seen.streamed) {
            events.read({&c, 1}, [&](const EventReader::Event& event) {
                found += std::string(event.name) + "=" + std::string(event.data) + ";";
            });
        }
        EXPECT_EQ(found, "granted={\"uuid\":\"x\",\"y\":12};") << size;
    }
}

TEST(ResponseReader, TellsWhatIsNoHttp) {
    EXPECT_TRUE(read_in_pieces("SSH-2.0-OpenSSH\r\n\r\n", 100).malformed);
    EXPECT_TRUE(read_in_pieces("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", 100).malformed);
}

}  // namespace
}  // namespace signalbox::bench
