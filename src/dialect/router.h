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
#include "codec/request_guard.h"
#include "dialect/auth/credential.h"
#include "dialect/exchange.h"

namespace signalbox {

enum class Dialect : uint8_t {
    common,  // health, metrics: on every port
    native,
    triton,
    zaqar,
    wazo,
    consul,
};

// "native", "triton", "zaqar", "wazo", "consul"; nothing for other names, `common` among them.
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

// Who may come in by a route.
enum class Access : uint8_t {
    open,       // anybody; no credential is looked at, and there is no identity
    by_method,  // GET and HEAD look, everything else changes something
    // No pattern need give it: a GET that tells of nothing but whoever asks, or what its handler
    // looks at the patterns for, because the path alone does not tell.
    own,
    change,  // a GET that changes something
    admin,   // what concerns the whole server
};

inline constexpr std::string_view fallback_word = "*";

// A request on its way to a handler. The views in `request` live until the handler returns.
struct Call {
    const HttpRequest& request;
    ExchangePtr exchange;
    // Parameters, decoded; where no route has the path, all of its words as `fallback_word`.
    std::vector<std::pair<std::string_view, std::string>> path;

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
    // Answers a request that is not let in: `unauthenticated`, `forbidden`, `unavailable`, or
    // `invalid_argument` when it contradicts itself. The field WWW-Authenticate is added to it.
    using RefusalHandler =
        std::function<HttpResponse(const Error& error, const HttpRequest& request)>;
    // Answers what is no request, or too large a one, see HttpRefusal.
    using UnreadableHandler =
        std::function<HttpResponse(const HttpRefusal& refusal, std::string_view path)>;
    // Looks for a proof that a dialect knows beside credentials, such as a signed URL. Nothing:
    // there is none, and a credential is asked for; an error: there is one, and it is not good.
    using ProofHandler = std::function<std::optional<Result<IdentityPtr>>(
        const HttpRequest& request, const Exchange& exchange)>;

    // What a request says of who sends it, in a dialect's own way, instead of read_credential().
    using CredentialReader = std::function<Result<Credential>(const HttpRequest& request)>;

    // "/tickets/:ticket/wait"; ":name" takes one segment, and "*name" at the end all that follow,
    // with the slashes between them, or none. Patterns are tried in the order in
    // which they were added.
    void add(Dialect dialect, HttpMethod method, std::string_view pattern, Handler handler,
             Access access = Access::by_method);
    // The same for requests that ask for a WebSocket, before those for GET are looked at. All
    // others do not see it.
    void add_upgrade(Dialect dialect, std::string_view pattern, Handler handler,
                     Access access = Access::by_method);
    // Paths that are known at run time only. Asked for those that no pattern matches, and that are
    // nobody else's to answer for; the pattern has no parameters there.
    void set_fallback(Dialect dialect, Handler handler);
    // Whether requests for such a path, and for what is right below it, would come there.
    [[nodiscard]] bool is_free(std::string_view path) const;
    // Who answers when nothing matches below a first segment; "" for everything else.
    void add_faults(Dialect dialect, std::string_view first_segment, FaultHandler handler);
    // How a dialect says that somebody is not let in; one that says nothing does it as native.
    void set_refusals(Dialect dialect, RefusalHandler handler);
    // How a dialect answers what cannot be read; one that says nothing does it in plain text.
    void set_unreadable(Dialect dialect, UnreadableHandler handler);
    void set_proofs(Dialect dialect, ProofHandler handler);
    void set_credentials(Dialect dialect, CredentialReader reader);

    // Finds the handler, then out who asks, and lets it run: at once, or later, when that takes
    // longer. What matches no route is told so whoever asks.
    void route(const HttpRequest& request, DialectSet dialects, const ExchangePtr& exchange) const;

    // The answer to what cannot be read, by the path that it seems to ask for.
    [[nodiscard]] HttpResponse unreadable(const HttpRefusal& refusal, std::string_view path,
                                          DialectSet dialects) const;

private:
    struct Method {
        HttpMethod method;
        Handler handler;
        Access access;
        bool is_upgrade = false;

        [[nodiscard]] bool only_looks() const {
            return access != Access::change && access != Access::admin &&
                   (method == HttpMethod::get || method == HttpMethod::head);
        }
    };
    struct Route {
        Dialect dialect;
        std::vector<std::string> segments;  // ":name" for a parameter, "*name" for the rest
        std::vector<Method> methods;
        bool is_fallback = false;
    };
    struct Faults {
        Dialect dialect;
        FaultHandler handler;
    };

    void add(Dialect dialect, std::string_view pattern, Method to);
    static bool matches(const Route& route, const std::vector<std::string_view>& segments);
    [[nodiscard]] const Faults& faults_of(std::string_view first_segment,
                                          DialectSet dialects) const;
    // Whoever is at the door: lets in, refuses, or finds out first.
    void admit(const Route& route, const Method& to, Call call) const;
    static Result<void> check_page(const Method& to, const Call& call);
    void enter(const Route& route, const Method& to, Call& call,
               Result<IdentityPtr> identity) const;
    static Result<void> check_identity(const Route& route, const Method& to, const Call& call,
                                       const Identity& identity);
    static std::string action_of(const Route& route, const Method& to, const Call& call);
    void refuse(Dialect dialect, const Call& call, const Error& error) const;

    std::map<std::string, std::vector<Route>, std::less<>> routes_;  // by first segment
    std::map<std::string, Faults, std::less<>> faults_;
    std::optional<Route> fallback_;
    std::map<Dialect, RefusalHandler> refusals_;
    std::map<Dialect, UnreadableHandler> unreadable_;
    std::map<Dialect, ProofHandler> proofs_;
    std::map<Dialect, CredentialReader> credentials_;
};

}  // namespace signalbox
