#include "app/descendants.h"

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

void Descendants::send(int signal) {
    for (const pid_t pid : find(ProcessTable::read())) ::kill(pid, signal);
}

std::vector<pid_t> Descendants::find(const ProcessTable& table) {
    strangers_ = table.families_of(strangers_);
    auto all = table.family_of(::getpid(), strangers_);
    all.erase(all.begin());
    return all;
}

}  // namespace signalbox
