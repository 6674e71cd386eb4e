#include <future>

#include <gtest/gtest.h>

#include "client/sure.h"
#include "signalbox/client/client.h"
#include "support/cutting_proxy.h"
#include "support/server_process.h"

namespace signalbox::client {
namespace {

using namespace std::chrono_literals;

class Queues : public testing::Test {
protected:
    Posted post(const std::vector<std::string>& bodies) {
        std::vector<NewMessage> messages;
        for (const auto& body : bodies) messages.push_back({.body = body});
        return sure(client_.post_messages("q", messages));
    }

    ServerProcess server_;
    Client client_{Options{.url = server_.url()}};
};

TEST_F(Queues, KeepSettingsAndMetadata) {
    QueueRequest request;
    request.settings.ttl = 1h;
    request.settings.messages_max = 1000;
    request.metadata = R"({"rate":1.50})";
    const auto made = sure(client_.create_queue("q", request));
    EXPECT_EQ(made.name, "q");
    EXPECT_EQ(made.settings.ttl, 1h);
    EXPECT_EQ(made.settings.messages_max, 1000u);
    EXPECT_EQ(made.settings.delay, std::nullopt);
    EXPECT_EQ(client_.create_queue("q").error().status, 412);
    EXPECT_EQ(sure(client_.put_queue("q", request)).version, made.version);

    QueueChange change;
    change.settings.delay = 5s;
    change.unset = {"ttl"};
    change.metadata = R"({"owner":"a"})";
    change.if_version = made.version;
    const auto changed = sure(client_.change_queue("q", change));
    EXPECT_GT(changed.version, made.version);
    EXPECT_EQ(changed.settings.ttl, std::nullopt);
    EXPECT_EQ(changed.settings.delay, 5s);
    EXPECT_EQ(sure(client_.get_queue("q")).metadata, R"({"rate":1.5,"owner":"a"})");
    EXPECT_EQ(client_.change_queue("q", change).error().status, 412);

    change.metadata = "[]";
    EXPECT_EQ(client_.change_queue("q", change).error().field, "metadata");
    sure(client_.delete_queue("q"));
    EXPECT_EQ(client_.get_queue("q").error().status, 404);
    EXPECT_EQ(client_.delete_queue("q").error().status, 404);
}

TEST_F(Queues, AreListedPageByPage) {
    for (int i = 0; i < 7; ++i) sure(client_.put_queue("b" + std::to_string(i)));
    sure(client_.put_queue("a"));
    post({"1", "2"});
    EXPECT_EQ(sure(client_.list_queues({.page_items = 3}).rest()).size(), 9u);
    const auto some = sure(client_.list_queues({.prefix = "b", .page_items = 2}).rest());
    ASSERT_EQ(some.size(), 7u);
    EXPECT_EQ(some[0].name, "b0");
    EXPECT_EQ(some[0].stats, std::nullopt);
    const auto one = sure(client_.list_queues({.prefix = "q", .with_stats = true}).rest());
    ASSERT_EQ(one.size(), 1u);
    ASSERT_TRUE(one[0].stats);
    EXPECT_EQ(one[0].stats->free, 2u);
}

TEST_F(Queues, TakeMessagesAndShowThem) {
    NewMessage first;
    first.body = R"({"n":1.50})";
    first.ttl = 1h;
    first.group = "g";
    first.priority = 3;
    NewMessage second;
    second.body = "\"two\"";
    second.delay = 1h;
    const auto posted = sure(client_.post_messages("q", {first, second}));
    ASSERT_EQ(posted.ids.size(), 2u);
    EXPECT_FALSE(posted.replayed);

    const auto shown = sure(client_.get_message("q", posted.ids[0]));
    EXPECT_EQ(shown.id, posted.ids[0]);
    EXPECT_EQ(shown.body, R"({"n":1.5})");
    EXPECT_EQ(shown.ttl, 1h);
    EXPECT_EQ(shown.group, "g");
    EXPECT_EQ(shown.priority, 3);
    EXPECT_EQ(sure(client_.list_messages("q").rest()).size(), 1u);
    const auto all =
        sure(client_.list_messages("q", {.include_delayed = true, .page_items = 1}).rest());
    ASSERT_EQ(all.size(), 2u);
    EXPECT_TRUE(all[1].delayed_until);

    const auto stats = sure(client_.queue_stats("q"));
    EXPECT_EQ(stats.free, 1u);
    EXPECT_EQ(stats.delayed, 1u);
    EXPECT_EQ(stats.oldest->id, posted.ids[0]);
    EXPECT_EQ(sure(client_.delete_messages("q", posted.ids)), 2u);
    EXPECT_EQ(sure(client_.delete_messages("q", posted.ids)), 0u);
    EXPECT_EQ(sure(client_.queue_stats("q")).oldest, std::nullopt);
    EXPECT_EQ(client_.get_message("q", posted.ids[0]).error().status, 404);
    EXPECT_EQ(client_.post_messages("q", {{.body = "{"}}).error().field, "messages[0].body");
}

TEST_F(Queues, TakeAndGiveManyMessagesAsText) {
    std::string text;
    for (int i = 0; i < 2500; ++i) text += std::to_string(i) + "\n";
    EXPECT_EQ(sure(client_.post_ndjson("q", text)), 2500u);
    std::string read;
    MessageFilter filter{.page_items = 1000};
    int pages = 0;
    for (;;) {
        const auto page = sure(client_.read_ndjson("q", filter, NdjsonForm::body));
        if (page.text.empty()) break;
        read += page.text;
        filter.after = page.next_after;
        ++pages;
    }
    EXPECT_EQ(read, text);
    EXPECT_EQ(pages, 3);
    const auto refused = client_.post_ndjson("q", "1\n2\n{\n");
    EXPECT_EQ(refused.error().field, "lines[2]");
    // What was read as messages may be posted again.
    const auto messages = sure(client_.read_ndjson("q", {.page_items = 3}, NdjsonForm::message));
    EXPECT_EQ(sure(client_.post_ndjson("copy", messages.text, {.form = NdjsonForm::message})), 3u);
}

TEST_F(Queues, PostOnceOverBrokenConnections) {
    CuttingProxy proxy(server_.port());
    const Client shaky({.url = proxy.url()});
    proxy.swallow_answers(2);
    const auto posted = sure(shaky.post_messages("q", {{.body = "1"}, {.body = "2"}}));
    EXPECT_TRUE(posted.replayed);
    proxy.swallow_answers(1);
    EXPECT_EQ(sure(shaky.post_ndjson("q", "3\n")), 1u);
    proxy.swallow_answers(1);
    sure(shaky.create_queue("other"));
    EXPECT_EQ(sure(client_.queue_stats("q")).total, 3u);
    const auto claim = sure(client_.claim_messages("q"));
    proxy.swallow_answers(1);
    EXPECT_EQ(sure(shaky.acknowledge("q", claim.id, {claim.messages[0].id})), 0u);
    proxy.swallow_answers(1);
    sure(shaky.acknowledge("q", claim.id, {claim.messages[1].id, claim.messages[2].id}));
    EXPECT_EQ(sure(client_.queue_stats("q")).total, 0u);
}

TEST_F(Queues, AreClaimedFrom) {
    post({"1", "2", "3"});
    const auto claim = sure(client_.claim_messages("q", {.limit = 2, .ttl = 1min, .grace = 10s}));
    ASSERT_TRUE(claim);
    EXPECT_EQ(claim.ttl, 1min);
    ASSERT_EQ(claim.messages.size(), 2u);
    EXPECT_EQ(claim.messages[0].body, "1");
    EXPECT_EQ(claim.messages[0].claim, claim.id);
    EXPECT_EQ(sure(client_.get_claim("q", claim.id)).messages.size(), 2u);
    sure(client_.renew_claim("q", claim.id, {.ttl = 2min}));
    EXPECT_EQ(sure(client_.get_claim("q", claim.id)).ttl, 2min);
    EXPECT_EQ(client_.delete_messages("q", {claim.messages[0].id}).error().status, 403);
    EXPECT_EQ(sure(client_.acknowledge("q", claim.id, {claim.messages[0].id})), 1u);
    EXPECT_EQ(sure(client_.release_claim("q", claim.id)), 1u);
    EXPECT_EQ(client_.renew_claim("q", claim.id).error().status, 404);
    const auto popped = sure(client_.pop_messages("q", 5));
    ASSERT_EQ(popped.size(), 2u);
    EXPECT_EQ(popped[0].body, "2");
    EXPECT_FALSE(sure(client_.claim_messages("q")));
    EXPECT_EQ(sure(client_.purge_queue("q")), 0u);
}

TEST_F(Queues, LetWhoWaitsKnow) {
    // Shorter questions than the wait, so that there are several.
    const Client waiting({.url = server_.url(), .hold_max = 50ms});
    auto claimed =
        std::async(std::launch::async, [&] { return waiting.claim_messages("q", {.wait = 1min}); });
    post({"7"});
    EXPECT_EQ(sure(claimed.get()).messages.at(0).body, "7");
    EXPECT_FALSE(sure(waiting.claim_messages("q", {.wait = 120ms})));
    std::stop_source source;
    auto stopped = std::async(std::launch::async, [&] {
        return client_.claim_messages("q", {.wait = 1h}, {.stop = source.get_token()});
    });
    source.request_stop();
    EXPECT_TRUE(stopped.get().error().is("cancelled"));
}

TEST_F(Queues, HaveReaders) {
    post({"1", "2", "3"});
    const auto read =
        sure(client_.list_messages("q", {.reader = "r", .page_items = 2}).next_page());
    ASSERT_EQ(read.size(), 2u);
    EXPECT_EQ(sure(client_.set_reader("q", "r", read[1].sequence, 0)).sequence, read[1].sequence);
    EXPECT_EQ(client_.set_reader("q", "r", 1, 0).error().status, 412);
    EXPECT_EQ(sure(client_.get_reader("q", "r")).sequence, read[1].sequence);
    const auto rest = sure(client_.list_messages("q", {.reader = "r"}).rest());
    ASSERT_EQ(rest.size(), 1u);
    EXPECT_EQ(rest[0].body, "3");
    ASSERT_EQ(sure(client_.list_readers("q")).size(), 1u);
    sure(client_.delete_reader("q", "r"));
    EXPECT_TRUE(sure(client_.list_readers("q")).empty());
}

}  // namespace
}  // namespace signalbox::client
