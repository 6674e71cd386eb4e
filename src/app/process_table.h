#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace signalbox {

// All processes that could be seen at one moment, and who had started whom. Empty where there is
// no /proc to read.
class ProcessTable {
public:
    // A pid alone may be used again; with when it was started (in ticks since boot) it is a name.
    using Name = std::pair<pid_t, uint64_t>;

    static ProcessTable read();

    [[nodiscard]] bool has(pid_t pid) const { return started_.contains(pid); }
    // It and everything that it has started, whoever has started that; without `strangers` and
    // what these have started.
    [[nodiscard]] std::vector<pid_t> family_of(pid_t first,
                                               const std::set<Name>& strangers = {}) const;
    // Those of `strangers` that are there, and what they have started.
    [[nodiscard]] std::set<Name> families_of(const std::set<Name>& strangers) const;
    [[nodiscard]] std::set<Name> names_of(const std::vector<pid_t>& pids) const;

private:
    [[nodiscard]] Name name_of(pid_t pid) const;

    std::map<pid_t, uint64_t> started_;
    std::multimap<pid_t, pid_t> children_;
};

}  // namespace signalbox
