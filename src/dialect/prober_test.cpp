#include "dialect/prober.h"

#include <gtest/gtest.h>

#include "dialect/router.h"

namespace signalbox {
namespace {

class StillClock : public Clock {
public:
    [[nodiscard]] Now now() const override { return {}; }
    [[nodiscard]] std::chrono::nanoseconds stopwatch() const override { return {}; }
};

// Nobody is answered.
class SilentClient : public HttpClient {
public:
    void send(OutgoingRequest request, Then /*then*/) override {
        asked.push_back(std::move(request.url));
    }
    std::vector<std::string> asked;
};

class ProberTest : public testing::Test {
protected:
    static ProbeOrder order(const std::string& tenant, const std::string& check, bool is_doubtful) {
        ProbeOrder order;
        order.tenant = tenant;
        order.check = check;
        order.is_doubtful = is_doubtful;
        order.definition.kind = CheckDefinition::Kind::http;
        order.definition.url = tenant + check;
        return order;
    }
    static std::vector<ProbeOrder> orders(const std::string& tenant, int count, bool is_doubtful) {
        std::vector<ProbeOrder> all;
        for (int i = 1; i <= count; ++i) {
            all.push_back(order(tenant, std::to_string(i), is_doubtful));
        }
        return all;
    }
    static Frontend::Setup setup() {
        Frontend::Setup setup;
        setup.run_later = [](const std::function<void()>&) {};
        return setup;
    }

    SilentClient client_;
    StillClock clock_;
    Metrics metrics_;
    HttpProbe probe_{metrics_};
    Node node_{{"test", "0", Uuid(), 1}, clock_, metrics_};
    Router router_;
    Frontend frontend_{setup(), node_, router_, probe_};
    Prober prober_{frontend_, client_, 4};
};

TEST_F(ProberTest, those_that_may_hang_have_half_of_the_places) {
    prober_.carry_out(orders("a", 10, true));
    EXPECT_EQ(client_.asked, (std::vector<std::string>{"a1", "a2"}));
    prober_.carry_out(orders("b", 10, false));
    EXPECT_EQ(client_.asked, (std::vector<std::string>{"a1", "a2", "b1", "b2"}));
}

TEST_F(ProberTest, turns_go_round_by_tenant) {
    auto all = orders("a", 10, false);
    all.push_back(order("b", "1", false));
    all.push_back(order("c", "1", false));
    prober_.carry_out(std::move(all));
    EXPECT_EQ(client_.asked, (std::vector<std::string>{"a1", "b1", "c1", "a2"}));
}

TEST_F(ProberTest, what_waits_already_is_not_asked_for_twice) {
    prober_.carry_out(orders("a", 3, true));
    prober_.carry_out(orders("a", 3, false));
    // The third waits where it did; the others may be asked anew.
    EXPECT_EQ(client_.asked, (std::vector<std::string>{"a1", "a2", "a1", "a2"}));
}

}  // namespace
}  // namespace signalbox
