#include "app/registry_flags.h"

#include <cstdlib>
#include <fstream>
#include <map>

#include <fmt/format.h>

namespace signalbox {
namespace {

constexpr const char* wazo_host = "WAZO_CONSUL_HOST";
constexpr const char* wazo_port = "WAZO_CONSUL_PORT";
constexpr const char* wazo_scheme = "WAZO_CONSUL_SCHEME";

constexpr const char* exit_codes =
    "Where the registry is: --url or SIGNALBOX_URL; else WAZO_CONSUL_HOST, _PORT and _SCHEME,\n"
    "in the environment or in the file; else CONSUL_HTTP_ADDR; else http://consul:8500.\n\n"
    "Exit codes:\n"
    "  0  done\n"
    "  1  the server refused\n"
    "  2  wrong usage\n"
    " 69  the server was not reached in the time that there was\n"
    " 70  the server's answer makes no sense\n"
    " 75  not in the time that there was; trying again later may help";

std::string trim(const std::string& text) {
    const size_t first = text.find_first_not_of(" \t\r");
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// As systemd's EnvironmentFile: NAME=value a line, perhaps in quotes; # begins a comment.
std::map<std::string, std::string> read_variables(const std::string& path) {
    std::map<std::string, std::string> variables;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        line = trim(line);
        if (line.starts_with("export ")) line = trim(line.substr(7));
        const size_t equals = line.find('=');
        if (line.empty() || line.front() == '#' || line.front() == ';') continue;
        if (equals == std::string::npos) continue;
        std::string value = trim(line.substr(equals + 1));
        const bool is_quoted = value.size() >= 2 && value.front() == value.back() &&
                               (value.front() == '"' || value.front() == '\'');
        if (is_quoted) value = value.substr(1, value.size() - 2);
        variables[trim(line.substr(0, equals))] = value;
    }
    return variables;
}

// Of CONSUL_HTTP_ADDR, which may or may not say the scheme.
std::string with_scheme(const std::string& address, const char* ssl) {
    if (address.find("://") != std::string::npos) return address;
    const std::string says = ssl == nullptr ? "" : ssl;
    const bool is_tls = says == "1" || says == "true" || says == "TRUE" || says == "True";
    return (is_tls ? "https://" : "http://") + address;
}

Result<std::string> checked(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    const bool is_http = url.starts_with("http://") || url.starts_with("https://");
    if (!is_http || url.find("://") + 3 >= url.size()) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("\"{}\" is no address such as http://127.0.0.1:8500", url));
    }
    return url;
}

}  // namespace

Result<RegistryAddress> find_registry(const std::string& url, const std::string& token,
                                      const std::string& file,
                                      const std::function<const char*(const char*)>& environment) {
    const auto variable = [&](const char* name) -> std::string {
        const char* const value = environment(name);
        return value == nullptr ? "" : value;
    };
    RegistryAddress address;
    address.token = !token.empty()                         ? token
                    : !variable("SIGNALBOX_TOKEN").empty() ? variable("SIGNALBOX_TOKEN")
                                                           : variable("CONSUL_HTTP_TOKEN");
    const std::string said = !url.empty() ? url : variable("SIGNALBOX_URL");
    if (!said.empty()) {
        TRY_AS(address.url, checked(said));
        return address;
    }
    const auto in_file = read_variables(file);
    const auto wazo = [&](const char* name) {
        const auto in_environment = variable(name);
        if (!in_environment.empty()) return in_environment;
        const auto found = in_file.find(name);
        return found == in_file.end() ? std::string() : found->second;
    };
    const std::string host = wazo(wazo_host);
    const std::string port = wazo(wazo_port);
    const std::string scheme = wazo(wazo_scheme);
    const std::string consul = variable("CONSUL_HTTP_ADDR");
    if (host.empty() && port.empty() && scheme.empty() && !consul.empty()) {
        TRY_AS(address.url, checked(with_scheme(consul, environment("CONSUL_HTTP_SSL"))));
        return address;
    }
    TRY_AS(address.url,
           checked(fmt::format("{}://{}:{}", scheme.empty() ? "http" : scheme,
                               host.empty() ? "consul" : host, port.empty() ? "8500" : port)));
    return address;
}

void RegistryFlags::add_to(CLI::App& command) {
    command.add_option("--url", url, "The registry, a Signalbox or a Consul (SIGNALBOX_URL)")
        ->type_name("URL");
    command.add_option("--token", token, "Who is asking (SIGNALBOX_TOKEN, then CONSUL_HTTP_TOKEN)")
        ->type_name("TOKEN");
    command.add_option("--ca-file", ca_file, "Authorities to trust for https, as PEM")
        ->type_name("FILE");
    command
        .add_option("--consul-file", file,
                    fmt::format("Where WAZO_CONSUL_* may be told [{}]", file))
        ->type_name("FILE");
    command.footer(exit_codes);
}

Result<RegistryAddress> RegistryFlags::find() const {
    return find_registry(url, token, file, [](const char* name) { return std::getenv(name); });
}

}  // namespace signalbox
