#include "app/options.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "app/option_bounds.h"
#include "app/option_table.h"
#include "codec/origin.h"

namespace signalbox {
namespace {

std::vector<OptionSpec> make_specs() {
    OptionTable table;
    add_server_options(table);
    add_limit_options(table);
    add_collection_options(table);
    add_zaqar_options(table);
    add_notify_options(table);
    add_registry_options(table);
    return table.take();
}

const OptionSpec* find_spec(std::string_view name) {
    const auto& specs = option_specs();
    const auto found = std::find_if(specs.begin(), specs.end(),
                                    [&](const auto& spec) { return spec.name == name; });
    return found == specs.end() ? nullptr : &*found;
}

constexpr std::string_view variable_prefix = "SIGNALBOX_";

const OptionSpec* find_spec_of_variable(std::string_view variable) {
    const auto& specs = option_specs();
    const auto found = std::find_if(specs.begin(), specs.end(), [&](const auto& spec) {
        return spec.environment() == variable;
    });
    return found == specs.end() ? nullptr : &*found;
}

// Variables of that prefix that are not about `serve`: those of the client commands and of what
// they run, those of the tests, and what a cluster makes up for a service called signalbox.
bool is_for_others(std::string_view variable) {
    static constexpr std::array names{"CONFIG", "URL",    "TOKEN",        "TENANT",
                                      "OWNER",  "TICKET", "FENCING_TOKEN"};
    static constexpr std::array<std::string_view, 3> beginnings{"TEST_", "SERVICE_", "PORT"};
    const auto rest = variable.substr(variable_prefix.size());
    return std::find(names.begin(), names.end(), rest) != names.end() ||
           std::any_of(beginnings.begin(), beginnings.end(),
                       [&](const auto& beginning) { return rest.starts_with(beginning); });
}

Error wrong_value(std::string_view where, const std::string& option, const std::string& text,
                  const std::string& why) {
    return {ErrorCode::invalid_argument, fmt::format("{} {}: \"{}\" {}", where, option, text, why),
            option};
}

// A scalar of TOML as the text that a flag would have.
std::optional<std::string> toml_text(const toml::node& node) {
    if (auto text = node.value_exact<std::string>()) return text;
    if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
    if (const auto whole = node.value_exact<int64_t>()) return std::to_string(*whole);
    return std::nullopt;
}

Result<std::vector<std::string>> toml_texts(const OptionSpec& spec, const toml::node& node,
                                            const std::string& path) {
    std::vector<std::string> texts;
    if (const auto text = toml_text(node)) {
        texts.push_back(*text);
        return texts;
    }
    const auto* array = node.as_array();
    if (array == nullptr || !spec.is_list) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{}: {} must be {}", path, spec.name,
                                spec.is_list ? "a string or a list of strings"
                                             : "a string, a number or a boolean"),
                    spec.name);
    }
    for (const auto& element : *array) {
        const auto text = toml_text(element);
        if (!text) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("{}: {} must be a list of strings", path, spec.name),
                        spec.name);
        }
        texts.push_back(*text);
    }
    return texts;
}

Result<void> check_together(ServeOptions& options) {
    if (options.listen.empty() && options.tls_listen.empty()) {
        TRY_AS(auto address, ListenAddress::parse("127.0.0.1:7400"));
        options.listen.push_back(std::move(address));
    }
    if (!options.tls_listen.empty() && (options.tls_cert.empty() || options.tls_key.empty())) {
        return fail(ErrorCode::invalid_argument, "tls_listen needs tls_cert and tls_key",
                    "tls_listen");
    }
    for (const auto* list : {&options.listen, &options.tls_listen}) {
        for (const auto& address : *list) {
            const bool is_known = options.auth.mode != AuthMode::open;
            if (address.is_loopback() || is_known || options.insecure) continue;
            return fail(ErrorCode::invalid_argument,
                        fmt::format("listen {}: this is beyond loopback and nobody has to say who "
                                    "they are; say how with --auth, or, if that is meant, add "
                                    "--insecure",
                                    address.text()),
                        "listen");
        }
    }
    if (options.auth.mode == AuthMode::jwt && options.auth.jwt.keys.empty()) {
        return fail(ErrorCode::invalid_argument, "auth jwt needs jwt_keys", "jwt_keys");
    }
    if (options.auth.mode == AuthMode::keystone &&
        (options.auth.keystone.url.empty() || options.auth.keystone.user.empty() ||
         options.auth.keystone.project.empty() || options.keystone_password_file.empty())) {
        return fail(ErrorCode::invalid_argument,
                    "auth keystone needs keystone_url, keystone_user, keystone_password_file and "
                    "keystone_project",
                    "keystone_url");
    }
    if (options.core.session.ttl_max < options.core.session.ttl_min) {
        return fail(ErrorCode::invalid_argument,
                    "session_ttl_max must not be shorter than session_ttl_min", "session_ttl_max");
    }
    if (options.checkpoint_bytes < options.segment_bytes) {
        return fail(ErrorCode::invalid_argument,
                    "checkpoint_bytes must not be smaller than segment_bytes", "checkpoint_bytes");
    }
    return {};
}

}  // namespace

// A name that is somebody else's may be made to lead to loopback, and then its pages would be taken
// for the server's own. Beyond loopback the names are the operator's affair.
std::vector<std::string> known_hosts(const ServeOptions& options) {
    std::vector<std::string> hosts;
    if (options.auth.mode != AuthMode::open || options.insecure) return hosts;
    for (const auto* list : {&options.listen, &options.tls_listen}) {
        for (const auto& address : *list) {
            const auto shown = address.text();
            hosts.push_back(shown.substr(0, shown.rfind(':')));
        }
    }
    for (const auto& origin : options.websocket_origins) {
        if (origin == "*") return {};
        hosts.emplace_back(host_of_origin(origin));
    }
    return hosts;
}

std::string OptionSpec::flag() const {
    std::string flag = "--" + name;
    std::replace(flag.begin(), flag.end(), '_', '-');
    return flag;
}

std::string OptionSpec::environment() const {
    std::string variable = std::string(variable_prefix) + name;
    std::transform(variable.begin(), variable.end(), variable.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return variable;
}

const std::vector<OptionSpec>& option_specs() {
    static const auto specs = make_specs();
    return specs;
}

Result<OptionTexts> read_config_file(const std::string& path) {
    toml::table table;
    try {
        table = toml::parse_file(path);
    } catch (const toml::parse_error& error) {
        std::ostringstream place;
        place << error.source().begin;
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{}: {} ({})", path, error.description(), place.str()), "config");
    }
    OptionTexts texts;
    for (const auto& [key, node] : table) {
        const std::string name(key.str());
        const auto* spec = find_spec(name);
        if (spec == nullptr) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("{}: {} is not an option", path, name), name);
        }
        TRY_AS(texts[name], toml_texts(*spec, node, path));
    }
    return texts;
}

Result<OptionTexts> read_environment(const char* const* variables) {
    OptionTexts texts;
    for (; *variables != nullptr; ++variables) {
        const std::string_view variable(*variables);
        const auto name = variable.substr(0, variable.find('='));
        if (!name.starts_with(variable_prefix) || name.size() == variable.size()) continue;
        const auto* spec = find_spec_of_variable(name);
        if (spec == nullptr) {
            if (is_for_others(name)) continue;
            return fail(ErrorCode::invalid_argument,
                        fmt::format("environment: {} is not an option", name), std::string(name));
        }
        const std::string value(variable.substr(name.size() + 1));
        auto& values = texts[spec->name];
        if (!spec->is_list || value.empty()) {
            values = {value};
            continue;
        }
        // A list is written with commas.
        std::istringstream parts(value);
        std::string part;
        while (std::getline(parts, part, ',')) values.push_back(part);
    }
    return texts;
}

Result<ServeOptions> make_serve_options(const OptionTexts& file, const OptionTexts& environment,
                                        const OptionTexts& flags) {
    ServeOptions options;
    GivenOptions given;
    struct Source {
        const OptionTexts& texts;
        std::string_view name;
    };
    for (const auto& spec : option_specs()) {
        // Each place replaces what the ones before it say, lists as a whole.
        for (const auto& source : {Source{flags, "option"}, Source{environment, "environment"},
                                   Source{file, "configuration file:"}}) {
            const auto found = source.texts.find(spec.name);
            if (found == source.texts.end()) continue;
            given.insert(spec.name);
            for (const auto& text : found->second) {
                const auto set = spec.set(options, text);
                if (set) continue;
                const auto shown = source.name == "option"        ? spec.flag()
                                   : source.name == "environment" ? spec.environment()
                                                                  : spec.name;
                return fail(wrong_value(source.name, shown, text, set.error().message));
            }
            break;
        }
    }
    TRY(check_together(options));
    TRY(check_notify_options(options));
    TRY(keep_bounds(options, given));
    return options;
}

}  // namespace signalbox
