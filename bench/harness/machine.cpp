#include "bench/harness/machine.h"

#include <chrono>
#include <fstream>

#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/time.h"

namespace signalbox::bench {
namespace {

std::string processor_model() {
    std::ifstream file("/proc/cpuinfo");
    std::string line;
    while (std::getline(file, line)) {
        if (!line.starts_with("model name")) continue;
        const size_t colon = line.find(": ");
        if (colon != std::string::npos) return line.substr(colon + 2);
    }
    return "unknown";
}

std::string filesystem_name(const std::string& directory) {
    struct statfs status{};
    if (::statfs(directory.c_str(), &status) != 0) return "unknown";
    switch (static_cast<unsigned long>(status.f_type)) {
        case 0xef53: return "ext4";
        case 0x58465342: return "xfs";
        case 0x9123683e: return "btrfs";
        case 0x794c7630: return "overlayfs";
        case 0x01021994: return "tmpfs (nothing is durable there)";
        case 0x2fc12fc1: return "zfs";
        default: return fmt::format("{:#x}", static_cast<unsigned long>(status.f_type));
    }
}

}  // namespace

std::string use_two_cores() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return "all";
    cpu_set_t chosen;
    CPU_ZERO(&chosen);
    std::string names;
    for (size_t core = 0; core < CPU_SETSIZE && CPU_COUNT(&chosen) < 2; ++core) {
        if (!CPU_ISSET(core, &allowed)) continue;
        CPU_SET(core, &chosen);
        names += fmt::format("{}{}", names.empty() ? "" : " and ", core);
    }
    if (::sched_setaffinity(0, sizeof chosen, &chosen) != 0) return "all";
    return names;
}

Machine Machine::look(const std::string& directory) {
    Machine machine;
    machine.date =
        format_instant(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
    machine.cores = static_cast<size_t>(::sysconf(_SC_NPROCESSORS_ONLN));
    machine.processor = processor_model();
    utsname system{};
    if (::uname(&system) == 0)
        machine.kernel = fmt::format("{} {}", system.sysname, system.release);
    machine.filesystem = filesystem_name(directory);
    std::ifstream("/proc/loadavg") >> machine.load;
    return machine;
}

}  // namespace signalbox::bench
