#include "dialect/triton/triton_call.h"

#include <algorithm>

#include "codec/digest.h"
#include "dialect/tenant.h"

namespace signalbox::triton {
namespace {

std::string_view trim(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// "application/json; charset=utf-8" -> "application/json"
std::string_view media_type(std::string_view field) {
    return trim(field.substr(0, field.find(';')));
}

bool accepts_json(std::string_view accept) {
    while (!accept.empty()) {
        const size_t comma = accept.find(',');
        const auto type = media_type(accept.substr(0, comma));
        if (type == "*/*" || equals_ignoring_case(type, "application/*") ||
            equals_ignoring_case(type, "application/json")) {
            return true;
        }
        accept.remove_prefix(comma == std::string_view::npos ? accept.size() : comma + 1);
    }
    return false;
}

const std::string* find(const QueryParameters& parameters, std::string_view name) {
    const auto found = std::find_if(parameters.begin(), parameters.end(),
                                    [&](const auto& pair) { return pair.first == name; });
    return found == parameters.end() ? nullptr : &found->second;
}

}  // namespace

RestCall::RestCall(const Call& call)
    : call_(call), exchange_(call.exchange), tenant_(tenant_of(call)) {}

RestResult<RestCall> RestCall::of(const Call& call) {
    RestCall rest(call);
    if (auto checked = rest.check_headers(); !checked) {
        return tl::unexpected(std::move(checked.error()));
    }
    auto query = parse_query(call.request.query);
    if (!query) return tl::unexpected(invalid_argument("the query is not well-formed"));
    rest.query_ = std::move(*query);
    if (auto read = rest.read_body(); !read) return tl::unexpected(std::move(read.error()));
    return rest;
}

RestResult<void> RestCall::check_headers() const {
    const auto accept = call_.request.field("accept");
    if (accept && !accept->empty() && !accepts_json(*accept)) {
        return tl::unexpected(
            RestError{406, "NotAcceptableError", "Server accepts: application/json", {}, false});
    }
    const auto digest = call_.request.field("content-md5");
    if (digest && *digest != md5_base64(call_.request.body)) {
        return tl::unexpected(
            RestError{400, "BadDigest", "Content-MD5 did not match the body", {}, false});
    }
    return {};
}

RestResult<void> RestCall::read_body() {
    const auto body = call_.request.body;
    if (body.empty()) return {};
    const auto type = media_type(call_.request.field("content-type").value_or(""));
    // People type JSON at curl without saying so; no form begins with a brace.
    const bool looks_like_json = trim(body).starts_with('{');
    if (equals_ignoring_case(type, "application/x-www-form-urlencoded") && !looks_like_json) {
        auto form = parse_query(body);
        if (!form) return tl::unexpected(invalid_argument("the form is not well-formed"));
        form_ = std::move(*form);
        return {};
    }
    const bool is_json = type.empty() || equals_ignoring_case(type, "application/json") ||
                         equals_ignoring_case(type, "application/x-www-form-urlencoded");
    if (!is_json) {
        return tl::unexpected(RestError{415, "UnsupportedMediaType", std::string(type), {}, false});
    }
    auto document = JsonDocument::parse(body);
    if (!document) {
        return tl::unexpected(
            RestError{400, "InvalidContent", document.error().message, {}, false});
    }
    if (!document->root().is_object()) {
        return tl::unexpected(RestError{
            400, "InvalidContent", "Invalid JSON: the body must be an object", {}, false});
    }
    auto members = JsonMembers::of(document->root());
    if (!members) {
        return tl::unexpected(
            RestError{400,
                      "InvalidContent",
                      "Invalid JSON: " + members.error().field + " " + members.error().message,
                      {},
                      false});
    }
    document_ = std::move(*document);
    return {};
}

std::optional<RestCall::Value> RestCall::parameter(std::string_view name) const {
    if (const auto* text = find(query_, name)) return Value{*text, true, false, {}};
    if (const auto* text = find(form_, name)) return Value{*text, true, false, {}};
    if (!document_) return std::nullopt;
    for (const auto& [member, value] : document_->root().members()) {
        if (member != name || value.is_null()) continue;
        if (const auto text = value.text()) return Value{std::string(*text), true, false, {}};
        if (value.is_object()) return Value{{}, false, true, value.json()};
        return Value{{}, false, false, {}};
    }
    return std::nullopt;
}

size_t RestCall::query_count(std::string_view name) const {
    return static_cast<size_t>(std::count_if(query_.begin(), query_.end(),
                                             [&](const auto& pair) { return pair.first == name; }));
}

void respond(const ExchangePtr& exchange, HttpResponse response, const std::string& hostname) {
    const auto& version = exchange->frontend().node().identity().version;
    response.fields.emplace_back("Server", "signalbox/" + version);
    response.fields.emplace_back("x-request-id", exchange->request_id());
    response.fields.emplace_back("x-response-time", std::to_string(exchange->age().count() / 1000));
    response.fields.emplace_back("x-server-name", hostname);
    exchange->respond(std::move(response));
}

}  // namespace signalbox::triton
