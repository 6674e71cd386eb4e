#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tidy/rules.h"

// tidy ROOT: prints what breaks the house rules in the tree at ROOT; the exit status is 1 when
// that is an error.

namespace signalbox::tidy {
namespace {

namespace fs = std::filesystem;

constexpr std::array folders{"src",   "client", "sim",    "tests", "bench", "fuzz",
                             "tools", "cmake",  "script", "docs",  ".ci",   "packaging"};
constexpr std::array extensions{".cpp", ".h",  ".txt", ".cmake", ".md",  ".json",
                                ".js",  ".ts", ".css", ".sh",    ".toml"};

// Files that others or machines wrote, or that are wrong on purpose.
bool is_skipped(const fs::path& path) {
    const auto name = path.filename().string();
    return name == "node_modules" || name == "corpus" || name == "package-lock.json";
}

bool is_text(const fs::path& path) {
    const auto extension = path.extension().string();
    if (extension.empty()) return true;  // scripts
    return std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
}

void read(const fs::path& root, const fs::path& path, SourceTree& tree) {
    std::ifstream stream(path, std::ios::binary);
    tree.emplace_back(fs::relative(path, root).generic_string(),
                      std::string(std::istreambuf_iterator<char>(stream), {}));
}

SourceTree read_tree(const fs::path& root) {
    SourceTree tree;
    for (const auto* folder : folders) {
        if (!fs::exists(root / folder)) continue;
        fs::recursive_directory_iterator entries(root / folder);
        for (auto it = fs::begin(entries); it != fs::end(entries); ++it) {
            if (is_skipped(it->path())) {
                it.disable_recursion_pending();
            } else if (it->is_regular_file() && is_text(it->path())) {
                read(root, it->path(), tree);
            }
        }
    }
    for (const auto& entry : fs::directory_iterator(root)) {
        const bool is_ours =
            entry.is_regular_file() && !entry.path().extension().empty() && is_text(entry.path());
        if (is_ours) read(root, entry.path(), tree);
    }
    return tree;
}

int run(const fs::path& root) {
    const auto tree = read_tree(root);
    size_t errors = 0;
    for (const auto& finding : check(tree)) {
        std::puts(text_of(finding).c_str());
        if (finding.is_error) ++errors;
    }
    std::printf("tidy: %zu files, %zu errors\n", tree.size(), errors);
    return errors == 0 ? 0 : 1;
}

}  // namespace
}  // namespace signalbox::tidy

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: tidy ROOT\n");
        return 2;
    }
    return signalbox::tidy::run(argv[1]);
}
