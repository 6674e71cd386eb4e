#pragma once

#include <string>

namespace signalbox::consul {

// What the server says of itself on Consul's routes. Constant once the server runs.
struct Options {
    std::string datacenter = "dc1";
    std::string node_name;  // of the server's own node
    std::string node_id;    // a UUID
    std::string address = "127.0.0.1";
    std::string version;
    // Stands for a request that brings none, where tokens are asked for: old clients send theirs
    // with some of their requests only. Empty: there is none.
    std::string default_token;
};

}  // namespace signalbox::consul
