#include <map>
#include <sstream>

#include "app/option_table.h"
#include "codec/jwt.h"

namespace signalbox {
namespace {

OptionSetter addresses(std::vector<ListenAddress> ServeOptions::* member, bool tls) {
    return [=](ServeOptions& options, const std::string& text) -> Result<void> {
        TRY_AS(auto address, ListenAddress::parse(text));
        address.tls = tls;
        (options.*member).push_back(std::move(address));
        return {};
    };
}

Result<void> set_ticket_server(ServeOptions& options, const std::string& text) {
    const auto uuid = Uuid::parse(text);
    if (!uuid) return fail(ErrorCode::invalid_argument, "must be a UUID");
    options.ticket_servers.push_back(*uuid);
    return {};
}

Result<void> set_log_level(ServeOptions& options, const std::string& text) {
    static const std::map<std::string, log::Level> levels{{"debug", log::Level::debug},
                                                          {"info", log::Level::info},
                                                          {"warning", log::Level::warning},
                                                          {"error", log::Level::error},
                                                          {"off", log::Level::off}};
    const auto found = levels.find(text);
    if (found == levels.end()) {
        return fail(ErrorCode::invalid_argument, "must be debug, info, warning, error or off");
    }
    options.log_level = found->second;
    return {};
}

Result<void> set_log_format(ServeOptions& options, const std::string& text) {
    if (text != "logfmt" && text != "json") {
        return fail(ErrorCode::invalid_argument, "must be logfmt or json");
    }
    options.log_format = text == "json" ? log::Format::json : log::Format::logfmt;
    return {};
}

Result<void> set_insecure(ServeOptions& options, const std::string& text) {
    TRY_AS(options.insecure, read_flag(text));
    return {};
}

Result<void> set_auth(ServeOptions& options, const std::string& text) {
    static const std::map<std::string, AuthMode> modes{{"open", AuthMode::open},
                                                       {"token", AuthMode::token},
                                                       {"jwt", AuthMode::jwt},
                                                       {"keystone", AuthMode::keystone}};
    const auto found = modes.find(text);
    if (found == modes.end()) {
        return fail(ErrorCode::invalid_argument, "must be open, token, jwt or keystone");
    }
    options.auth.mode = found->second;
    return {};
}

Result<void> set_jwt_algorithms(ServeOptions& options, const std::string& text) {
    std::vector<std::string> algorithms;
    std::istringstream names(text);
    for (std::string name; std::getline(names, name, ',');) {
        if (!parse_jwt_algorithm(name)) {
            return fail(ErrorCode::invalid_argument,
                        "must be some of RS256, RS384, RS512, PS256, ES256, ES384 and EdDSA, with "
                        "commas between them");
        }
        algorithms.push_back(name);
    }
    if (algorithms.empty()) return fail(ErrorCode::invalid_argument, "must not be empty");
    options.auth.jwt.algorithms = std::move(algorithms);
    return {};
}

Result<void> set_keystone_url(ServeOptions& options, const std::string& text) {
    std::string url = text;
    if (!url.starts_with("http://") && !url.starts_with("https://")) {
        return fail(ErrorCode::invalid_argument, "must begin with http:// or https://");
    }
    // As it stands in catalogues, with and without the version.
    while (url.ends_with('/')) url.pop_back();
    if (url.ends_with("/v3")) url.resize(url.size() - 3);
    options.auth.keystone.url = std::move(url);
    return {};
}

}  // namespace

void add_server_options(OptionTable& table) {
    using O = ServeOptions;
    table.add("data", "DIR", "Where everything is kept [./signalbox-data]", text_of(&O::data));
    table
        .add("listen", "[DIALECT=]HOST:PORT", "Where to serve, once or more [127.0.0.1:7400]",
             addresses(&O::listen, false))
        .is_list = true;
    table
        .add("tls_listen", "[DIALECT=]HOST:PORT", "Where to serve with TLS, once or more",
             addresses(&O::tls_listen, true))
        .is_list = true;
    table.add("tls_cert", "FILE", "The certificate and its chain, as PEM", text_of(&O::tls_cert));
    table.add("tls_key", "FILE", "The certificate's private key, as PEM", text_of(&O::tls_key));
    table
        .add("insecure", "",
             "Listen beyond loopback although nobody has to say who they are, and under any name",
             set_insecure)
        .is_flag = true;
    table.add("auth", "MODE", "How it is found out who asks: open, token, jwt or keystone [open]",
              set_auth);
    table.add("admin_role", "ROLE", "The role that may do what concerns every tenant [admin]",
              text_at([](O& o) -> auto& { return o.auth.admin_role; }));
    table.add("root_token_file", "FILE",
              "With --auth token: has a token that is an admin's, or is - for none; root-token in "
              "the "
              "data "
              "directory is made when nothing is said",
              text_of(&O::root_token_file));
    table.add_count("auth_remembered_max", "Credentials remembered by each io thread",
                    [](O& o) -> auto& { return o.auth.remembered_max; });
    table.add("jwt_keys", "FILE|URL", "With --auth jwt: the public keys, as a JSON Web Key Set",
              text_at([](O& o) -> auto& { return o.auth.jwt.keys; }));
    table.add("jwt_algorithms", "NAMES", "How tokens may be signed [RS256,ES256,EdDSA]",
              set_jwt_algorithms);
    table.add("jwt_issuer", "TEXT", "What claim iss must be",
              text_at([](O& o) -> auto& { return o.auth.jwt.issuer; }));
    table.add("jwt_audience", "TEXT", "What claim aud must have",
              text_at([](O& o) -> auto& { return o.auth.jwt.audience; }));
    table.add("jwt_tenant_claim", "NAME", "The claim that names the tenant [tenant]",
              text_at([](O& o) -> auto& { return o.auth.jwt.tenant_claim; }));
    table.add("jwt_user_claim", "NAME", "The claim that names the user [sub]",
              text_at([](O& o) -> auto& { return o.auth.jwt.user_claim; }));
    table.add("jwt_roles_claim", "NAME", "The claim that has the roles [roles]",
              text_at([](O& o) -> auto& { return o.auth.jwt.roles_claim; }));
    table.add("jwt_acl_claim", "NAME", "The claim that has the patterns [acl]",
              text_at([](O& o) -> auto& { return o.auth.jwt.acl_claim; }));
    table.add_duration("jwt_leeway", "How far the clock of the issuer may be away",
                       [](O& o) -> auto& { return o.auth.jwt.leeway; });
    table.add_duration("jwt_refresh", "How old the keys may get before they are read again",
                       [](O& o) -> auto& { return o.auth.jwt.refresh; });
    table.add("keystone_url", "URL", "With --auth keystone: where it is", set_keystone_url);
    table.add("keystone_user", "NAME", "The user that may ask it about tokens",
              text_at([](O& o) -> auto& { return o.auth.keystone.user; }));
    table.add("keystone_password_file", "FILE", "That user's password",
              text_of(&O::keystone_password_file));
    table.add("keystone_project", "NAME", "That user's project",
              text_at([](O& o) -> auto& { return o.auth.keystone.project; }));
    table.add("keystone_user_domain", "NAME", "That user's domain [Default]",
              text_at([](O& o) -> auto& { return o.auth.keystone.user_domain; }));
    table.add("keystone_project_domain", "NAME", "That project's domain [Default]",
              text_at([](O& o) -> auto& { return o.auth.keystone.project_domain; }));
    table.add_duration("keystone_remembered", "How long it is remembered that a token is good",
                       [](O& o) -> auto& { return o.auth.keystone.remembered; });
    table.add_duration("keystone_timeout", "For an answer of Keystone",
                       [](O& o) -> auto& { return o.auth.keystone.timeout; });
    table.add("node", "NAME", "The name of this node [the name of the host]", text_of(&O::node));
    table
        .add("ticket_server", "UUID",
             "A server that tickets may name, once or more; without any, every server is known",
             set_ticket_server)
        .is_list = true;
    table.add("partitions", "N", "Shares of the tenants; fixed when the data directory is made [1]",
              number(&O::partitions, 1, 1024));
    table.add("io_threads", "N", "Threads for connections; 0 decides by the number of cores [0]",
              number(&O::io_threads, 0, 255));
    table.add("log_level", "LEVEL", "debug, info, warning, error or off [info]", set_log_level);
    table.add("log_format", "FORMAT", "logfmt or json [logfmt]", set_log_format);
}

}  // namespace signalbox
