#include "dialect/zaqar/message_input.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "codec/json_writer.h"

// Refusals are in tests/transcripts/zaqar/bad-messages.txt.

namespace signalbox::zaqar {
namespace {

std::vector<NewMessage> must_read(std::string_view text, bool takes_delay = true) {
    auto messages = read_messages(text, {}, takes_delay);
    EXPECT_TRUE(messages) << text;
    return messages ? std::move(*messages) : std::vector<NewMessage>();
}

TEST(MessageInput, keeps_bodies_as_they_are_written) {
    const auto messages = must_read(
        R"({"messages" : [ {"ttl":60, "body" : {"a": [1.50, 1e2 ,"\u00e9"]} }, {"body":"}\""} ]})");
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(messages[0].body, R"({"a": [1.50, 1e2 ,"\u00e9"]})");
    EXPECT_EQ(messages[0].ttl, std::chrono::seconds(60));
    EXPECT_EQ(messages[1].body, R"("}\"")");
    EXPECT_FALSE(messages[1].ttl);
}

TEST(MessageInput, takes_a_delay_where_there_is_one) {
    const std::string_view text = R"({"messages":[{"body":1,"delay":0},{"body":1,"delay":900}]})";
    EXPECT_EQ(must_read(text)[0].delay, Duration(0));
    EXPECT_EQ(must_read(text)[1].delay, std::chrono::minutes(15));
    EXPECT_FALSE(must_read(text, false)[1].delay);
}

TEST(MessageInput, forgets_what_was_wrong_with_messages_that_do_not_count) {
    EXPECT_EQ(must_read(R"({"messages":[1,{"ttl":1}],"messages":[{"body":2}]})").size(), 1u);
}

RC_GTEST_PROP(MessageInput, gives_back_any_body, (const std::vector<std::string>& texts)) {
    RC_PRE(!texts.empty());
    std::string request = R"({"messages":[)";
    std::vector<std::string> bodies;
    for (const auto& text : texts) {
        std::string plain;
        for (const char c : text) plain.push_back(static_cast<char>(c & 0x7f));
        auto& body = bodies.emplace_back();
        append_json_string(body, plain);
        if (request.back() != '[') request += ',';
        request += R"({"body":)" + body + "}";
    }
    request += "]}";
    const auto messages = read_messages(request, {}, true);
    RC_ASSERT(messages.has_value());
    RC_ASSERT(messages->size() == bodies.size());
    for (size_t i = 0; i < bodies.size(); ++i) RC_ASSERT((*messages)[i].body == bodies[i]);
}

TEST(MessageInput, claim_times_have_defaults) {
    const auto none = read_claim_times("", {});
    ASSERT_TRUE(none);
    EXPECT_EQ(none->ttl, 300);
    EXPECT_EQ(none->grace, 60);
    const auto some = read_claim_times(R"({"grace":70,"other":1})", {});
    ASSERT_TRUE(some);
    EXPECT_EQ(some->ttl, 300);
    EXPECT_EQ(some->grace, 70);
}

}  // namespace
}  // namespace signalbox::zaqar
