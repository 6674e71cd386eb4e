#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/client_flags.h"
#include "app/signal_inbox.h"
#include "signalbox/client/client.h"

namespace signalbox {

struct TopFlags : ClientFlags {
    std::string prefix;
    std::string sort = "posted";
    std::optional<Duration> interval;
    size_t queues_max = 1000;
    size_t rows = 0;  // 0: as many as there is room for, or all
    bool once = false;
};

// What a queue did between two looks at it.
struct QueueRates {
    std::string name;
    client::QueueStats stats;  // of the second look
    double posted = 0;         // a second
    double deleted = 0;        // or expired
};

// The queues of the tenant, seen at one time.
struct QueuesSeen {
    std::chrono::steady_clock::time_point at;
    std::map<std::string, client::QueueStats> queues;
    bool has_more = false;  // than were asked for
};

// Those of `now` that were there `before`, too, or are new; a queue that was made anew begins at 0.
std::vector<QueueRates> rates_between(const QueuesSeen& before, const QueuesSeen& now);
// By name, or downwards by `posted`, `deleted`, `claimed`, `depth`, `size` or `oldest`.
void sort_rates(std::vector<QueueRates>& rates, const std::string& by);
std::string rates_table(const std::vector<QueueRates>& rates, size_t columns);
std::string rates_json(const std::vector<QueueRates>& rates, bool has_more);

// `signalbox top`: a table that is drawn anew every interval, or once, or a JSON document an
// interval. All queues come in pages of one request each, so that it costs the server the same
// however busy they are. Main thread.
class TopView {
public:
    explicit TopView(const TopFlags& flags);

    // The exit code; until Ctrl-C, or a problem at the first look.
    int run();

private:
    [[nodiscard]] client::Result<QueuesSeen> look(const client::CallOptions& call) const;
    [[nodiscard]] Duration interval() const;
    // False when it shall end.
    bool pause();
    void show(const QueuesSeen& before, const QueuesSeen& now) const;

    const TopFlags& flags_;
    const client::Client client_;
    SignalInbox signals_;
    const bool is_live_;
    std::string trouble_;
};

}  // namespace signalbox
