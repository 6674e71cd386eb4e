#pragma once

#include <string>

#include "bench/load/load_loop.h"

namespace signalbox::bench {

// How fast libcurl is with nothing around it: a loop of curl_multi_poll() and
// curl_multi_perform() on the calling thread that posts `body`, with fields like those of a
// webhook, over so many connections at a time. Returns posts a second.
struct CurlPosts {
    std::string url;
    std::string body;
    size_t connections = 64;
    Nanoseconds span{};
};
Result<double> run_curl_posts(const CurlPosts& posts);

}  // namespace signalbox::bench
