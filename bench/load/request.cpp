#include "bench/load/request.h"

#include <iterator>

#include <fmt/format.h>

namespace signalbox::bench {

void append_request(std::string& out, const Request& request) {
    const auto sink = std::back_inserter(out);
    fmt::format_to(sink, "{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n{}",
                   request.method, request.target, request.fields);
    if (!request.body.empty()) {
        fmt::format_to(sink, "Content-Type: application/json\r\nContent-Length: {}\r\n",
                       request.body.size());
    }
    fmt::format_to(sink, "\r\n{}", request.body);
}

}  // namespace signalbox::bench
