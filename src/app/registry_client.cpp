#include "app/registry_client.h"

#include <charconv>

#include <fmt/format.h>

#include "codec/base64.h"
#include "codec/json_reader.h"
#include "codec/url.h"

namespace signalbox {
namespace {

constexpr Duration call_timeout = std::chrono::seconds(10);
constexpr size_t response_bytes_max = 256u << 20;

uint64_t index_of(const IncomingResponse& response) {
    const auto text = response.field("X-Consul-Index").value_or("");
    uint64_t index = 0;
    std::from_chars(text.data(), text.data() + text.size(), index);
    return index;
}

Error refusal_of(const IncomingResponse& response) {
    std::string why = response.body.substr(0, 500);
    while (!why.empty() && (why.back() == '\n' || why.back() == ' ')) why.pop_back();
    std::string text = fmt::format("{} {}", response.status, why);
    if (response.status == 401 || response.status == 403) {
        return {ErrorCode::forbidden, std::move(text), {}};
    }
    if (response.status == 404) return {ErrorCode::not_found, std::move(text), {}};
    if (response.status == 429 || response.status >= 500) {
        return {ErrorCode::unavailable, std::move(text), {}};
    }
    return {ErrorCode::invalid_argument, std::move(text), {}};
}

Error nonsense(const char* what) {
    return {ErrorCode::internal, fmt::format("the server's answer makes no sense: {}", what), {}};
}

}  // namespace

std::string key_path(const std::string& key) {
    std::string path;
    std::string_view rest = key;
    for (;;) {
        const size_t slash = rest.find('/');
        path += percent_encode(std::string(rest.substr(0, slash)));
        if (slash == std::string_view::npos) return path;
        path += '/';
        rest.remove_prefix(slash + 1);
    }
}

RegistryClient::RegistryClient(RegistryAddress address, const std::string& ca_file)
    : address_(std::move(address)), caller_(ca_file) {}

Result<IncomingResponse> RegistryClient::ask(const std::string& method, const std::string& path,
                                             const std::string& body, Duration timeout,
                                             const std::stop_token& stop) {
    OutgoingRequest request;
    request.method = method;
    request.url = address_.url + path;
    request.body = body;
    request.timeout = timeout;
    request.response_bytes_max = response_bytes_max;
    if (!address_.token.empty()) request.fields.emplace_back("X-Consul-Token", address_.token);
    return caller_.call(request, stop);
}

Result<IncomingResponse> RegistryClient::read(const std::string& path, uint64_t index,
                                              Duration wait, const std::stop_token& stop) {
    std::string full = path;
    Duration timeout = call_timeout;
    if (index > 0) {
        full += fmt::format("{}index={}&wait={}ms", full.find('?') == std::string::npos ? '?' : '&',
                            index, wait.count());
        // The server may add a sixteenth.
        timeout += wait + wait / 16;
    }
    return ask("GET", full, {}, timeout, stop);
}

Result<Indexed<RegistryClient::Values>> RegistryClient::values(const std::string& prefix,
                                                               uint64_t index, Duration wait,
                                                               const std::stop_token& stop) {
    TRY_AS(const auto response, read("/v1/kv/" + key_path(prefix) + "?recurse", index, wait, stop));
    Indexed<Values> found{index_of(response), {}};
    if (response.status == 404) return found;
    if (response.status != 200) return fail(refusal_of(response));
    const auto document = JsonDocument::parse(response.body);
    if (!document || document->root().kind() != JsonKind::array) {
        return fail(nonsense("it is no list of keys"));
    }
    for (const auto& element : document->root().elements()) {
        TRY_AS(auto members, JsonMembers::of(element));
        TRY_AS(const auto key, members.text("Key"));
        TRY_AS(const auto value, members.text("Value"));
        const auto bytes = base64_decode(value.value_or(""));
        if (!key || !bytes) return fail(nonsense("a key or value is missing"));
        found.value.insert_or_assign(*key, *bytes);
    }
    return found;
}

Result<Indexed<bool>> RegistryClient::has_key(const std::string& key, uint64_t index, Duration wait,
                                              const std::stop_token& stop) {
    TRY_AS(const auto response, read("/v1/kv/" + key_path(key), index, wait, stop));
    if (response.status != 200 && response.status != 404) return fail(refusal_of(response));
    return Indexed<bool>{index_of(response), response.status == 200};
}

Result<Indexed<size_t>> RegistryClient::passing(const std::string& service, uint64_t index,
                                                Duration wait, const std::stop_token& stop) {
    TRY_AS(const auto response,
           read("/v1/health/service/" + percent_encode(service) + "?passing=1", index, wait, stop));
    if (response.status != 200) return fail(refusal_of(response));
    const auto document = JsonDocument::parse(response.body);
    if (!document || document->root().kind() != JsonKind::array) {
        return fail(nonsense("it is no list of services"));
    }
    return Indexed<size_t>{index_of(response), document->root().elements().size()};
}

Result<void> RegistryClient::put(const std::string& path, const std::string& body,
                                 const std::stop_token& stop) {
    TRY_AS(const auto response, ask("PUT", path, body, call_timeout, stop));
    if (response.status != 200) return fail(refusal_of(response));
    return {};
}

}  // namespace signalbox
