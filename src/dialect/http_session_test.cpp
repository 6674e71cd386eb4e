#include "dialect/http_session.h"

#include <array>

#include <gtest/gtest.h>

#include "dialect/router.h"

namespace signalbox {
namespace {

class StillClock : public Clock {
public:
    [[nodiscard]] Now now() const override { return {}; }
    [[nodiscard]] std::chrono::nanoseconds stopwatch() const override { return {}; }
};

constexpr size_t large = 100'000;

std::string requests(size_t count, const std::string& path) {
    std::string bytes;
    for (size_t i = 0; i < count; ++i) bytes += "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
    return bytes;
}

// A connection whose requests are answered when the test says so.
class HttpSessionTest : public testing::Test, private HttpSession::Host {
protected:
    HttpSessionTest() {
        router_.add(
            Dialect::native, HttpMethod::get, "/short",
            [this](Call& call) { under_way.push_back(call.exchange); }, Access::open);
        router_.add(
            Dialect::native, HttpMethod::get, "/long",
            [this](Call& call) {
                call.exchange->expect_lengthy();
                under_way.push_back(call.exchange);
            },
            Access::open);
        router_.add_faults(
            Dialect::native, "",
            [](RouteFault, const HttpRequest&, const std::string&) { return HttpResponse(); });
        Frontend::Setup setup;
        setup.run_later = [](const std::function<void()>&) {};
        frontend_ = std::make_unique<Frontend>(std::move(setup), node_, router_, probe_);
        connection = std::make_unique<HttpSession>(*frontend_, static_cast<Host&>(*this),
                                                   DialectSet{}, "10.0.0.1");
    }

    void answer(size_t index, size_t bytes) {
        const auto exchange = under_way[index];
        under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(index));
        HttpResponse response;
        response.status = 200;
        response.body.assign(bytes, 'x');
        exchange->respond(std::move(response));
    }

    // The client takes everything.
    void take() {
        std::array<iovec, 4> pieces{};
        while (connection->backlog() > 0) {
            const size_t count = connection->gather(pieces);
            size_t sent = 0;
            for (size_t i = 0; i < count; ++i) sent += pieces[i].iov_len;
            connection->sent(sent);
        }
    }

    std::vector<ExchangePtr> under_way;
    std::unique_ptr<HttpSession> connection;

private:
    void session_changed() override {}

    StillClock clock_;
    Metrics metrics_;
    HttpProbe probe_{metrics_};
    Node node_{{"test", "0", Uuid(), 1}, clock_, metrics_};
    Router router_;
    std::unique_ptr<Frontend> frontend_;
};

TEST_F(HttpSessionTest, many_short_requests_are_under_way_at_a_time) {
    connection->receive(requests(250, "/short"));
    EXPECT_EQ(under_way.size(), 250);
}

TEST_F(HttpSessionTest, of_requests_for_much_few_are_under_way_and_one_once_an_answer_was_large) {
    connection->receive(requests(250, "/long"));
    EXPECT_EQ(under_way.size(), AnswerWindow::lengthy_max);
    for (size_t left = 250; left > 0; --left) {
        ASSERT_FALSE(under_way.empty());
        answer(0, large);
        EXPECT_LE(under_way.size(), AnswerWindow::lengthy_max);
        take();
    }
    EXPECT_EQ(connection->window().lengthy(), 0);
    connection->receive(requests(10, "/long"));
    EXPECT_EQ(under_way.size(), 1);
}

TEST_F(HttpSessionTest, what_waits_for_its_turn_counts_as_what_waits_to_be_sent) {
    connection->receive(requests(3, "/short"));
    answer(1, 2u << 20);
    EXPECT_GT(connection->window().kept_bytes(), 2u << 20);
    connection->receive(requests(5, "/short"));
    EXPECT_EQ(under_way.size(), 2);
    // Its turn comes, but the client does not take it.
    answer(0, 10);
    EXPECT_EQ(connection->window().kept_bytes(), 0);
    EXPECT_EQ(under_way.size(), 1);
    take();
    EXPECT_EQ(under_way.size(), 2);
}

TEST_F(HttpSessionTest, an_answer_that_is_large_unexpectedly_makes_all_further_ones_wait) {
    connection->receive(requests(1, "/short"));
    answer(0, large);
    take();
    connection->receive(requests(10, "/short"));
    EXPECT_EQ(under_way.size(), 1);
}

TEST_F(HttpSessionTest, the_core_is_asked_in_the_name_of_the_user_or_else_of_the_peer) {
    connection->receive(requests(1, "/short"));
    EXPECT_EQ(under_way.front()->caller().name, "10.0.0.1");
    Identity ann;
    ann.user = "ann";
    under_way.front()->set_identity(std::make_shared<const Identity>(std::move(ann)));
    EXPECT_EQ(under_way.front()->caller().name, "ann");
    EXPECT_EQ(under_way.front()->caller().request_id, under_way.front()->request_id());
}

TEST_F(HttpSessionTest, a_client_that_goes_leaves_nothing) {
    connection->receive(requests(3, "/long"));
    answer(2, large);
    connection->close();
    EXPECT_EQ(connection->window().lengthy(), 0);
    EXPECT_EQ(connection->window().kept_bytes(), 0);
}

}  // namespace
}  // namespace signalbox
