#include "app/process_table.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace signalbox {
namespace {

struct Stat {
    pid_t parent = 0;
    uint64_t started = 0;
};

// "17 (its name) S 5 ...": the name may hold anything, parentheses too. Behind it are the state,
// the parent, and as the twentieth when it was started.
std::optional<Stat> read_stat(const std::filesystem::path& path) {
    constexpr int words_between = 17;
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    const size_t bracket = line.rfind(')');
    if (bracket == std::string::npos) return std::nullopt;
    std::istringstream rest(line.substr(bracket + 1));
    char state = 0;
    Stat stat;
    rest >> state >> stat.parent;
    std::string word;
    for (int i = 0; i < words_between; ++i) rest >> word;
    if (!(rest >> stat.started)) return std::nullopt;
    return stat;
}

}  // namespace

ProcessTable ProcessTable::read() {
    ProcessTable table;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
        const std::string name = entry.path().filename();
        pid_t pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error != std::errc() || end != name.data() + name.size()) continue;
        const auto stat = read_stat(entry.path() / "stat");
        if (!stat) continue;
        table.started_.emplace(pid, stat->started);
        table.children_.emplace(stat->parent, pid);
    }
    return table;
}

std::vector<pid_t> ProcessTable::family_of(pid_t first, const std::set<Name>& strangers) const {
    std::vector<pid_t> all{first};
    for (size_t i = 0; i < all.size(); ++i) {
        const auto [begin, end] = children_.equal_range(all[i]);
        for (auto at = begin; at != end; ++at) {
            if (!strangers.contains(name_of(at->second))) all.push_back(at->second);
        }
    }
    return all;
}

std::set<ProcessTable::Name> ProcessTable::families_of(const std::set<Name>& strangers) const {
    std::set<Name> all;
    for (const auto& name : strangers) {
        const auto [pid, started] = name;
        if (has(pid) && name_of(pid) == name) all.merge(names_of(family_of(pid)));
    }
    return all;
}

std::set<ProcessTable::Name> ProcessTable::names_of(const std::vector<pid_t>& pids) const {
    std::set<Name> names;
    for (const pid_t pid : pids) names.insert(name_of(pid));
    return names;
}

// Zero for one that it has not seen, which is older than anything that is.
ProcessTable::Name ProcessTable::name_of(pid_t pid) const {
    const auto found = started_.find(pid);
    return {pid, found == started_.end() ? 0 : found->second};
}

}  // namespace signalbox
