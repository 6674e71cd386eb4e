#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/notify_options.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/result.h"
#include "dialect/auth/auth_options.h"
#include "dialect/consul/consul_options.h"
#include "dialect/zaqar/zaqar_options.h"
#include "net/server.h"

namespace signalbox {

// Everything that `signalbox serve` can be told. One table (option_table.h) names each option
// once; from it come the flag --like-this, the environment variable SIGNALBOX_LIKE_THIS and the
// key like_this of the configuration file. The flag wins over the environment, which wins over
// the file.
struct ServeOptions {
    std::string data = "./signalbox-data";
    std::vector<ListenAddress> listen;  // 127.0.0.1:7400 when nothing is given
    std::vector<ListenAddress> tls_listen;
    std::string tls_cert;
    std::string tls_key;
    bool insecure = false;             // listen beyond loopback although `auth` is open
    std::string node;                  // the host's name when empty
    std::vector<Uuid> ticket_servers;  // when not empty, tickets of others are refused
    AuthOptions auth;
    // Empty: beside the data, made when it is not there. "-": there is no such token.
    std::string root_token_file;
    std::string keystone_password_file;
    std::string queue_encryption_key_file;  // empty: a key is made, and kept with the data
    size_t partitions = 1;
    size_t io_threads = 0;  // 0: by the number of cores
    log::Level log_level = log::Level::info;
    log::Format log_format = log::Format::logfmt;
    CoreLimits core;
    InboxLimits inbox;
    HttpLimits http;
    zaqar::Options zaqar;
    NotifyOptions notify;
    consul::Options consul;
    // Those of checks; services are where the server is, more often than not.
    AddressGuard::Rules check_addresses{.allows_private = true, .allowed = {}};
    std::vector<std::string> websocket_origins;
    uint64_t segment_bytes = 32u << 20;
    uint64_t checkpoint_bytes = 64u << 20;
    uint64_t cache_bytes = 64u << 20;
    uint64_t write_buffer_bytes = 64u << 20;
    Duration stop_timeout = std::chrono::seconds(10);
};

// Under which hosts a server is found that listens for its own machine only, where nobody has to
// say who they are; empty: under any.
std::vector<std::string> known_hosts(const ServeOptions& options);

// One option: how it is called, what it is for, and how its text is read.
struct OptionSpec {
    std::string name;         // "io_threads"
    std::string placeholder;  // "N"
    std::string help;
    bool is_flag = false;  // needs no value
    bool is_list = false;  // may be given more than once
    std::function<Result<void>(ServeOptions&, const std::string&)> set;

    [[nodiscard]] std::string flag() const;         // "--io-threads"
    [[nodiscard]] std::string environment() const;  // "SIGNALBOX_IO_THREADS"
};

const std::vector<OptionSpec>& option_specs();

// Texts by option name, as one of the three places gave them.
using OptionTexts = std::map<std::string, std::vector<std::string>>;

// Reads the file; fails with the name of a key that is no option, or of the wrong type.
Result<OptionTexts> read_config_file(const std::string& path);
// Reads SIGNALBOX_* of an environment, "NAME=value" each and a null behind the last; fails with the
// name of one that is no option, and nothing else that is known either.
Result<OptionTexts> read_environment(const char* const* variables);

// Fails with the option that has a wrong value, or that does not fit the others.
Result<ServeOptions> make_serve_options(const OptionTexts& file, const OptionTexts& environment,
                                        const OptionTexts& flags);

}  // namespace signalbox
