#include "tidy/rules.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace signalbox::tidy {

std::vector<Finding> check(const SourceTree& tree) {
    std::vector<Finding> findings = check_includes(tree);
    const auto add = [&findings](std::vector<Finding> more) {
        std::move(more.begin(), more.end(), std::back_inserter(findings));
    };
    for (const auto& file : tree) {
        add(check_text(file));
        add(check_code(file));
    }
    std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
        return std::tie(a.path, a.line) < std::tie(b.path, b.line);
    });
    return findings;
}

std::string text_of(const Finding& finding) {
    return finding.path + ":" + std::to_string(finding.line) + ": " +
           (finding.is_error ? "" : "notice: ") + finding.message;
}

}  // namespace signalbox::tidy
