#include "app/registry_client.h"

#include <algorithm>
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

bool is_list_of_objects(const JsonDocument& document) {
    if (document.root().kind() != JsonKind::array) return false;
    const auto elements = document.root().elements();
    return std::all_of(elements.begin(), elements.end(),
                       [](const JsonValue& element) { return element.is_object(); });
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
                                              ReadTime time, const std::stop_token& stop) {
    std::string full = path;
    Duration timeout = call_timeout;
    if (index > 0) {
        full += fmt::format("{}index={}&wait={}ms", full.find('?') == std::string::npos ? '?' : '&',
                            index, time.wait.count());
        // The server may add a sixteenth.
        timeout += time.wait + time.wait / 16;
    }
    if (time.all) timeout = std::min(timeout, *time.all);
    TRY_AS(auto response, ask("GET", full, {}, timeout, stop));
    const bool is_answer = response.status == 200 || response.status == 404;
    if (!is_answer) return response;
    if (response.field("X-Consul-Results-Filtered-By-ACLs").value_or("") == "true") {
        return fail(ErrorCode::forbidden, "the token may not see all of it");
    }
    // A proxy that knows of no such server says 404, too, and others say 200 to everything.
    if (!response.field("X-Consul-Index")) {
        return fail(ErrorCode::unavailable,
                    fmt::format("{}, but not from a registry", response.status));
    }
    return response;
}

Result<Indexed<RegistryClient::Values>> RegistryClient::values(const std::string& prefix,
                                                               uint64_t index, ReadTime time,
                                                               const std::stop_token& stop) {
    TRY_AS(const auto response, read("/v1/kv/" + key_path(prefix) + "?recurse", index, time, stop));
    Indexed<Values> found{index_of(response), {}};
    if (response.status == 404) return found;
    if (response.status != 200) return fail(refusal_of(response));
    const auto document = JsonDocument::parse(response.body);
    if (!document || document->root().kind() != JsonKind::array) {
        return fail(nonsense("it is no list of keys"));
    }
    for (const auto& element : document->root().elements()) {
        if (!element.is_object()) return fail(nonsense("a key is no object"));
        TRY_AS(auto members, JsonMembers::of(element));
        TRY_AS(const auto key, members.text("Key"));
        TRY_AS(const auto value, members.text("Value"));
        const auto bytes = base64_decode(value.value_or(""));
        if (!key || !bytes) return fail(nonsense("a key or value is missing"));
        found.value.insert_or_assign(*key, *bytes);
    }
    return found;
}

Result<Indexed<bool>> RegistryClient::has_key(const std::string& key, uint64_t index, ReadTime time,
                                              const std::stop_token& stop) {
    TRY_AS(const auto response, read("/v1/kv/" + key_path(key), index, time, stop));
    if (response.status != 200 && response.status != 404) return fail(refusal_of(response));
    if (response.status == 404) return Indexed<bool>{index_of(response), false};
    const auto document = JsonDocument::parse(response.body);
    const bool is_key =
        document && is_list_of_objects(*document) && document->root().elements().size() == 1;
    if (!is_key) return fail(nonsense("it is no key"));
    return Indexed<bool>{index_of(response), true};
}

Result<Indexed<size_t>> RegistryClient::passing(const std::string& service, uint64_t index,
                                                ReadTime time, const std::stop_token& stop) {
    TRY_AS(const auto response,
           read("/v1/health/service/" + percent_encode(service) + "?passing=1", index, time, stop));
    if (response.status != 200) return fail(refusal_of(response));
    const auto document = JsonDocument::parse(response.body);
    if (!document || !is_list_of_objects(*document)) {
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
