#include "dialect/websocket_session.h"

#include <array>

#include <gtest/gtest.h>

#include "dialect/http_session.h"
#include "dialect/router.h"

namespace signalbox {
namespace {

class StillClock : public Clock {
public:
    [[nodiscard]] Now now() const override { return now_; }
    [[nodiscard]] std::chrono::nanoseconds stopwatch() const override {
        return now_.steady.time_since_epoch();
    }
    void advance(Duration span) { now_.steady += span; }

private:
    Now now_;
};

const std::string handshake =
    "GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

// A short text as a client sends it; its mask is zero.
std::string frame(const std::string& text) {
    return "\x81" + std::string(1, static_cast<char>(0x80 | text.size())) + std::string(4, '\0') +
           text;
}

// A server with one route, whose handler only keeps the socket and what it was sent.
class WebSocketSessionTest : public testing::Test, private HttpSession::Host {
protected:
    WebSocketSessionTest() {
        router_.add_upgrade(
            Dialect::native, "/socket",
            [this](Call& call) {
                const auto shake = WebSocketHandshake::of(call.request, {});
                ASSERT_TRUE(shake);
                socket = WebSocketSession::open(call.exchange, *shake);
                socket->when_gone([this] { ++gone; });
                socket->when_drained([this] { ++drained; });
                socket->when_message([this](const WebSocketMessage& message) {
                    received.push_back(message.payload);
                    if (on_message) on_message();
                });
            },
            Access::open);
        router_.add_faults(Dialect::native, "",
                           [](RouteFault, const HttpRequest&, const std::string&) {
                               HttpResponse response;
                               response.status = 404;
                               return response;
                           });
        Frontend::Setup setup;
        setup.limits.output_bytes_max = 1000;
        setup.limits.websocket.backlog_bytes_max = 5000;
        setup.limits.websocket.message_bytes_max = 100;
        setup.run_later = [](const std::function<void()>&) {};
        frontend_ = std::make_unique<Frontend>(std::move(setup), node_, router_, probe_);
        connection = std::make_unique<HttpSession>(*frontend_, static_cast<Host&>(*this),
                                                   DialectSet{}, "10.0.0.1");
    }

    void open() {
        connection->receive(handshake);
        ASSERT_TRUE(socket);
        static_cast<void>(take());
    }

    // What there is to send, all of which the client takes.
    std::string take() {
        std::string bytes;
        std::array<iovec, 4> pieces{};
        while (connection->backlog() > 0) {
            const size_t count = connection->gather(pieces);
            size_t sent = 0;
            for (size_t i = 0; i < count; ++i) {
                bytes.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
                sent += pieces[i].iov_len;
            }
            connection->sent(sent);
        }
        return bytes;
    }

    void tick(Duration span) {
        clock_.advance(span);
        frontend_->tick();
    }

    std::unique_ptr<HttpSession> another() {
        return std::make_unique<HttpSession>(*frontend_, static_cast<Host&>(*this), DialectSet{},
                                             "10.0.0.2");
    }

    std::unique_ptr<HttpSession> connection;
    std::shared_ptr<WebSocketSession> socket;
    std::vector<std::string> received;
    std::function<void()> on_message;
    int gone = 0;
    int drained = 0;

private:
    void session_changed() override {}

    StillClock clock_;
    Metrics metrics_;
    HttpProbe probe_{metrics_};
    Node node_{{"test", "0", Uuid(), 1}, clock_, metrics_};
    Router router_;
    std::unique_ptr<Frontend> frontend_;
};

using Texts = std::vector<std::string>;

TEST_F(WebSocketSessionTest, begins_behind_101_with_what_the_client_has_sent_already) {
    connection->receive(handshake + frame("early") + frame("birds").substr(0, 3));
    EXPECT_TRUE(take().starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
    connection->receive(frame("birds").substr(3));
    EXPECT_EQ(received, (Texts{"early", "birds"}));
}

TEST_F(WebSocketSessionTest, is_no_route_for_those_who_do_not_ask_for_it) {
    connection->receive("GET /socket HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(take().starts_with("HTTP/1.1 404 "));
}

TEST_F(WebSocketSessionTest, gives_no_message_while_its_input_is_held) {
    open();
    on_message = [this] { socket->hold_input(); };
    connection->receive(frame("a") + frame("b") + frame("c"));
    EXPECT_EQ(received, (Texts{"a"}));
    socket->resume_input();
    EXPECT_EQ(received, (Texts{"a", "b"}));
    // What comes meanwhile is read up to a limit.
    const auto many = frame(std::string(100, 'x'));
    while (connection->wants_input()) connection->receive(many);
    EXPECT_EQ(received.size(), 2U);
    on_message = nullptr;
    socket->resume_input();
    EXPECT_EQ(received.at(2), "c");
    EXPECT_GT(received.size(), 100U);
    EXPECT_TRUE(connection->wants_input());
}

TEST_F(WebSocketSessionTest, takes_nothing_while_its_client_does_not_read) {
    open();
    on_message = [this] { socket->send_text(std::string(600, 'y')); };
    for (int i = 0; i < 5; ++i) connection->receive(frame(std::to_string(i)));
    EXPECT_EQ(received, (Texts{"0", "1"}));
    EXPECT_FALSE(socket->has_room());
    EXPECT_FALSE(connection->wants_input());
    EXPECT_EQ(take().size(), 5 * (600U + 4));
    EXPECT_EQ(received, (Texts{"0", "1", "2", "3", "4"}));
    EXPECT_GE(drained, 1);
}

TEST_F(WebSocketSessionTest, is_closed_when_too_much_piles_up) {
    open();
    const std::string text(996, 'z');
    for (int i = 0; i < 5; ++i) socket->send_text(text);
    EXPECT_EQ(socket->backlog(), 5000U);
    EXPECT_FALSE(socket->is_over());
    socket->send_text("more");
    EXPECT_FALSE(socket->is_over());
    socket->send_text("too much");
    EXPECT_TRUE(socket->is_over());
    EXPECT_EQ(gone, 1);
    socket->send_text("nothing");
    const auto bytes = take();
    EXPECT_EQ(bytes.substr(5000, 7), "\x81\x04more\x88");
    EXPECT_EQ(bytes.substr(5008, 2), "\x03\xf0");
    EXPECT_TRUE(connection->is_finished());
    EXPECT_TRUE(connection->was_refused());
}

TEST_F(WebSocketSessionTest, shares_the_bytes_of_a_frame_that_many_are_sent) {
    open();
    const auto first = socket;
    const auto second = another();
    second->receive(handshake);
    const auto shared = websocket_text("for all");
    first->send(shared);
    socket->send(shared);
    std::array<iovec, 4> pieces{};
    ASSERT_EQ(connection->gather(pieces), 1U);
    EXPECT_EQ(pieces[0].iov_base, shared->data());
    ASSERT_EQ(second->gather(pieces), 2U);
    EXPECT_EQ(pieces[1].iov_base, shared->data());
}

TEST_F(WebSocketSessionTest, pings_the_silent_and_gives_up_those_who_stay_so) {
    open();
    tick(std::chrono::seconds(29));
    EXPECT_EQ(take(), "");
    tick(std::chrono::seconds(1));
    EXPECT_EQ(take(), std::string("\x89\0", 2));
    connection->receive(std::string("\x8a\x80\0\0\0\0", 6));
    tick(std::chrono::minutes(10));
    EXPECT_EQ(gone, 0);
    tick(std::chrono::seconds(1));
    EXPECT_EQ(gone, 1);
    EXPECT_NE(take().find("\x03\xf0"), std::string::npos);
}

TEST_F(WebSocketSessionTest, says_goodbye_when_the_server_stops) {
    open();
    connection->finish_soon();
    EXPECT_EQ(gone, 1);
    EXPECT_EQ(take().substr(2, 2), "\x03\xe9");
    EXPECT_TRUE(connection->is_finished());
}

TEST_F(WebSocketSessionTest, is_gone_when_its_client_is) {
    open();
    connection->receive_end();
    EXPECT_EQ(gone, 1);
    EXPECT_TRUE(socket->is_over());
    EXPECT_TRUE(connection->is_finished());
    // Whoever asks later is told at once.
    bool told = false;
    socket->when_gone([&] { told = true; });
    EXPECT_TRUE(told);
}

TEST_F(WebSocketSessionTest, may_be_closed_by_its_handler_while_it_hears_a_message) {
    open();
    on_message = [this] { socket->close(4000, "enough"); };
    connection->receive(frame("a") + frame("b"));
    EXPECT_EQ(received, (Texts{"a"}));
    EXPECT_EQ(gone, 1);
    EXPECT_EQ(take().substr(2),
              "\x0f\xa0"
              "enough");
}

}  // namespace
}  // namespace signalbox
