#include "dialect/zaqar/queue_metadata.h"

#include <gtest/gtest.h>

#include "dialect/zaqar/queue_patch.h"

namespace signalbox::zaqar {
namespace {

QueueView view_of(const QueueContent& content, QueueKind kind = QueueKind::queue) {
    QueueView view;
    view.queue = {kind, "q"};
    view.settings = content.settings;
    view.metadata = content.metadata;
    return view;
}

QueueContent must_read(std::string_view text, QueueKind kind = QueueKind::queue) {
    auto content = read_metadata(MetadataDocument::parse(text), kind, {}, {});
    EXPECT_TRUE(content) << text;
    return content ? *content : QueueContent();
}

TEST(QueueMetadata, comes_back_as_it_was_given) {
    const std::string_view text =
        R"({"b":1.50,"a":{"x": [null]},"_max_messages_post_size":100,"_default_message_ttl":60,)"
        R"("_default_message_delay":5,"_dead_letter_queue":"dead",)"
        R"("_dead_letter_queue_messages_ttl":70,"_max_claim_count":3,)"
        R"("_enable_encrypt_messages":true,"_flavor":"gold",)"
        R"("_retry_policy":{"minimum_delay":7,"maximum_delay":60}})";
    const auto content = must_read(text);
    EXPECT_EQ(content.metadata, R"({"b":1.50,"a":{"x": [null]}})");
    EXPECT_EQ(content.settings.ttl, std::chrono::seconds(60));
    EXPECT_EQ(content.settings.dead_letter_queue, "dead");
    EXPECT_EQ(content.settings.encrypt, true);
    EXPECT_EQ(MetadataDocument::of(view_of(content)).text(), text);
}

TEST(QueueMetadata, keeps_settings_that_it_has_no_name_for_and_those_that_were_not_touched) {
    QueueView view;
    view.settings.messages_max = 7;
    view.settings.ttl = std::chrono::seconds(5);
    view.settings.delay = std::chrono::milliseconds(1500);
    auto document = MetadataDocument::of(view);
    EXPECT_TRUE(document.remove("_default_message_ttl"));
    const auto content = read_metadata(document, QueueKind::queue, view.settings, {});
    ASSERT_TRUE(content);
    EXPECT_EQ(content->settings.messages_max, 7);
    EXPECT_EQ(content->settings.delay, std::chrono::milliseconds(1500));
    EXPECT_FALSE(content->settings.ttl);
}

TEST(QueueMetadata, of_topics_has_fewer_reserved_names) {
    const auto content =
        must_read(R"({"_max_claim_count":"any","_default_message_ttl":60})", QueueKind::topic);
    EXPECT_EQ(content.metadata, R"({"_max_claim_count":"any"})");
    EXPECT_EQ(shown_metadata(MetadataDocument::of(view_of(content, QueueKind::topic)),
                             QueueKind::topic, {}, std::chrono::hours(1)),
              R"({"_max_claim_count":"any","_default_message_ttl":60,)"
              R"("_max_messages_post_size":262144,"_default_message_delay":0})");
}

TEST(QueueMetadata, settings_win_over_what_somebody_kept_under_their_names) {
    QueueView view;
    view.metadata = R"({"_default_message_ttl":"stale","a":1})";
    EXPECT_EQ(MetadataDocument::of(view).text(), R"({"a":1})");
}

TEST(QueueMetadata, names_are_decoded) {
    auto document = MetadataDocument::parse(R"({"\u0061\"":1,"b":2,"a\"":3})");
    ASSERT_NE(document.find("a\""), nullptr);
    EXPECT_EQ(*document.find("a\""), "3");
    EXPECT_EQ(document.text(), R"({"a\"":3,"b":2})");
    EXPECT_TRUE(document.remove("a\""));
    EXPECT_FALSE(document.remove("a\""));
    document.set("a\"", "4");
    EXPECT_EQ(document.text(), R"({"b":2,"a\"":4})");
}

TEST(QueueMetadata, filters_compare_numbers_as_numbers) {
    const auto document = MetadataDocument::parse(R"({"n":7,"t":"7","x":"y","l":[7]})");
    EXPECT_TRUE(matches_filter(document, "n", "7"));
    EXPECT_TRUE(matches_filter(document, "n", "007"));
    EXPECT_FALSE(matches_filter(document, "n", "8"));
    EXPECT_FALSE(matches_filter(document, "t", "7"));
    EXPECT_TRUE(matches_filter(document, "x", "y"));
    EXPECT_FALSE(matches_filter(document, "l", "7"));
    EXPECT_FALSE(matches_filter(document, "none", "7"));
}

TEST(QueuePatch, changes_nothing_but_what_it_names) {
    auto document = MetadataDocument::parse(R"({"a":1,"b":2.50})");
    const auto operations = read_patch(R"([{"op":"add","path":"/metadata/c~1d","value":{"x":1}},)"
                                       R"({"path":"/metadata/a","value":null,"op":"replace"},)"
                                       R"({"op":"remove","path":"/metadata/b"}])",
                                       {});
    ASSERT_TRUE(operations);
    ASSERT_TRUE(apply_patch(document, QueueKind::queue, *operations));
    EXPECT_EQ(document.text(), R"({"a":null,"c/d":{"x":1}})");
}

}  // namespace
}  // namespace signalbox::zaqar
