#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "base/result.h"

namespace signalbox {

// Where the registry is: a Signalbox, or a Consul. `wait`, `exec` and `register` speak Consul's
// HTTP API and nothing else, so that it may be either.
struct RegistryAddress {
    std::string url;    // without a slash at the end
    std::string token;  // empty: none
};

// Looks, in this order, for
//   --url, SIGNALBOX_URL                           what is said to this program wins
//   WAZO_CONSUL_HOST, _PORT, _SCHEME               each in the environment, else in `file`
//   CONSUL_HTTP_ADDR, CONSUL_HTTP_SSL              where none of those is there
//   http://consul:8500
// and for --token, SIGNALBOX_TOKEN, CONSUL_HTTP_TOKEN. `environment` gives a variable, or null.
Result<RegistryAddress> find_registry(const std::string& url, const std::string& token,
                                      const std::string& file,
                                      const std::function<const char*(const char*)>& environment);

// The flags that each of those commands has.
struct RegistryFlags {
    std::string url;
    std::string token;
    std::string ca_file;
    std::string file = "/etc/wazo-platform/consul";

    void add_to(CLI::App& command);
    // With the environment of this process.
    [[nodiscard]] Result<RegistryAddress> find() const;
};

}  // namespace signalbox
