#include "dialect/auth/jwt_authenticator.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/log.h"
#include "codec/digest.h"

namespace signalbox {
namespace {

tl::unexpected<Error> wrong(std::string message) {
    return fail(ErrorCode::unauthenticated, std::move(message));
}

// A time in claims: seconds since 1970, perhaps with a fraction. Nothing when it is none, or
// further away than any clock.
std::optional<Instant> time_of(const JsonValue& value) {
    constexpr int64_t seconds_max = 100'000'000'000;
    auto seconds = value.integer();
    if (!seconds && value.kind() == JsonKind::number) {
        // The fraction does not matter: there is more leeway than that.
        const auto text = value.json();
        const size_t dot = text.find('.');
        if (dot == std::string::npos || text.find_first_of("eE") != std::string::npos) {
            return std::nullopt;
        }
        const auto whole = JsonDocument::parse(text.substr(0, dot));
        if (whole) seconds = whole->root().integer();
    }
    if (!seconds || *seconds < -seconds_max || *seconds > seconds_max) return std::nullopt;
    return Instant(std::chrono::seconds(*seconds));
}

// A list of texts, or one text with blanks between words. Nothing when it is neither.
std::optional<std::vector<std::string>> words_of(const JsonValue& value) {
    std::vector<std::string> words;
    if (const auto text = value.text()) {
        std::string_view rest = *text;
        while (!rest.empty()) {
            const size_t blank = rest.find(' ');
            if (blank != 0) words.emplace_back(rest.substr(0, blank));
            rest.remove_prefix(blank == std::string_view::npos ? rest.size() : blank + 1);
        }
        return words;
    }
    if (value.kind() != JsonKind::array) return std::nullopt;
    for (const auto& element : value.elements()) {
        const auto text = element.text();
        if (!text) return std::nullopt;
        words.emplace_back(*text);
    }
    return words;
}

bool has_audience(const JsonValue& claim, const std::string& wanted) {
    if (const auto text = claim.text()) return *text == wanted;
    const auto elements = claim.elements();
    return std::any_of(elements.begin(), elements.end(),
                       [&](const auto& element) { return element.text() == wanted; });
}

}  // namespace

JwtAuthenticator::JwtAuthenticator(const AuthOptions& options, ReadKeys read_keys,
                                   std::function<Now()> clock)
    : options_(options),
      read_keys_(std::move(read_keys)),
      clock_(std::move(clock)),
      cache_(options.remembered_max) {
    for (const auto& name : options_.jwt.algorithms) {
        const auto algorithm = parse_jwt_algorithm(name);
        ASSERT(algorithm);
        algorithms_.insert(*algorithm);
    }
}

std::optional<Authenticator::Answer> JwtAuthenticator::identify(const Credential& credential,
                                                                Now now) {
    if (credential.token.empty()) return Answer(wrong("a token is needed"));
    if (credential.token.size() > token_bytes_max) return Answer(wrong("the token is too long"));
    // With the keys of before, while new ones are on their way.
    if (keys_ && now.steady - *read_at_ >= options_.jwt.refresh && may_read(now)) read(now);
    return check(credential.token, now);
}

void JwtAuthenticator::identify_later(const Credential& credential, Then then) {
    if (waiting_.size() >= waiting_max) {
        return then(
            fail(ErrorCode::unavailable, "too many wait for the keys that tokens are signed with"));
    }
    waiting_.push_back({std::string(credential.token), std::move(then)});
    if (const Now now = clock_(); !reading_) read(now);
}

bool JwtAuthenticator::still_holds(const Identity& identity, Now now) {
    return identity.expires_at > now.wall;
}

std::string JwtAuthenticator::challenge() const {
    return "Bearer realm=\"signalbox\"";
}

std::optional<Authenticator::Answer> JwtAuthenticator::check(std::string_view token, Now now) {
    const auto proof = sha256(token);
    if (const auto known = cache_.find(proof, now.wall)) return *known;
    const auto jwt = Jwt::parse(token);
    if (!jwt) return Answer(fail(jwt.error()));
    if (!algorithms_.contains(jwt->algorithm)) {
        return Answer(wrong("the token is signed in a way that is not taken"));
    }
    const JwtKey* const key = keys_ ? keys_->find(*jwt) : nullptr;
    if (key == nullptr) {
        if (reading_ || may_read(now)) return std::nullopt;
        if (!keys_) {
            return Answer(fail(ErrorCode::unavailable,
                               "the keys that tokens are signed with cannot be read now"));
        }
        return Answer(wrong("the token is signed with a key that is not known"));
    }
    if (!key->verifies(*jwt)) return Answer(wrong("the token's signature is wrong"));
    auto answer = check_claims(*jwt, proof, now);
    if (answer) cache_.put(proof, *answer, (*answer)->expires_at);
    return answer;
}

Authenticator::Answer JwtAuthenticator::check_claims(const Jwt& token, const std::string& proof,
                                                     Now now) const {
    const auto& jwt = options_.jwt;
    const auto claims = token.claims.root();
    // As of a name twice in the header.
    if (!JsonMembers::of(claims)) return wrong("the token's claims are not well-formed");
    const auto expiry = find_claim(claims, "exp");
    const auto expires_at = expiry ? time_of(*expiry) : std::nullopt;
    if (!expires_at) return wrong("the token does not say when it expires");
    if (*expires_at + jwt.leeway <= now.wall) return wrong("the token has expired");
    if (const auto claim = find_claim(claims, "nbf")) {
        const auto not_before = time_of(*claim);
        if (!not_before || *not_before - jwt.leeway > now.wall) {
            return wrong("the token is not good yet");
        }
    }
    if (!jwt.issuer.empty()) {
        const auto issuer = find_claim(claims, "iss");
        if (!issuer || issuer->text() != jwt.issuer) return wrong("the token is of another issuer");
    }
    if (!jwt.audience.empty()) {
        const auto audience = find_claim(claims, "aud");
        if (!audience || !has_audience(*audience, jwt.audience)) {
            return wrong("the token is for somebody else");
        }
    }
    auto identity = std::make_shared<Identity>();
    const auto tenant = find_claim(claims, jwt.tenant_claim);
    if (!tenant || !tenant->text() || tenant->text()->empty()) {
        return wrong("the token names no tenant");
    }
    identity->tenant = *tenant->text();
    if (const auto user = find_claim(claims, jwt.user_claim)) {
        identity->user = user->text().value_or("");
    }
    const auto read_words = [&](const std::string& name, std::vector<std::string>& into) {
        const auto claim = find_claim(claims, name);
        if (!claim) return true;
        auto words = words_of(*claim);
        if (words) into = std::move(*words);
        return words.has_value();
    };
    if (!read_words(jwt.roles_claim, identity->roles) ||
        !read_words(jwt.acl_claim, identity->acl)) {
        return wrong("the token's roles or patterns are not texts");
    }
    identity->user_uuid = user_uuid_of(identity->tenant, identity->user);
    identity->expires_at = *expires_at + jwt.leeway;
    identity->proof = proof;
    identity->is_admin = identity->has_role(options_.admin_role);
    identity->may_administer = identity->is_admin;
    return IdentityPtr(std::move(identity));
}

bool JwtAuthenticator::may_read(Now now) const {
    return !reading_ && (!read_at_ || now.steady - *read_at_ >= retry_min);
}

void JwtAuthenticator::read(Now now) {
    reading_ = true;
    read_at_ = now.steady;
    read_keys_([this, alive = std::weak_ptr<char>(alive_)](Result<std::string> text) {
        if (!alive.expired()) on_keys(std::move(text));
    });
}

void JwtAuthenticator::on_keys(Result<std::string> text) {
    reading_ = false;
    if (text) {
        auto keys = JwtKeySet::parse(*text);
        if (keys) {
            keys_ = std::move(*keys);
            // A key that is not in the set any more may have been taken out for a reason.
            cache_.clear();
        } else {
            text = fail(std::move(keys).error());
        }
    }
    if (!text) {
        LOG(warning, "auth.keys_not_read", {"from", options_.jwt.keys},
            {"error", text.error().field + " " + text.error().message});
    }
    const auto waiting = std::move(waiting_);
    waiting_.clear();
    const Now now = clock_();
    for (const auto& [token, then] : waiting) {
        auto answer = check(token, now);
        // They were read just now; if it may not be done again, the answer is there.
        if (!answer) answer = Answer(fail(ErrorCode::unavailable, "the keys changed; ask again"));
        then(std::move(*answer));
    }
}

}  // namespace signalbox
