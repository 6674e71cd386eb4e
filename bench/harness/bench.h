#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/harness/child.h"
#include "bench/harness/report.h"

namespace signalbox::bench {

struct Programs {
    std::string signalbox;
    std::string limit;
    std::string micro;
};

// What a measurement works with: its servers, each with a place of its own to keep things, and
// the table it fills.
class Bench {
public:
    Bench(Programs programs, std::string directory, bool quick)
        : programs_(std::move(programs)), directory_(std::move(directory)), quick_(quick) {}

    [[nodiscard]] const Programs& programs() const { return programs_; }
    // A shorter run, for development: fewer rounds, smaller numbers.
    [[nodiscard]] bool is_quick() const { return quick_; }
    template <class Value>
    [[nodiscard]] Value choose(Value full, Value quick) const {
        return quick_ ? quick : full;
    }
    [[nodiscard]] Report& report() { return report_; }

    // The real server on the data that `name` stands for; made when it is new.
    Result<std::unique_ptr<Child>> start_signalbox(const std::string& name,
                                                   std::vector<std::string> options = {}) const;
    Result<std::unique_ptr<Child>> start_limit(const std::string& name) const;

    [[nodiscard]] std::string path_of(const std::string& name) const {
        return directory_ + "/" + name;
    }
    [[nodiscard]] std::string log_of(const std::string& name) const {
        return path_of(name) + ".log";
    }
    // Deletes the data of `name`; it may be large.
    void forget(const std::string& name) const;

private:
    const Programs programs_;
    const std::string directory_;
    const bool quick_;
    Report report_;
};

}  // namespace signalbox::bench
