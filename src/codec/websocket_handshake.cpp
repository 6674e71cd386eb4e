#include "codec/websocket_handshake.h"

#include <algorithm>
#include <optional>

#include "codec/digest.h"
#include "codec/origin.h"

namespace signalbox {
namespace {

constexpr std::string_view version = "13";
constexpr std::string_view key_suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, 1.3
constexpr size_t key_chars = 24;

std::string_view trim(std::string_view text) {
    const size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// The elements of a list, which may go on over several fields of the same name.
std::vector<std::string_view> elements(const HttpRequest& request, std::string_view name) {
    std::vector<std::string_view> found;
    for (const auto& field : request.fields) {
        if (!equals_ignoring_case(field.name, name)) continue;
        std::string_view rest = field.value;
        while (!rest.empty()) {
            const size_t comma = rest.find(',');
            if (const auto element = trim(rest.substr(0, comma)); !element.empty()) {
                found.push_back(element);
            }
            rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
        }
    }
    return found;
}

bool lists(const HttpRequest& request, std::string_view name, std::string_view element) {
    const auto found = elements(request, name);
    return std::any_of(found.begin(), found.end(),
                       [&](auto each) { return equals_ignoring_case(each, element); });
}

size_t count_fields(const HttpRequest& request, std::string_view name) {
    return static_cast<size_t>(
        std::count_if(request.fields.begin(), request.fields.end(),
                      [&](const auto& field) { return equals_ignoring_case(field.name, name); }));
}

bool is_base64_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

// Base64 of 16 bytes.
bool is_key(std::string_view key) {
    return key.size() == key_chars && key.ends_with("==") &&
           std::all_of(key.begin(), key.end() - 2, is_base64_char);
}

HttpResponse refuse(uint16_t status, std::string_view reason) {
    HttpResponse response;
    response.status = status;
    response.content_type = "text/plain";
    response.body = std::string(reason) + "\n";
    return response;
}

std::optional<HttpResponse> refusal(const HttpRequest& request, const WebSocketPolicy& policy) {
    if (request.method != HttpMethod::get || !request.is_http_1_1 || request.has_body) {
        return refuse(400, "a WebSocket begins with a GET of HTTP/1.1 without a body");
    }
    if (!asks_for_websocket(request)) {
        auto response = refuse(426, "this is a WebSocket: Upgrade: websocket is needed");
        response.fields = {{"Upgrade", "websocket"}, {"Connection", "Upgrade"}};
        return response;
    }
    if (count_fields(request, "sec-websocket-version") != 1 ||
        request.field("sec-websocket-version") != version) {
        auto response = refuse(426, "Sec-WebSocket-Version must be 13");
        response.fields = {{"Sec-WebSocket-Version", std::string(version)},
                           {"Upgrade", "websocket"},
                           {"Connection", "Upgrade"}};
        return response;
    }
    if (count_fields(request, "sec-websocket-key") != 1 ||
        !is_key(*request.field("sec-websocket-key"))) {
        return refuse(400, "Sec-WebSocket-Key must be 16 bytes in base64");
    }
    if (!has_good_origin(request, policy.origins)) {
        return refuse(403, "pages of this Origin may not connect");
    }
    return std::nullopt;
}

}  // namespace

bool asks_for_websocket(const HttpRequest& request) {
    return lists(request, "upgrade", "websocket") && lists(request, "connection", "upgrade");
}

tl::expected<WebSocketHandshake, HttpResponse> WebSocketHandshake::of(
    const HttpRequest& request, const WebSocketPolicy& policy) {
    if (auto refused = refusal(request, policy)) return tl::unexpected(std::move(*refused));
    WebSocketHandshake handshake;
    std::string key(*request.field("sec-websocket-key"));
    handshake.accept = sha1_base64(key.append(key_suffix));
    for (const auto wanted : elements(request, "sec-websocket-protocol")) {
        const auto known =
            std::find(policy.subprotocols.begin(), policy.subprotocols.end(), wanted);
        if (known == policy.subprotocols.end()) continue;
        handshake.subprotocol = *known;
        break;
    }
    return handshake;
}

HttpResponse WebSocketHandshake::response() const {
    HttpResponse response;
    response.status = 101;
    response.fields = {{"Upgrade", "websocket"}, {"Sec-WebSocket-Accept", accept}};
    if (!subprotocol.empty()) response.fields.emplace_back("Sec-WebSocket-Protocol", subprotocol);
    return response;
}

}  // namespace signalbox
