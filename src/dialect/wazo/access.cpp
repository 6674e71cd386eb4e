#include "dialect/wazo/access.h"

#include "core/acl.h"

namespace signalbox::wazo {
namespace {

// Each word between dots as `of` gives it back.
template <class Of>
std::string map_words(std::string_view text, const Of& of) {
    std::string out;
    for (;;) {
        const size_t dot = text.find('.');
        out += of(text.substr(0, dot));
        if (dot == std::string_view::npos) return out;
        out += '.';
        text.remove_prefix(dot + 1);
    }
}

std::string with_one_verb(std::string_view text) {
    return map_words(text, [](std::string_view word) { return word == "edit" ? "update" : word; });
}

}  // namespace

bool is_given_by_pattern(const Identity& identity, std::string_view access) {
    const std::string wanted = with_one_verb(access);
    const std::string user = identity.user_uuid ? identity.user_uuid->text() : std::string("me");
    std::vector<std::string> patterns;
    for (const std::string_view given : identity.acl) {
        const bool denies = given.starts_with('!');
        const auto plain = with_one_verb(given.substr(denies ? 1 : 0));
        const auto filled = map_words(plain, [&](std::string_view word) -> std::string_view {
            if (word == "me") return user;
            if (word == "my_session" && !identity.session.empty()) return identity.session;
            return word;
        });
        const std::string sign = denies ? "!" : "";
        patterns.push_back(sign + plain);
        if (filled != plain) patterns.push_back(sign + filled);
    }
    return acl_allows(patterns, wanted);
}

bool is_given(const Identity& identity, std::string_view access) {
    return identity.acl.empty() || is_given_by_pattern(identity, access);
}

std::string for_receiver(std::string_view access, const Uuid& user) {
    constexpr std::string_view receiver = "{user}";
    std::string text(access);
    if (const size_t at = text.find(receiver); at != std::string::npos) {
        text.replace(at, receiver.size(), user.text());
    }
    return text;
}

}  // namespace signalbox::wazo
