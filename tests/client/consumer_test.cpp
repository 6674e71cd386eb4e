#include "signalbox/client/consumer.h"

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

#include <gtest/gtest.h>

#include "client/sure.h"
#include "support/server_process.h"

namespace signalbox::client {
namespace {

using namespace std::chrono_literals;

class Consumers : public testing::Test {
protected:
    void post(int first, int count) {
        std::vector<NewMessage> messages;
        for (int i = 0; i < count; ++i) messages.push_back({.body = std::to_string(first + i)});
        sure(client_.post_messages("q", messages));
    }

    ServerProcess server_;
    Client client_{Options{.url = server_.url()}};
};

TEST_F(Consumers, HandleEachMessageOnceInOrder) {
    post(0, 25);
    std::vector<std::string> seen;
    const auto handler = [&](const Message& message, const std::stop_token&) {
        seen.push_back(message.body);
        return Handled::done;
    };
    const auto report = sure(consume(client_, "q", handler, {.ends_when_empty = true}));
    ASSERT_EQ(seen.size(), 25u);
    for (int i = 0; i < 25; ++i) EXPECT_EQ(seen[static_cast<size_t>(i)], std::to_string(i));
    EXPECT_EQ(report.done, 25u);
    EXPECT_EQ(report.released, 0u);
    EXPECT_EQ(report.lost, 0u);
    EXPECT_EQ(sure(client_.queue_stats("q")).total, 0u);
}

TEST_F(Consumers, GiveBackWhatIsNotDone) {
    QueueRequest request;
    request.settings.claims_max = 2;
    request.settings.dead_letter_queue = "dead";
    sure(client_.put_queue("q", request));
    post(0, 3);
    int failures = 0;
    const auto handler = [&](const Message& message, const std::stop_token&) {
        if (message.body != "1") return Handled::done;
        ++failures;
        return Handled::failed;
    };
    const auto report = sure(consume(client_, "q", handler, {.ends_when_empty = true}));
    EXPECT_EQ(report.done, 2u);
    EXPECT_EQ(failures, 2);
    EXPECT_EQ(sure(client_.queue_stats("q")).total, 0u);
    EXPECT_EQ(sure(client_.list_messages("dead").rest()).at(0).body, "1");

    post(7, 1);
    const auto once = sure(
        consume(client_, "q", [](const Message&, const std::stop_token&) { return Handled::later; },
                {.release_delay = 1h, .messages_max = 1}));
    EXPECT_EQ(once.released, 1u);
    EXPECT_EQ(sure(client_.queue_stats("q")).delayed, 1u);
}

TEST_F(Consumers, KeepTheirClaimForAsLongAsItTakes) {
    post(0, 1);
    const auto handler = [&](const Message& message, const std::stop_token& lost) {
        // Until well behind the end of a claim that nobody renewed.
        const auto until = std::chrono::steady_clock::now() + 3500ms;
        while (std::chrono::steady_clock::now() < until) {
            EXPECT_FALSE(sure(client_.claim_messages("q")));
        }
        EXPECT_FALSE(lost.stop_requested());
        EXPECT_EQ(sure(client_.get_message("q", message.id)).claim, message.claim);
        return Handled::done;
    };
    const auto report =
        sure(consume(client_, "q", handler, {.claim_ttl = 3s, .messages_max = 1}));
    EXPECT_EQ(report.done, 1u);
}

TEST_F(Consumers, LearnThatTheirClaimIsGone) {
    post(0, 2);
    std::vector<std::string> problems;
    ConsumerOptions options{.claim_ttl = 3s, .messages_max = 1};
    options.on_problem = [&](const Problem& problem) { problems.push_back(problem.text()); };
    const auto handler = [&](const Message& message, const std::stop_token& lost) {
        sure(client_.release_claim("q", message.claim));
        std::mutex mutex;
        std::condition_variable_any changed;
        std::unique_lock lock(mutex);
        changed.wait(lock, lost, [] { return false; });
        return Handled::done;
    };
    const auto report = sure(consume(client_, "q", handler, options));
    EXPECT_EQ(report.done, 0u);
    EXPECT_EQ(report.lost, 1u);
    EXPECT_EQ(problems.size(), 1u);
    EXPECT_EQ(sure(client_.queue_stats("q")).free, 2u);
}

TEST_F(Consumers, StopBetweenTwoMessagesAndGiveTheRestBack) {
    post(0, 10);
    std::stop_source source;
    ConsumerOptions options;
    options.stop = source.get_token();
    int handled = 0;
    const auto handler = [&](const Message&, const std::stop_token&) {
        if (++handled == 3) source.request_stop();
        return Handled::done;
    };
    const auto report = sure(consume(client_, "q", handler, options));
    EXPECT_EQ(handled, 3);
    EXPECT_EQ(report.done, 3u);
    EXPECT_EQ(report.released, 7u);
    EXPECT_EQ(sure(client_.queue_stats("q")).free, 7u);
    // And at once when there is nothing to do.
    std::stop_source idle;
    options.stop = idle.get_token();
    auto waiting =
        std::async(std::launch::async, [&] { return consume(client_, "empty", handler, options); });
    idle.request_stop();
    EXPECT_EQ(sure(waiting.get()).done, 0u);
}

TEST_F(Consumers, GoOnWhenTheServerIsBack) {
    post(0, 1);
    std::mutex mutex;
    std::condition_variable changed;
    int handled = 0;
    std::atomic<int> problems = 0;
    std::stop_source source;
    ConsumerOptions options;
    options.stop = source.get_token();
    options.on_problem = [&](const Problem&) {
        const std::lock_guard lock(mutex);
        ++problems;
        changed.notify_all();
    };
    const auto handler = [&](const Message&, const std::stop_token&) {
        const std::lock_guard lock(mutex);
        ++handled;
        changed.notify_all();
        return Handled::done;
    };
    // What was done is soon given up to be told, so that the consumer asks for more.
    const Client hasty({.url = server_.url(), .retry_for = 50ms});
    auto consuming =
        std::async(std::launch::async, [&] { return consume(hasty, "q", handler, options); });
    const auto wait_for = [&](const std::function<bool()>& condition) {
        std::unique_lock lock(mutex);
        ASSERT_TRUE(changed.wait_for(lock, 60s, condition));
    };
    wait_for([&] { return handled == 1; });
    server_.kill9();
    wait_for([&] { return problems > 0; });
    server_.start();
    post(1, 1);
    wait_for([&] { return handled >= 2; });
    source.request_stop();
    EXPECT_GE(sure(consuming.get()).done, 1u);
}

TEST_F(Consumers, EndWhenTheyAreRefused) {
    const auto refused =
        consume(client_, "no such name",
                [](const Message&, const std::stop_token&) { return Handled::done; });
    EXPECT_EQ(refused.error().status, 400);
    EXPECT_EQ(refused.error().field, "queue");
}

}  // namespace
}  // namespace signalbox::client
