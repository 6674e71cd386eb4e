#include "dialect/zaqar/signed_url.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "codec/hmac.h"
#include "codec/json_reader.h"
#include "dialect/zaqar/message_input.h"

namespace signalbox::zaqar {
namespace {

// Two characters, not a line end; so it has always been.
constexpr std::string_view separator = "\\n";
constexpr Duration default_life = std::chrono::days(1);
constexpr std::array<std::string_view, 6> known_methods{"DELETE", "GET",  "HEAD",
                                                        "PATCH",  "POST", "PUT"};
constexpr std::array<std::string_view, 3> known_paths{"claims", "messages", "subscriptions"};

std::string join(const std::vector<std::string>& parts) {
    std::string out;
    for (const auto& part : parts) {
        if (!out.empty()) out += ',';
        out += part;
    }
    return out;
}

std::vector<std::string> split_sorted(std::string_view text) {
    std::vector<std::string> parts;
    for (;;) {
        const size_t comma = text.find(',');
        parts.emplace_back(text.substr(0, comma));
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
    }
    std::sort(parts.begin(), parts.end());
    return parts;
}

bool is_below(std::string_view path, std::string_view covered) {
    if (covered.empty() || !path.starts_with(covered)) return false;
    return path.size() == covered.size() || path[covered.size()] == '/';
}

// Else what is signed could be cut in another way, and mean something else.
bool has_separator(std::string_view text) {
    return text.find('\\') != std::string_view::npos;
}

template <size_t n>
bool contains(const std::array<std::string_view, n>& list, std::string_view text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

// A list of texts, each among `known`; nothing when the member is absent or empty.
template <size_t n>
Checked<std::vector<std::string>> read_list(const JsonValue& value, std::string_view name,
                                            const std::array<std::string_view, n>& known) {
    if (value.kind() != JsonKind::array && !value.is_null()) {
        return refuse(invalid_request(fmt::format("`{}` should be a list", name)));
    }
    std::vector<std::string> list;
    for (const auto& element : value.elements()) {
        const auto text = element.text();
        if (!text || !contains(known, *text)) {
            return refuse(invalid_request(
                fmt::format("Invalid {}: {}", name, text ? std::string(*text) : element.json())));
        }
        // Each once: more would only make it longer.
        if (std::find(list.begin(), list.end(), *text) == list.end()) list.emplace_back(*text);
    }
    std::sort(list.begin(), list.end());
    return list;
}

Checked<std::string> read_expiry(const JsonValue& value, Instant now) {
    const auto text = value.text();
    const auto instant =
        text ? parse_instant(*text) : Result<Instant>(fail(ErrorCode::internal, ""));
    if (!instant) {
        return refuse(invalid_request("`expires` must be a time such as \"2030-01-01T00:00:00\""));
    }
    if (*instant <= now) {
        return refuse(invalid_request("`expires` is lower than the current time"));
    }
    return expiry_text(*instant);
}

}  // namespace

std::string SignedAccess::signature(std::string_view secret_key) const {
    std::string text = join(paths);
    text += separator;
    text += join(methods);
    text += separator;
    text += project;
    text += separator;
    text += expires;
    return hmac_sha256_hex(secret_key, text);
}

std::string expiry_text(Instant instant) {
    auto text = format_instant(instant);
    text.resize(text.find('.'));
    return text;
}

bool is_covered(const SignedAccess& access, std::string_view signature, std::string_view method,
                std::string_view path, std::string_view secret_key, Instant now) {
    if (!is_same_secret(access.signature(secret_key), signature)) return false;
    const auto expires = parse_instant(access.expires);
    if (!expires || *expires <= now) return false;
    return std::find(access.methods.begin(), access.methods.end(), method) !=
               access.methods.end() &&
           std::any_of(access.paths.begin(), access.paths.end(),
                       [&](const auto& covered) { return is_below(path, covered); });
}

std::optional<Result<IdentityPtr>> prove_by_signature(const HttpRequest& request,
                                                      const Options& options, Instant now) {
    const auto signature = request.field("url-signature");
    if (!signature || signature->empty()) return std::nullopt;
    const auto refused = Result<IdentityPtr>(fail(ErrorCode::not_found, "no such path"));
    const auto paths = request.field("url-paths");
    const auto methods = request.field("url-methods");
    const auto expires = request.field("url-expires");
    const auto project = request.field("x-project-id");
    if (!paths || !methods || !expires || !project || project->empty()) return refused;
    auto identity =
        prove_access({split_sorted(*paths), split_sorted(*methods), std::string(*project),
                      std::string(*expires)},
                     {*signature, http_method_name(request.method), request.path}, options, now);
    if (!identity) return refused;
    return Result<IdentityPtr>(std::move(identity));
}

IdentityPtr prove_access(SignedAccess access, const SignedRequest& request, const Options& options,
                         Instant now) {
    const auto has_one = [](const std::vector<std::string>& parts) {
        return std::any_of(parts.begin(), parts.end(), has_separator);
    };
    if (has_one(access.paths) || has_one(access.methods) || has_separator(access.project) ||
        access.project.empty()) {
        return nullptr;
    }
    const auto expiry = parse_instant(access.expires);
    if (!expiry) return nullptr;
    access.expires = expiry_text(*expiry);
    std::sort(access.paths.begin(), access.paths.end());
    std::sort(access.methods.begin(), access.methods.end());
    if (!is_covered(access, request.signature, request.method, request.path, options.secret_key,
                    now)) {
        return nullptr;
    }
    auto identity = std::make_shared<Identity>();
    identity->tenant = access.project;
    identity->acl = {"#"};  // the signature says what may be done
    identity->expires_at = *expiry;
    identity->proof = request.signature;
    return identity;
}

Checked<SignedAccess> read_share(std::string_view body, std::string_view queue_path,
                                 const std::string& project, Instant now) {
    if (body.empty()) body = "{}";
    if (auto checked = check_json(body); !checked) return refuse(std::move(checked.error()));
    const auto document = JsonDocument::parse(body);
    if (!document || !document->root().is_object()) {
        return refuse(invalid_body("Document type not supported."));
    }
    if (has_separator(project)) {
        return refuse(invalid_request("X-PROJECT-ID has a character that cannot be signed."));
    }
    SignedAccess access;
    access.project = project;
    access.expires = expiry_text(now + default_life);
    for (const auto& [name, value] : document->root().members()) {
        if (name == "paths") {
            auto paths = read_list(value, name, known_paths);
            if (!paths) return refuse(std::move(paths.error()));
            access.paths = std::move(*paths);
        } else if (name == "methods") {
            auto methods = read_list(value, name, known_methods);
            if (!methods) return refuse(std::move(methods.error()));
            access.methods = std::move(*methods);
        } else if (name == "expires") {
            if (value.is_null()) continue;
            auto expires = read_expiry(value, now);
            if (!expires) return refuse(std::move(expires.error()));
            access.expires = std::move(*expires);
        } else {
            return refuse(invalid_request(fmt::format("Unknown keys: {}", name)));
        }
    }
    if (access.paths.empty()) access.paths = {"messages"};
    if (access.methods.empty()) access.methods = {"GET"};
    for (auto& path : access.paths) path = std::string(queue_path) + "/" + path;
    return access;
}

}  // namespace signalbox::zaqar
