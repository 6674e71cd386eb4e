#include "dialect/auth/keystone_authenticator.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/log.h"
#include "codec/digest.h"
#include "codec/json_reader.h"
#include "codec/json_writer.h"
#include "codec/jwt.h"

namespace signalbox {
namespace {

constexpr uint16_t ok = 200;
constexpr uint16_t created = 201;
constexpr uint16_t not_authenticated = 401;
constexpr uint16_t not_found = 404;

tl::unexpected<Error> wrong(std::string message) {
    return fail(ErrorCode::unauthenticated, std::move(message));
}

Error unavailable(std::string_view why) {
    return {ErrorCode::unavailable, fmt::format("Keystone cannot be asked now: {}", why), {}};
}

// What may stand in a field of a request; everything else is no token of Keystone's.
bool is_visible(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string login_body(const KeystoneOptions& keystone) {
    std::string body;
    JsonWriter json(body);
    const auto named = [&](std::string_view what, const std::string& name,
                           const std::string& domain, const std::string* password) {
        json.key(what);
        json.begin_object();
        json.member("name", name);
        json.key("domain");
        json.begin_object();
        json.member("name", domain);
        json.end_object();
        if (password != nullptr) json.member("password", *password);
        json.end_object();
    };
    json.begin_object();
    json.key("auth");
    json.begin_object();
    json.key("identity");
    json.begin_object();
    json.key("methods");
    json.begin_array();
    json.value("password");
    json.end_array();
    json.key("password");
    json.begin_object();
    named("user", keystone.user, keystone.user_domain, &keystone.password);
    json.end_object();
    json.end_object();
    json.key("scope");
    json.begin_object();
    named("project", keystone.project, keystone.project_domain, nullptr);
    json.end_object();
    json.end_object();
    json.end_object();
    return body;
}

// The text at the end of a way through objects.
std::optional<std::string> text_at(const JsonValue& root, std::string_view path) {
    const auto found = find_claim(root, path);
    const auto text = found ? found->text() : std::nullopt;
    if (!text || text->empty()) return std::nullopt;
    return std::string(*text);
}

}  // namespace

KeystoneAuthenticator::KeystoneAuthenticator(const AuthOptions& options, HttpClient& client,
                                             std::function<Now()> clock)
    : options_(options),
      client_(client),
      clock_(std::move(clock)),
      good_(options.remembered_max),
      refused_(options.remembered_max) {}

std::optional<Authenticator::Answer> KeystoneAuthenticator::identify(const Credential& credential,
                                                                     Now now) {
    if (credential.token.empty()) return Answer(wrong("a token is needed"));
    if (credential.token.size() > token_bytes_max || !is_visible(credential.token)) {
        return Answer(wrong("the token is not known"));
    }
    const auto proof = sha256(credential.token);
    if (const auto known = good_.find(proof, now.wall)) return *known;
    if (refused_.find(proof, now.wall)) return Answer(wrong("the token is not known"));
    return std::nullopt;
}

void KeystoneAuthenticator::identify_later(const Credential& credential, Then then) {
    if (waiting_ >= waiting_max) return then(fail(unavailable("too many wait for it")));
    ++waiting_;
    const auto proof = sha256(credential.token);
    const auto [question, is_new] = questions_.try_emplace(proof);
    question->second.waiting.push_back(std::move(then));
    if (!is_new) return;
    question->second.token = credential.token;
    ask(proof);
}

bool KeystoneAuthenticator::still_holds(const Identity& identity, Now now) {
    return identity.expires_at > now.wall;
}

std::string KeystoneAuthenticator::challenge() const {
    return fmt::format("Keystone uri=\"{}\"", options_.keystone.url);
}

void KeystoneAuthenticator::send(OutgoingRequest request,
                                 std::function<void(Result<IncomingResponse>)> then) {
    request.timeout = options_.keystone.timeout;
    client_.send(std::move(request), [then = std::move(then), alive = std::weak_ptr<char>(alive_)](
                                         Result<IncomingResponse> response) {
        if (!alive.expired()) then(std::move(response));
    });
}

void KeystoneAuthenticator::ask(const std::string& proof) {
    if (own_token_.empty()) {
        after_login_.push_back(proof);
        return log_in();
    }
    OutgoingRequest request;
    request.url = options_.keystone.url + "/v3/auth/tokens?nocatalog";
    request.fields = {{"X-Auth-Token", own_token_},
                      {"X-Subject-Token", questions_.at(proof).token},
                      {"Accept", "application/json"}};
    send(std::move(request), [this, proof, with = own_token_](Result<IncomingResponse> response) {
        on_answer(proof, with, std::move(response));
    });
}

void KeystoneAuthenticator::on_answer(const std::string& proof, const std::string& with,
                                      Result<IncomingResponse> response) {
    if (!response) return answer(proof, fail(unavailable(response.error().message)));
    switch (response->status) {
        case ok: return answer(proof, read_identity(response->body, proof));
        case not_found: return answer(proof, wrong("the token is not known"));
        case not_authenticated: {
            // Our own token is over. Once: a password that is refused is so again.
            auto& question = questions_.at(proof);
            if (question.asked_again) {
                return answer(proof, fail(unavailable("it does not let this server ask")));
            }
            question.asked_again = true;
            // Unless somebody else has got a new one meanwhile.
            if (own_token_ == with) own_token_.clear();
            return ask(proof);
        }
        default: answer(proof, fail(unavailable(fmt::format("it answers {}", response->status))));
    }
}

void KeystoneAuthenticator::answer(const std::string& proof, Answer answer) {
    const auto question = questions_.extract(proof);
    ASSERT(!question.empty());
    const Now now = clock_();
    if (answer) {
        const auto until = std::min((*answer)->expires_at, now.wall + options_.keystone.remembered);
        good_.put(proof, *answer, until);
    } else if (answer.error().code == ErrorCode::unauthenticated) {
        refused_.put(proof, nullptr, now.wall + refused_remembered);
    } else if (answer.error().code == ErrorCode::unavailable) {
        LOG(warning, "auth.keystone_failed", {"error", answer.error().message});
    }
    const auto& waiting = question.mapped().waiting;
    waiting_ -= waiting.size();
    for (const auto& then : waiting) then(answer);
}

void KeystoneAuthenticator::log_in() {
    if (logging_in_) return;
    logging_in_ = true;
    OutgoingRequest request;
    request.method = "POST";
    request.url = options_.keystone.url + "/v3/auth/tokens?nocatalog";
    request.fields = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
    request.body = login_body(options_.keystone);
    send(std::move(request),
         [this](Result<IncomingResponse> response) { on_login(std::move(response)); });
}

void KeystoneAuthenticator::on_login(Result<IncomingResponse> response) {
    logging_in_ = false;
    std::string why;
    if (!response) {
        why = response.error().message;
    } else if (response->status != created) {
        why = fmt::format("it answers this server's login with {}", response->status);
    } else {
        own_token_ = response->field("X-Subject-Token").value_or("");
        if (own_token_.empty()) why = "it answers this server's login without a token";
    }
    const auto proofs = std::move(after_login_);
    after_login_.clear();
    for (const auto& proof : proofs) {
        if (why.empty()) {
            ask(proof);
        } else {
            answer(proof, fail(unavailable(why)));
        }
    }
}

Result<IdentityPtr> KeystoneAuthenticator::read_identity(const std::string& body,
                                                         const std::string& proof) const {
    const auto document = JsonDocument::parse(body);
    if (!document) return fail(unavailable("its answer is no JSON"));
    const auto root = document->root();
    const auto expires = text_at(root, "token.expires_at");
    const auto expires_at = expires ? parse_instant(*expires) : fail(unavailable("no time"));
    if (!expires_at) return fail(unavailable("its answer does not say when the token expires"));
    // Keystone would not have called it good; but its clock may be another.
    if (*expires_at <= clock_().wall) return wrong("the token has expired");
    const auto project = text_at(root, "token.project.id");
    if (!project) return wrong("the token is not scoped to a project");
    auto identity = std::make_shared<Identity>();
    identity->tenant = *project;
    identity->user = text_at(root, "token.user.id").value_or("");
    identity->user_uuid = user_uuid_of(identity->tenant, identity->user);
    if (const auto roles = find_claim(root, "token.roles")) {
        for (const auto& role : roles->elements()) {
            if (auto name = text_at(role, "name")) identity->roles.push_back(std::move(*name));
        }
    }
    identity->expires_at = *expires_at;
    identity->proof = proof;
    identity->is_admin = identity->has_role(options_.admin_role);
    identity->may_administer = identity->is_admin;
    return IdentityPtr(std::move(identity));
}

}  // namespace signalbox
