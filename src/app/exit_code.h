#pragma once

#include "signalbox/client/problem.h"

namespace signalbox {

// How the client commands end, but for what the command of `ticket acquire` says itself. Partly
// those of sysexits.h. Told in the help of each command (client_flags.cpp).
namespace exit_code {

inline constexpr int done = 0;
inline constexpr int refused = 1;  // by the server, and trying again would not help
inline constexpr int usage = 2;
inline constexpr int unreachable = 69;  // EX_UNAVAILABLE
inline constexpr int unexpected = 70;   // EX_SOFTWARE: the server is at fault, or this program
inline constexpr int try_later = 75;    // EX_TEMPFAIL: not in the time that there was
inline constexpr int lost = 79;         // the ticket was lost while the command ran
inline constexpr int not_executable = 126;
inline constexpr int not_found = 127;
inline constexpr int signal_base = 128;

}  // namespace exit_code

int exit_code_of(const client::Problem& problem);

// Tells it on stderr, and gives the exit code for it.
int complain(const client::Problem& problem);
int complain_about_usage(const std::string& text);

}  // namespace signalbox
