#pragma once

#include <string>
#include <vector>

#include "tidy/source.h"

// What docs and compilers cannot hold: the house rules that a program can check. A rule takes
// files and returns what it found; it reads nothing else, so its tests are small trees in
// memory.

namespace signalbox::tidy {

struct Finding {
    std::string path;
    size_t line = 1;
    std::string message;
    bool is_error = true;  // otherwise worth knowing
};

// Lines, spaces, sizes, names, comments: rules about one file.
std::vector<Finding> check_text(const SourceFile& file);
// Code that belongs elsewhere: sleeping tests, the store's own iterators.
std::vector<Finding> check_code(const SourceFile& file);
// Floors, foreign headers, files that nothing uses: rules about the tree.
std::vector<Finding> check_includes(const SourceTree& tree);

// All of them, in the order of path and line.
std::vector<Finding> check(const SourceTree& tree);

// "path:line: message"
std::string text_of(const Finding& finding);

}  // namespace signalbox::tidy
