#include "bench/harness/server_metric.h"

#include <charconv>
#include <thread>

#include <fmt/format.h>

#include "bench/load/request.h"

namespace signalbox::bench {
namespace {

constexpr auto metric_timeout = std::chrono::seconds(20);

}  // namespace

Result<std::optional<double>> read_metric(LoadLoop& loop, ConnectionIndex connection,
                                          std::string_view name) {
    std::string request;
    append_request(request, {"GET", "/metrics", {}, {}});
    TRY_AS(const auto reply, loop.ask(connection, request));
    std::string_view text = reply.body;
    std::optional<double> sum;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (!line.starts_with(name) || line.size() == name.size()) continue;
        if (line[name.size()] != '{' && line[name.size()] != ' ') continue;
        double value = 0;
        const auto digits = line.substr(line.rfind(' ') + 1);
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
        sum = sum.value_or(0) + value;
    }
    return sum;
}

Result<void> wait_for_metric(LoadLoop& loop, ConnectionIndex connection, std::string_view name,
                             double value) {
    const auto deadline = SteadyClock::now() + metric_timeout;
    while (SteadyClock::now() < deadline) {
        TRY_AS(const auto now, read_metric(loop, connection, name));
        if (now == value) return {};
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return fail(ErrorCode::internal, fmt::format("{} does not become {}", name, value));
}

}  // namespace signalbox::bench
