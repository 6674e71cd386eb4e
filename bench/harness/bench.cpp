#include "bench/harness/bench.h"

#include <filesystem>

namespace signalbox::bench {

Result<std::unique_ptr<Child>> Bench::start_signalbox(const std::string& name,
                                                      std::vector<std::string> options) const {
    Child::Plan plan;
    plan.command = {programs_.signalbox, "serve",    "--data",
                    path_of(name),       "--listen", "127.0.0.1:0"};
    plan.command.insert(plan.command.end(), options.begin(), options.end());
    plan.log = log_of(name);
    return Child::start(plan);
}

Result<std::unique_ptr<Child>> Bench::start_limit(const std::string& name) const {
    return Child::start({{programs_.limit, path_of(name)}, log_of(name)});
}

void Bench::forget(const std::string& name) const {
    std::error_code ignored;
    std::filesystem::remove_all(path_of(name), ignored);
}

}  // namespace signalbox::bench
