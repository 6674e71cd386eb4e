#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace signalbox::tidy {

// One text file of the tree. In C++ the text is also there in two halves, with the other half
// blanked out, so that a rule about code does not trip over a comment or a string and the other
// way round. Lines and columns are the same in all three.
class SourceFile {
public:
    // The path is relative to the root of the tree, with forward slashes.
    SourceFile(std::string path, std::string text);

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] const std::string& text() const { return text_; }
    // "src/core/line.h" -> "src/core", "line", ".h"
    [[nodiscard]] std::string folder() const;
    [[nodiscard]] std::string stem() const;
    [[nodiscard]] std::string extension() const;
    [[nodiscard]] std::string top_folder() const { return path_.substr(0, path_.find('/')); }
    [[nodiscard]] bool is_cpp() const;
    [[nodiscard]] bool is_header() const { return extension() == ".h"; }
    [[nodiscard]] bool is_test() const;

    struct Line {
        size_t number;
        std::string_view text;
        std::string_view code;
        std::string_view comment;
    };
    [[nodiscard]] std::vector<Line> lines() const;

    struct Include {
        size_t line;
        std::string name;
    };
    [[nodiscard]] std::vector<Include> includes() const;

private:
    std::string path_;
    std::string text_;
    std::string code_;
    std::string comments_;
};

using SourceTree = std::vector<SourceFile>;

}  // namespace signalbox::tidy
