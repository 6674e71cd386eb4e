#include <algorithm>
#include <array>
#include <cctype>
#include <regex>

#include "tidy/rules.h"

namespace signalbox::tidy {
namespace {

constexpr size_t columns_max = 100;
constexpr size_t lines_max = 800;
constexpr size_t lines_notice = 500;

constexpr std::array banned_words{"manager", "helper",  "helpers",  "util",
                                  "utils",   "utility", "utilities"};
constexpr std::array banned_alone{"handle", "process"};

// Documents, data and transcripts have lines as long as they like.
bool has_long_lines(const SourceFile& file) {
    const bool is_text = file.extension() == ".txt" && file.stem() != "CMakeLists";
    return is_text || file.extension() == ".md" || file.extension() == ".json";
}

size_t column_count(std::string_view line) {
    return static_cast<size_t>(std::count_if(line.begin(), line.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u;
    }));
}

// "FileJournal", "file_journal" -> {"file", "journal"}
std::vector<std::string> words_of(std::string_view name) {
    std::vector<std::string> words;
    bool begins = true;
    for (const char c : name) {
        if (c == '_' || c == '-') {
            begins = true;
            continue;
        }
        if (begins || std::isupper(static_cast<unsigned char>(c)) != 0) words.emplace_back();
        begins = false;
        words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return words;
}

// What is wrong with the name, or nothing.
std::string complaint_about(std::string_view name) {
    const auto words = words_of(name);
    for (const auto& word : words) {
        if (std::find(banned_words.begin(), banned_words.end(), word) != banned_words.end()) {
            return "\"" + word + "\" in the name " + std::string(name) + " says nothing";
        }
    }
    if (words.size() == 1 &&
        std::find(banned_alone.begin(), banned_alone.end(), words[0]) != banned_alone.end()) {
        return "the name " + std::string(name) + " alone does not say what of";
    }
    return {};
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(' ') == std::string_view::npos;
}

// A sentence may end with a semicolon; a statement also begins like one. Three spaces after
// the slashes mark an example.
bool is_commented_out_code(const SourceFile::Line& line) {
    static const std::regex statement(
        R"(^//+ ?()"
        R"(return\b.*;|(auto|const|using|delete|throw|std::).*;|#\s*(include|define|if)\b.*|)"
        R"((if|for|while|switch) \(.*[;{]|\}( else.*)?|)"
        R"([\w:<>.\->\[\]*&]+( [\w*&]+)?( [+|&-]?= .*|\(.*\));)"
        R"()$)");
    if (line.comment.empty() || !is_blank(line.code)) return false;
    const size_t begin = line.comment.find("//");
    if (begin == std::string_view::npos) return false;
    const auto text = line.comment.substr(begin);
    return std::regex_match(
        text.begin(), text.begin() + static_cast<std::ptrdiff_t>(text.find_last_not_of(' ') + 1),
        statement);
}

void check_line(const SourceFile& file, const SourceFile::Line& line,
                std::vector<Finding>& findings) {
    const auto report = [&](std::string message) {
        findings.push_back({file.path(), line.number, std::move(message), true});
    };
    static const std::regex machine_path(R"((^|[^\w./])/(work|home)/)");
    static const std::regex open_task(R"(\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\)))");
    if (line.text.find('/') != std::string_view::npos &&
        std::regex_search(line.text.begin(), line.text.end(), machine_path)) {
        report("a path of somebody's machine");
    }
    if (!line.text.empty() && line.text.back() == '\r') report("a carriage return");
    if (file.extension() == ".md") return;
    if (line.text.find('\t') != std::string_view::npos) report("a tab");
    if (!line.text.empty() && line.text.back() == ' ') report("space at the end of the line");
    if (!has_long_lines(file)) {
        const size_t columns = column_count(line.text);
        if (columns > columns_max) report(std::to_string(columns) + " columns; the limit is 100");
    }
    const auto comment = file.is_cpp() ? line.comment : line.text;
    if (std::regex_search(comment.begin(), comment.end(), open_task)) {
        report("a TODO needs the number of its issue: TODO(#12)");
    }
    if (file.is_cpp() && is_commented_out_code(line)) report("commented-out code");
}

void check_size(const SourceFile& file, size_t lines, std::vector<Finding>& findings) {
    if (!file.is_cpp() || lines <= lines_notice) return;
    findings.push_back({file.path(), lines,
                        std::to_string(lines) + " lines; a file should have no more than " +
                            std::to_string(lines > lines_max ? lines_max : lines_notice),
                        lines > lines_max});
}

void check_names(const SourceFile& file, std::vector<Finding>& findings) {
    static const std::regex type(
        R"(\b(class|struct|enum|union|using)\s+([A-Z]\w*)\s*([:{=]|final|$))");
    if (const auto complaint = complaint_about(file.stem()); !complaint.empty()) {
        findings.push_back({file.path(), 1, complaint, true});
    }
    if (!file.is_cpp()) return;
    for (const auto& line : file.lines()) {
        std::match_results<std::string_view::const_iterator> found;
        if (!std::regex_search(line.code.begin(), line.code.end(), found, type)) continue;
        if (const auto complaint = complaint_about(found[2].str()); !complaint.empty()) {
            findings.push_back({file.path(), line.number, complaint, true});
        }
    }
}

}  // namespace

std::vector<Finding> check_text(const SourceFile& file) {
    std::vector<Finding> findings;
    const auto lines = file.lines();
    for (const auto& line : lines) check_line(file, line, findings);
    if (!file.text().empty() && file.text().back() != '\n') {
        findings.push_back({file.path(), lines.size(), "no newline at the end of the file", true});
    }
    if (file.is_header() && file.text().find("#pragma once\n") == std::string::npos) {
        findings.push_back({file.path(), 1, "no #pragma once", true});
    }
    check_size(file, lines.size(), findings);
    check_names(file, findings);
    return findings;
}

}  // namespace signalbox::tidy
