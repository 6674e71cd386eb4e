#include "app/descendants.h"

#include <cerrno>

#include <signal.h>
#include <unistd.h>

namespace signalbox {

Descendants::Descendants() {
    disown();
}

void Descendants::disown() {
    const auto table = ProcessTable::read();
    auto all = table.family_of(::getpid());
    all.erase(all.begin());
    strangers_ = table.names_of(all);
}

bool Descendants::has_any() {
    const auto table = ProcessTable::read();
    return !table.has(::getpid()) || !find(table).empty();
}

bool Descendants::send(int signal, std::optional<pid_t> known) {
    const auto found = find(ProcessTable::read());
    std::set<pid_t> pids(found.begin(), found.end());
    if (known) pids.insert(*known);
    size_t refused = 0;
    for (const pid_t pid : pids) {
        if (::kill(pid, signal) != 0 && errno == EPERM) ++refused;
    }
    return refused == 0 || refused < pids.size();
}

std::vector<pid_t> Descendants::find(const ProcessTable& table) {
    strangers_ = table.families_of(strangers_);
    auto all = table.family_of(::getpid(), strangers_);
    all.erase(all.begin());
    return all;
}

}  // namespace signalbox
