#include <cstdio>

#include "bench/limit/limit_server.h"
#include "bench/load/load_loop.h"

// limit_server FILE: serves on a free port of loopback until it is ended, and writes to FILE.
int main(int count, char** arguments) {
    using namespace signalbox::bench;
    if (count != 2) {
        std::fprintf(stderr, "usage: limit_server FILE\n");
        return 2;
    }
    raise_descriptor_limit();
    const auto server = LimitServer::open(arguments[1]);
    if (!server) {
        std::fprintf(stderr, "limit_server: %s\n", server.error().message.c_str());
        return 1;
    }
    std::printf("limit ready on http://127.0.0.1:%u\n", (*server)->port());
    std::fflush(stdout);
    const auto served = (*server)->serve();
    std::fprintf(stderr, "limit_server: %s\n", served.error().message.c_str());
    return 1;
}
