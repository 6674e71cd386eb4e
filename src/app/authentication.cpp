#include "app/authentication.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "app/option_file.h"
#include "base/assert.h"
#include "base/log.h"
#include "codec/digest.h"
#include "codec/secret_token.h"
#include "core/tokens.h"
#include "dialect/auth/jwt_authenticator.h"
#include "dialect/auth/keystone_authenticator.h"
#include "dialect/auth/token_authenticator.h"
#include "net/secret_bytes.h"

namespace signalbox {
namespace {

// As many as 16 random bytes have in base64.
constexpr size_t root_token_bytes_min = 22;

// A secret on the first line; a line end behind it is an editor's.
Result<std::string> read_secret(const std::string& option, const std::string& path) {
    TRY_AS(auto text, read_secret_file(option, path));
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    if (text.empty()) return fail(option_file_error(option, path, "is empty"));
    if (text.find_first_of("\r\n") != std::string::npos) {
        return fail(option_file_error(option, path, "must be one line"));
    }
    return text;
}

// For its owner's eyes only, and never over another one.
Result<void> write_root_token(const std::string& path) {
    const std::string line = format_token(secret_bytes(token_secret_bytes)) + "\n";
    // Under its name only when it is whole: a start that is cut short leaves no half of it.
    const std::string draft = path + ".new";
    const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return fail(option_file_error("root_token_file", draft, std::strerror(errno)));
    const bool written =
        ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
        ::fsync(file) == 0;
    const int error = errno;
    ::close(file);
    if (!written || ::rename(draft.c_str(), path.c_str()) != 0) {
        return fail(
            option_file_error("root_token_file", path, std::strerror(written ? errno : error)));
    }
    LOG(info, "auth.root_token_made", {"file", path});
    return {};
}

Result<std::string> root_token_hash(const ServeOptions& options) {
    if (options.root_token_file == "-") return std::string();
    std::string path = options.root_token_file;
    if (path.empty()) {
        path = options.data + "/root-token";
        if (::access(path.c_str(), F_OK) != 0) TRY(write_root_token(path));
    }
    TRY_AS(const auto token, read_secret("root_token_file", path));
    const bool is_one_word =
        std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (!is_one_word) {
        return fail(option_file_error("root_token_file", path, "must be one word of ASCII"));
    }
    if (token.size() < root_token_bytes_min) {
        return fail(
            option_file_error("root_token_file", path,
                              fmt::format("must have at least {} bytes, so that it cannot be "
                                          "guessed; openssl rand -hex 32 makes one",
                                          root_token_bytes_min)));
    }
    return sha256(token);
}

bool is_url(const std::string& text) {
    return text.starts_with("http://") || text.starts_with("https://");
}

JwtAuthenticator::ReadKeys keys_reader(const std::string& from, HttpClient& client) {
    if (!is_url(from)) {
        return [from](const auto& then) { then(read_option_file("jwt_keys", from)); };
    }
    return [from, &client](const std::function<void(Result<std::string>)>& then) {
        OutgoingRequest request;
        request.url = from;
        request.fields = {{"Accept", "application/json"}};
        client.send(std::move(request), [then](Result<IncomingResponse> response) {
            if (!response) return then(fail(response.error()));
            if (response->status != 200) {
                return then(fail(ErrorCode::unavailable,
                                 fmt::format("is answered with {}", response->status)));
            }
            then(std::move(response->body));
        });
    };
}

}  // namespace

Result<MakeAuthenticator> prepare_authentication(const ServeOptions& options, const Node& node,
                                                 const Clock& clock) {
    AuthOptions auth = options.auth;
    const auto now = [&clock] { return clock.now(); };
    switch (auth.mode) {
        case AuthMode::open:
            return MakeAuthenticator([auth](HttpClient& /*client*/) {
                return std::make_unique<OpenAuthenticator>(auth.admin_role);
            });
        case AuthMode::token: {
            TokenAuthenticator::Options tokens;
            tokens.admin_role = auth.admin_role;
            tokens.remembered_max = auth.remembered_max;
            TRY_AS(tokens.root_token_hash, root_token_hash(options));
            return MakeAuthenticator([tokens, &node](HttpClient& /*client*/) {
                return std::make_unique<TokenAuthenticator>(tokens,
                                                            node.partition_of(tenant_of_tokens));
            });
        }
        case AuthMode::jwt: {
            // A file is there before the server is; another server may come later.
            if (!is_url(auth.jwt.keys)) {
                TRY_AS(const auto text, read_option_file("jwt_keys", auth.jwt.keys));
                if (const auto keys = JwtKeySet::parse(text); !keys) {
                    return fail(option_file_error("jwt_keys", auth.jwt.keys, keys.error().message));
                }
            }
            if (auth.jwt.audience.empty()) LOG(warning, "auth.jwt_audience_not_checked");
            return MakeAuthenticator([auth, now](HttpClient& client) {
                return std::make_unique<JwtAuthenticator>(auth, keys_reader(auth.jwt.keys, client),
                                                          now);
            });
        }
        case AuthMode::keystone: {
            TRY_AS(auth.keystone.password,
                   read_secret("keystone_password_file", options.keystone_password_file));
            return MakeAuthenticator([auth, now](HttpClient& client) {
                return std::make_unique<KeystoneAuthenticator>(auth, client, now);
            });
        }
    }
    ASSERT(false);
}

}  // namespace signalbox
