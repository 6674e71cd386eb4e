#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "app/registry_flags.h"
#include "net/http_caller.h"

namespace signalbox {

// What a read of the registry found: when it last changed, and what is there.
template <class Value>
struct Indexed {
    uint64_t index = 0;
    Value value;
};

// How long a read may take: for a change to come, and all in all.
struct ReadTime {
    Duration wait;
    std::optional<Duration> all = std::nullopt;
};

// Consul's HTTP API, as far as the commands need it, with any server that speaks it. Calls wait for
// their answers; those with an index wait for a change behind it. One thread at a time. An answer
// that leaves out what the token may not see is `forbidden`, and one that only something in between
// can have given is `unavailable`: neither says that there is nothing.
//
// The error is `unavailable` when the server was not reached or cannot answer now, `forbidden` and
// `not_found` as it says, `invalid_argument` when it refused otherwise, and `internal` when its
// answer makes no sense.
class RegistryClient {
public:
    RegistryClient(RegistryAddress address, const std::string& ca_file);

    // Values by key, of all keys that begin with that. A prefix without keys is an empty one.
    using Values = std::map<std::string, std::string>;
    Result<Indexed<Values>> values(const std::string& prefix, uint64_t index, ReadTime time,
                                   const std::stop_token& stop);
    Result<Indexed<bool>> has_key(const std::string& key, uint64_t index, ReadTime time,
                                  const std::stop_token& stop);
    // How many instances are passing.
    Result<Indexed<size_t>> passing(const std::string& service, uint64_t index, ReadTime time,
                                    const std::stop_token& stop);

    // A PUT whose answer does not matter.
    Result<void> put(const std::string& path, const std::string& body, const std::stop_token& stop);

    [[nodiscard]] const std::string& url() const { return address_.url; }

private:
    Result<IncomingResponse> ask(const std::string& method, const std::string& path,
                                 const std::string& body, Duration timeout,
                                 const std::stop_token& stop);
    Result<IncomingResponse> read(const std::string& path, uint64_t index, ReadTime time,
                                  const std::stop_token& stop);

    const RegistryAddress address_;
    HttpCaller caller_;
};

// A key in a path: everything but its slashes is escaped.
std::string key_path(const std::string& key);

}  // namespace signalbox
