#include <regex>

#include "tidy/rules.h"

namespace signalbox::tidy {
namespace {

bool finds(std::string_view text, const std::regex& what) {
    return std::regex_search(text.begin(), text.end(), what);
}

}  // namespace

std::vector<Finding> check_code(const SourceFile& file) {
    static const std::regex sleeps(R"(\b(sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\()");
    static const std::regex iterates(R"(\bNewIterators?\s*\(|\brocksdb::Iterator\b)");
    std::vector<Finding> findings;
    if (!file.is_cpp()) return findings;
    const bool may_iterate = file.path() == "src/storage/rocks_store.cpp";
    for (const auto& line : file.lines()) {
        if (file.is_test() && finds(line.code, sleeps)) {
            findings.push_back(
                {file.path(), line.number, "a test must wait for a condition, not sleep", true});
        }
        if (!may_iterate && finds(line.code, iterates)) {
            findings.push_back({file.path(), line.number,
                                "iterators come from Store, which bounds both their ends", true});
        }
    }
    return findings;
}

}  // namespace signalbox::tidy
