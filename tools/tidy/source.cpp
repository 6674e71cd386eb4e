#include "tidy/source.h"

#include <cctype>

namespace signalbox::tidy {
namespace {

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Moves comments and the contents of literals out of C++ code.
class Splitter {
public:
    Splitter(std::string& code, std::string& comments) : code_(code), comments_(comments) {}

    void run() {
        while (at_ < code_.size()) {
            if (code_.compare(at_, 2, "//") == 0) {
                comment(find_end("\n", 0));
            } else if (code_.compare(at_, 2, "/*") == 0) {
                comment(find_end("*/", 2));
            } else if (code_[at_] == '"') {
                begins_raw_string() ? raw_string() : literal('"');
            } else if (code_[at_] == '\'' && !is_digit_separator()) {
                literal('\'');
            } else {
                ++at_;
            }
        }
    }

private:
    [[nodiscard]] size_t find_end(std::string_view end, size_t included) const {
        const size_t found = code_.find(end, at_ + included);
        return found == std::string::npos ? code_.size() : found + included;
    }

    void comment(size_t end) {
        for (; at_ < end; ++at_) {
            if (code_[at_] != '\n') std::swap(code_[at_], comments_[at_]);
        }
    }

    void blank(size_t end) {
        for (; at_ < end && at_ < code_.size(); ++at_) {
            if (code_[at_] != '\n') code_[at_] = ' ';
        }
    }

    // The quotes stay.
    void literal(char quote) {
        size_t end = at_ + 1;
        while (end < code_.size() && code_[end] != quote && code_[end] != '\n') {
            end += code_[end] == '\\' ? 2u : 1u;
        }
        ++at_;
        blank(end);
        ++at_;
    }

    [[nodiscard]] bool begins_raw_string() const { return at_ > 0 && code_[at_ - 1] == 'R'; }

    void raw_string() {
        const size_t open = code_.find('(', at_);
        if (open == std::string::npos) return literal('"');
        const std::string close = ")" + code_.substr(at_ + 1, open - at_ - 1) + "\"";
        ++at_;
        blank(find_end(close, 0) + close.size() - 1);
        ++at_;
    }

    // 1'000'000
    [[nodiscard]] bool is_digit_separator() const { return at_ > 0 && is_word(code_[at_ - 1]); }

    std::string& code_;
    std::string& comments_;
    size_t at_ = 0;
};

std::string blank_copy(const std::string& text) {
    std::string blank = text;
    for (auto& c : blank) {
        if (c != '\n') c = ' ';
    }
    return blank;
}

// The line that begins at `at`, without its end.
std::string_view take_line(std::string_view text, size_t at) {
    return text.substr(at, text.find('\n', at) - at);
}

}  // namespace

SourceFile::SourceFile(std::string path, std::string text)
    : path_(std::move(path)), text_(std::move(text)), code_(text_), comments_(blank_copy(text_)) {
    if (is_cpp()) Splitter(code_, comments_).run();
}

std::string SourceFile::folder() const {
    const size_t slash = path_.rfind('/');
    return slash == std::string::npos ? "" : path_.substr(0, slash);
}

std::string SourceFile::extension() const {
    const size_t dot = path_.rfind('.');
    const size_t slash = path_.rfind('/');
    if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) return "";
    return path_.substr(dot);
}

std::string SourceFile::stem() const {
    const size_t slash = path_.rfind('/');
    const std::string name = slash == std::string::npos ? path_ : path_.substr(slash + 1);
    return name.substr(0, name.size() - extension().size());
}

bool SourceFile::is_cpp() const {
    return extension() == ".cpp" || extension() == ".h";
}

bool SourceFile::is_test() const {
    return stem().ends_with("_test") || top_folder() == "tests";
}

std::vector<SourceFile::Line> SourceFile::lines() const {
    std::vector<Line> lines;
    for (size_t at = 0; at < text_.size();) {
        const auto line = take_line(text_, at);
        lines.push_back({lines.size() + 1, line, take_line(code_, at), take_line(comments_, at)});
        at += line.size() + 1;
    }
    return lines;
}

std::vector<SourceFile::Include> SourceFile::includes() const {
    constexpr std::string_view directive = "#include ";
    std::vector<Include> includes;
    if (!is_cpp()) return includes;
    for (const auto& line : lines()) {
        // In a string the directive itself is blank; outside, only the name of the file is.
        if (!line.code.starts_with(directive)) continue;
        const auto name = line.text.substr(directive.size());
        const size_t end = name.find_first_of(">\"", 1);
        if (end == std::string_view::npos) continue;
        includes.push_back({line.number, std::string(name.substr(1, end - 1))});
    }
    return includes;
}

}  // namespace signalbox::tidy
