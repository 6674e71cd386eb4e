#include "app/exit_code.h"

#include <cstdio>

#include "app/table.h"

namespace signalbox {

int exit_code_of(const client::Problem& problem) {
    if (problem.is("unreachable")) return exit_code::unreachable;
    if (problem.is("timed_out")) return exit_code::try_later;
    if (problem.is("lost")) return exit_code::lost;
    if (problem.is("unexpected_answer")) return exit_code::unexpected;
    if (problem.status == 0) return exit_code::usage;
    // Full, draining or stopping: it may pass.
    if (problem.status == 429 || problem.status == 503) return exit_code::try_later;
    return problem.status < 500 ? exit_code::refused : exit_code::unexpected;
}

int complain(const client::Problem& problem) {
    std::fprintf(stderr, "signalbox: %s\n", printable(problem.text()).c_str());
    return exit_code_of(problem);
}

int complain_about_usage(const std::string& text) {
    std::fprintf(stderr, "signalbox: %s\nTry signalbox --help.\n", text.c_str());
    return exit_code::usage;
}

}  // namespace signalbox
