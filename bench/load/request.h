#pragma once

#include <string>
#include <string_view>

namespace signalbox::bench {

// One request as a well-behaved client sends it. `fields` are whole lines, each with its end.
struct Request {
    std::string_view method;
    std::string_view target;
    std::string_view fields;
    std::string_view body;  // JSON; no length is told when there is none
};

void append_request(std::string& out, const Request& request);

}  // namespace signalbox::bench
