#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/http_message.h"
#include "dialect/exchange.h"

namespace signalbox {

enum class Dialect : uint8_t {
    common,  // health, metrics: on every port
    native,
    triton,
};

// "native", "triton"; nothing for other names, `common` among them.
std::optional<Dialect> parse_dialect(std::string_view name);

// What one port speaks.
struct DialectSet {
    uint32_t bits = ~uint32_t{0};

    static DialectSet only(Dialect dialect) {
        return {(1u << static_cast<unsigned>(dialect)) |
                (1u << static_cast<unsigned>(Dialect::common))};
    }
    [[nodiscard]] bool has(Dialect dialect) const {
        return (bits >> static_cast<unsigned>(dialect)) & 1u;
    }
};

// A request on its way to a handler. The views in `request` live until the handler returns.
struct Call {
    const HttpRequest& request;
    ExchangePtr exchange;
    std::vector<std::pair<std::string_view, std::string>> path;  // parameters, decoded

    // A parameter that the pattern has.
    [[nodiscard]] const std::string& parameter(std::string_view name) const;
};

enum class RouteFault : uint8_t {
    not_found,           // no pattern matches
    method_not_allowed,  // a pattern does, but not with this method
    bad_path,            // an escape is malformed, or the path is not UTF-8
};

// Finds the handler of a request. Filled at start, then constant; any thread.
class Router {
public:
    using Handler = std::function<void(Call& call)>;
    // Answers a request that has no handler; `allow` lists the methods that would have one.
    using FaultHandler = std::function<HttpResponse(RouteFault fault, const HttpRequest& request,
                                                    const std::string& allow)>;

    // "/tickets/:ticket/wait"; ":name" takes one segment. Patterns are tried in the order in
    // which they were added.
    void add(Dialect dialect, HttpMethod method, std::string_view pattern, Handler handler);
    // Who answers when nothing matches below a first segment; "" for everything else.
    void add_faults(Dialect dialect, std::string_view first_segment, FaultHandler handler);

    void route(const HttpRequest& request, DialectSet dialects, const ExchangePtr& exchange) const;

private:
    struct Route {
        Dialect dialect;
        std::vector<std::string> segments;  // ":name" for a parameter
        std::vector<std::pair<HttpMethod, Handler>> methods;
    };
    struct Faults {
        Dialect dialect;
        FaultHandler handler;
    };

    static bool matches(const Route& route, const std::vector<std::string_view>& segments);
    [[nodiscard]] const Faults& faults_of(std::string_view first_segment,
                                          DialectSet dialects) const;

    std::map<std::string, std::vector<Route>, std::less<>> routes_;  // by first segment
    std::map<std::string, Faults, std::less<>> faults_;
};

}  // namespace signalbox
