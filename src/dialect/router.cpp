#include "dialect/router.h"

#include <algorithm>

#include "base/assert.h"
#include "base/log.h"
#include "codec/origin.h"
#include "codec/url.h"
#include "dialect/action.h"

namespace signalbox {
namespace {

// "/a/b" -> {"a", "b"}; a slash at the end makes an empty last segment.
std::vector<std::string_view> split_path(std::string_view path) {
    std::vector<std::string_view> segments;
    path.remove_prefix(path.starts_with('/') ? 1 : 0);
    for (;;) {
        const size_t end = path.find('/');
        segments.push_back(path.substr(0, end));
        if (end == std::string_view::npos) return segments;
        path.remove_prefix(end + 1);
    }
}

bool is_rest(std::string_view segment) {
    return segment.starts_with('*');
}

bool is_parameter(std::string_view segment) {
    return segment.starts_with(':') || is_rest(segment);
}

// What a parameter stands for, still encoded: its segment, or all from there on.
std::string_view written(std::string_view parameter, const std::vector<std::string_view>& segments,
                         size_t index) {
    if (!is_rest(parameter)) return segments[index];
    if (index >= segments.size()) return {};
    const auto& first = segments[index];
    const auto& last = segments.back();
    return {first.data(), static_cast<size_t>(last.data() + last.size() - first.data())};
}

}  // namespace

std::optional<Dialect> parse_dialect(std::string_view name) {
    if (name == "native") return Dialect::native;
    if (name == "triton") return Dialect::triton;
    if (name == "zaqar") return Dialect::zaqar;
    if (name == "wazo") return Dialect::wazo;
    if (name == "consul") return Dialect::consul;
    return std::nullopt;
}

const std::string& Call::parameter(std::string_view name) const {
    for (const auto& [known, value] : path) {
        if (known == name) return value;
    }
    ASSERT(false);
}

void Router::add(Dialect dialect, HttpMethod method, std::string_view pattern, Handler handler,
                 Access access) {
    add(dialect, pattern, {method, std::move(handler), access});
}

void Router::add_upgrade(Dialect dialect, std::string_view pattern, Handler handler,
                         Access access) {
    add(dialect, pattern, {HttpMethod::get, std::move(handler), access, true});
}

void Router::add(Dialect dialect, std::string_view pattern, Method to) {
    Route made{dialect, {}, {}};
    for (const auto segment : split_path(pattern)) made.segments.emplace_back(segment);
    ASSERT(!is_parameter(made.segments.front()));
    auto& routes = routes_[made.segments.front()];
    auto route = std::find_if(routes.begin(), routes.end(), [&](const Route& known) {
        return known.dialect == dialect && known.segments == made.segments;
    });
    if (route == routes.end()) route = routes.insert(routes.end(), std::move(made));
    // Those for upgrades are tried first.
    route->methods.insert(to.is_upgrade ? route->methods.begin() : route->methods.end(),
                          std::move(to));
}

void Router::set_fallback(Dialect dialect, Handler handler) {
    fallback_ = Route{dialect, {}, {}, true};
    for (const auto method : {HttpMethod::get, HttpMethod::head, HttpMethod::post, HttpMethod::put,
                              HttpMethod::patch, HttpMethod::erase}) {
        fallback_->methods.push_back({method, handler, Access::by_method});
    }
}

bool Router::is_free(std::string_view path) const {
    const auto segments = split_path(path);
    auto below = segments;
    below.emplace_back("x");
    if (!fallback_ || faults_of(segments.front(), {}).dialect != fallback_->dialect) return false;
    const auto routes = routes_.find(segments.front());
    if (routes == routes_.end()) return true;
    return std::none_of(routes->second.begin(), routes->second.end(), [&](const Route& route) {
        // Below the first two words of a pattern there may be more of them one day.
        return matches(route, segments) || matches(route, below) ||
               (segments.size() > 1 && route.segments.size() > 1 &&
                route.segments[1] == segments[1]);
    });
}

void Router::add_faults(Dialect dialect, std::string_view first_segment, FaultHandler handler) {
    faults_.insert_or_assign(std::string(first_segment), Faults{dialect, std::move(handler)});
}

void Router::set_refusals(Dialect dialect, RefusalHandler handler) {
    refusals_.insert_or_assign(dialect, std::move(handler));
}

void Router::set_unreadable(Dialect dialect, UnreadableHandler handler) {
    unreadable_.insert_or_assign(dialect, std::move(handler));
}

HttpResponse Router::unreadable(const HttpRefusal& refusal, std::string_view path,
                                DialectSet dialects) const {
    const auto handler = unreadable_.find(faults_of(split_path(path).front(), dialects).dialect);
    if (handler != unreadable_.end()) return handler->second(refusal, path);
    HttpResponse response;
    response.status = refusal.status;
    response.content_type = "text/plain";
    response.body = std::string(refusal.reason) + "\n";
    return response;
}

void Router::set_proofs(Dialect dialect, ProofHandler handler) {
    proofs_.insert_or_assign(dialect, std::move(handler));
}

void Router::set_credentials(Dialect dialect, CredentialReader reader) {
    credentials_.insert_or_assign(dialect, std::move(reader));
}

bool Router::matches(const Route& route, const std::vector<std::string_view>& segments) {
    const bool takes_rest = is_rest(route.segments.back());
    const size_t fixed = route.segments.size() - (takes_rest ? 1 : 0);
    if (takes_rest ? segments.size() < fixed : segments.size() != fixed) return false;
    for (size_t i = 0; i < fixed; ++i) {
        if (is_parameter(route.segments[i])) {
            if (segments[i].empty()) return false;
        } else if (route.segments[i] != segments[i]) {
            return false;
        }
    }
    return true;
}

const Router::Faults& Router::faults_of(std::string_view first_segment, DialectSet dialects) const {
    const auto found = faults_.find(first_segment);
    if (found != faults_.end() && dialects.has(found->second.dialect)) return found->second;
    for (const auto& [segment, faults] : faults_) {
        // On a port of one dialect, that dialect answers everything.
        if (faults.dialect != Dialect::common && dialects.has(faults.dialect) &&
            !dialects.has(Dialect::native)) {
            return faults;
        }
    }
    const auto rest = faults_.find("");
    ASSERT(rest != faults_.end());
    return rest->second;
}

void Router::route(const HttpRequest& request, DialectSet dialects,
                   const ExchangePtr& exchange) const {
    const auto segments = split_path(request.path);
    const auto& faults = faults_of(segments.front(), dialects);
    const auto routes = routes_.find(segments.front());
    std::string allow;
    if (routes != routes_.end()) {
        for (const auto& route : routes->second) {
            if (!dialects.has(route.dialect) || !matches(route, segments)) continue;
            const Method* to = nullptr;
            for (const auto& candidate : route.methods) {
                if (candidate.is_upgrade) {
                    if (!exchange->may_upgrade() || request.method != candidate.method) continue;
                    to = &candidate;
                    break;
                }
                if (!allow.empty()) allow += ", ";
                allow += http_method_name(candidate.method);
                if (candidate.method == request.method) to = &candidate;
            }
            if (to == nullptr) continue;
            Call call{request, exchange, {}};
            for (size_t i = 0; i < route.segments.size(); ++i) {
                if (!is_parameter(route.segments[i])) continue;
                auto value = percent_decode(written(route.segments[i], segments, i));
                if (!value) {
                    return exchange->respond(faults.handler(RouteFault::bad_path, request, {}));
                }
                call.path.emplace_back(std::string_view(route.segments[i]).substr(1),
                                       std::move(*value));
            }
            return admit(route, *to, std::move(call));
        }
    }
    const bool is_nobodys = allow.empty() && fallback_ && dialects.has(fallback_->dialect) &&
                            faults.dialect == fallback_->dialect;
    if (is_nobodys) {
        Call call{request, exchange, {}};
        for (const auto segment : segments) {
            auto word = percent_decode(segment);
            if (!word) return exchange->respond(faults.handler(RouteFault::bad_path, request, {}));
            if (!word->empty()) call.path.emplace_back(fallback_word, std::move(*word));
        }
        for (const auto& to : fallback_->methods) {
            if (to.method == request.method) return admit(*fallback_, to, std::move(call));
        }
    }
    const auto fault = allow.empty() ? RouteFault::not_found : RouteFault::method_not_allowed;
    exchange->respond(faults.handler(fault, request, allow));
}

// Whether it may come from the page that it came from, if any. WebSockets look at that themselves.
Result<void> Router::check_page(const Method& to, const Call& call) {
    const auto& frontend = call.exchange->frontend();
    if (!frontend.hosts().empty() && !has_good_host(call.request, frontend.hosts())) {
        return fail(ErrorCode::forbidden, "must name this machine, or where the server listens",
                    "Host");
    }
    if (!to.only_looks() && !to.is_upgrade && !has_good_origin(call.request, frontend.origins())) {
        return fail(ErrorCode::forbidden, "is another site, whose pages may change nothing here",
                    "Origin");
    }
    return {};
}

void Router::admit(const Route& route, const Method& to, Call call) const {
    const Dialect dialect = route.dialect;
    if (dialect != Dialect::common) {
        if (const auto good = check_page(to, call); !good) {
            return refuse(dialect, call, good.error());
        }
    }
    if (to.access == Access::open) return to.handler(call);
    const ExchangePtr exchange = call.exchange;
    if (const auto proofs = proofs_.find(dialect); proofs != proofs_.end()) {
        if (auto proved = proofs->second(call.request, *exchange)) {
            return enter(route, to, call, std::move(*proved));
        }
    }
    const auto reader = credentials_.find(dialect);
    const auto credential =
        reader == credentials_.end() ? read_credential(call.request) : reader->second(call.request);
    if (!credential) return refuse(dialect, call, credential.error());
    auto& authenticator = exchange->frontend().authenticator();
    if (auto known = authenticator.identify(*credential, exchange->frontend().now())) {
        if (*known) known = speak_for(std::move(**known), credential->tenant);
        return enter(route, to, call, std::move(*known));
    }
    // The exchange keeps the request until it is known who sent it; nothing behind it on its
    // connection is begun meanwhile, so that the order stays.
    exchange->begin_admission();
    authenticator.identify_later(
        *credential, [this, &route, &to, call = std::move(call),
                      named = credential->tenant](Result<IdentityPtr> identity) mutable {
            call.exchange->end_admission([&] {
                if (identity) identity = speak_for(std::move(*identity), named);
                enter(route, to, call, std::move(identity));
            });
        });
}

void Router::enter(const Route& route, const Method& to, Call& call,
                   Result<IdentityPtr> identity) const {
    if (!identity) return refuse(route.dialect, call, identity.error());
    if (const auto may = check_identity(route, to, call, **identity); !may) {
        return refuse(route.dialect, call, may.error());
    }
    call.exchange->set_identity(std::move(*identity));
    to.handler(call);
}

Result<void> Router::check_identity(const Route& route, const Method& to, const Call& call,
                                    const Identity& identity) {
    if (!to.only_looks() && !identity.may_change()) {
        return fail(ErrorCode::forbidden, "a reader may change nothing");
    }
    if (to.access == Access::admin && !identity.may_administer) {
        return fail(ErrorCode::forbidden, "this needs the role of an admin");
    }
    if (identity.acl.empty() || to.access == Access::own) return {};
    return check_action(identity, action_of(route, to, call));
}

std::string Router::action_of(const Route& route, const Method& to, const Call& call) {
    std::vector<std::string_view> words;
    for (const std::string_view segment : route.segments) {
        if (segment.empty()) continue;
        words.push_back(is_parameter(segment) ? call.parameter(segment.substr(1)) : segment);
    }
    if (route.is_fallback) {
        // Decoded, as its handler reads them: a denial holds however its path is written.
        for (const auto& [name, word] : call.path) words.push_back(word);
        return action_name(route.dialect, words, action_verb(to.method, false));
    }
    // "api" and "v1", or "v2".
    const std::ptrdiff_t versions =
        route.dialect == Dialect::native                                      ? 2
        : route.dialect == Dialect::zaqar || route.dialect == Dialect::consul ? 1
                                                                              : 0;
    words.erase(words.begin(), words.begin() + std::min(versions, std::ssize(words)));
    return action_name(route.dialect, words, action_verb(to.method, to.access == Access::change));
}

void Router::refuse(Dialect dialect, const Call& call, const Error& error) const {
    auto& frontend = call.exchange->frontend();
    frontend.probe().not_admitted(error.code);
    LOG(debug, "request.not_admitted", {"peer", call.exchange->origin().peer},
        {"request_id", call.exchange->request_id()}, {"reason", error.message});
    auto handler = refusals_.find(dialect);
    if (handler == refusals_.end()) handler = refusals_.find(Dialect::native);
    ASSERT(handler != refusals_.end());
    auto response = handler->second(error, call.request);
    if (error.code == ErrorCode::unauthenticated) {
        response.fields.emplace_back("WWW-Authenticate", frontend.authenticator().challenge());
    }
    call.exchange->respond(std::move(response));
}

}  // namespace signalbox
