#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>

#include "tidy/rules.h"

namespace signalbox::tidy {
namespace {

// Foreign headers and the only places of src/ that know them.
struct Foreign {
    std::string_view header;  // how the name begins
    std::vector<std::string_view> places;
};

const std::vector<Foreign>& foreign_headers() {
    static const std::vector<Foreign> list{
        {"boost/asio", {"src/net/"}},
        {"boost/beast", {"src/codec/http1.cpp"}},
        {"openssl/",
         {"src/net/", "src/codec/base64.cpp", "src/codec/body_cipher.cpp", "src/codec/digest.cpp",
          "src/codec/hmac.cpp", "src/codec/jwt_"}},
        {"curl/", {"src/net/"}},
        {"wslay/", {"src/codec/websocket.cpp"}},
        {"rocksdb/", {"src/storage/rocks_store.cpp", "src/storage/roomy_file_system.cpp"}},
        {"simdjson", {"src/codec/json_reader.cpp", "src/codec/url.cpp"}},
        {"prometheus/", {"src/base/metrics."}},
        {"spdlog/", {"src/base/log.cpp"}},
        {"toml++/", {"src/app/"}},
        {"CLI/", {"src/app/", "sim/main.cpp"}},
    };
    return list;
}

bool is_probe(const SourceFile& file) {
    return file.stem().ends_with("_probe");
}

// The rules of src/ and of what runs the same code in another world.
bool keeps_to_places(const SourceFile& file) {
    return file.top_folder() == "src" || file.top_folder() == "sim";
}

// Which floor may include which, as src/CMakeLists.txt links them:
//   signalbox_floor(core FLOORS storage codec LIBRARIES ...)
class Floors {
public:
    explicit Floors(const std::string& cmake) {
        static const std::regex call(R"(signalbox_floor\(([^)]*)\))");
        for (std::sregex_iterator it(cmake.begin(), cmake.end(), call), end; it != end; ++it) {
            std::istringstream words((*it)[1].str());
            std::string name;
            words >> name;
            auto& reach = reach_[name];
            reach.insert(name);
            bool is_floor = false;
            for (std::string word; words >> word;) {
                if (word == "FLOORS" || word == "LIBRARIES") {
                    is_floor = word == "FLOORS";
                } else if (is_floor) {
                    // Lower floors come first in the file.
                    reach.insert(reach_[word].begin(), reach_[word].end());
                    reach.insert(word);
                }
            }
        }
    }

    [[nodiscard]] bool empty() const { return reach_.empty(); }
    [[nodiscard]] bool has(const std::string& floor) const { return reach_.contains(floor); }
    [[nodiscard]] bool reaches(const std::string& from, const std::string& to) const {
        const auto found = reach_.find(from);
        return found != reach_.end() && found->second.contains(to);
    }

private:
    std::map<std::string, std::set<std::string>> reach_;
};

// "core" for src/core/line.h, "sim" for sim/world.h
std::string place_of(const std::string& path) {
    if (!path.starts_with("src/")) return path.substr(0, path.find('/'));
    const size_t begin = sizeof "src/" - 1;
    return path.substr(begin, path.find('/', begin) - begin);
}

class IncludeRules {
public:
    explicit IncludeRules(const SourceTree& tree) : tree_(tree), floors_(cmake_of_floors(tree)) {
        for (const auto& file : tree) paths_.insert(file.path());
    }

    std::vector<Finding> run() {
        for (const auto& file : tree_) {
            for (const auto& include : file.includes()) {
                check_foreign(file, include);
                if (const auto path = resolve(file, include.name)) {
                    check_place(file, include, *path);
                    includers_[*path].insert(file.path());
                }
            }
        }
        for (const auto& file : tree_) {
            if (file.is_header() ? is_dead_header(file) : is_unbuilt(file)) {
                findings_.push_back({file.path(), 1,
                                     file.is_header() ? "only its own source includes this header"
                                                      : "no CMakeLists.txt builds this file",
                                     true});
            }
        }
        return std::move(findings_);
    }

private:
    static std::string cmake_of_floors(const SourceTree& tree) {
        for (const auto& file : tree) {
            if (file.path() == "src/CMakeLists.txt") return file.text();
        }
        return {};
    }

    void report(const SourceFile& file, size_t line, std::string message) {
        findings_.push_back({file.path(), line, std::move(message), true});
    }

    // The file of ours that an include means: of its own folder, of src/, of its own top
    // folder, or whichever ends like this.
    [[nodiscard]] std::optional<std::string> resolve(const SourceFile& file,
                                                     const std::string& name) const {
        for (const auto& candidate :
             {file.folder() + "/" + name, "src/" + name, file.top_folder() + "/" + name, name}) {
            if (paths_.contains(candidate)) return candidate;
        }
        for (const auto& path : paths_) {
            if (path.ends_with("/" + name)) return path;
        }
        return std::nullopt;
    }

    [[nodiscard]] bool may_include(const std::string& from, const std::string& to) const {
        if (from == to) return true;
        if (from == "app") return floors_.has(to) || to == "client";
        if (floors_.has(from)) return floors_.reaches(from, to);
        if (from == "client") return false;
        if (from == "sim") return floors_.reaches("dialect", to);
        return true;
    }

    void check_place(const SourceFile& file, const SourceFile::Include& include,
                     const std::string& path) {
        const auto from = place_of(file.path());
        const auto to = place_of(path);
        if (may_include(from, to)) return;
        report(file, include.line, from + " must not include " + to + " (" + include.name + ")");
    }

    void check_foreign(const SourceFile& file, const SourceFile::Include& include) {
        if (!keeps_to_places(file)) return;
        for (const auto& foreign : foreign_headers()) {
            if (!include.name.starts_with(foreign.header)) continue;
            if (foreign.header == "prometheus/" && is_probe(file)) return;
            const bool is_in_place =
                std::any_of(foreign.places.begin(), foreign.places.end(),
                            [&](auto place) { return file.path().starts_with(place); });
            if (!is_in_place) {
                report(file, include.line,
                       include.name + " belongs to " + std::string(foreign.places.front()));
            }
        }
    }

    // What only a test uses is dead in the product, but not beside it.
    [[nodiscard]] bool is_dead_header(const SourceFile& file) const {
        const auto found = includers_.find(file.path());
        if (found == includers_.end()) return true;
        const std::string own = file.folder() + "/" + file.stem();
        const bool is_product = file.top_folder() == "src";
        return std::all_of(found->second.begin(), found->second.end(), [&](const auto& path) {
            return path == own + ".cpp" || (is_product && path == own + "_test.cpp");
        });
    }

    // A source is built when a CMakeLists.txt above it names it, or globs for its kind.
    [[nodiscard]] bool is_unbuilt(const SourceFile& file) const {
        if (!file.is_cpp() || file.is_header()) return false;
        if (file.top_folder() == "src") {
            const auto floor = place_of(file.path());
            return !floors_.has(floor) && floor != "app";
        }
        const std::regex named("(^|[^\\w])" + file.stem() + "([^\\w]|$)|\\*\\.cpp" +
                               (file.stem().ends_with("_test") ? "|\\*_test\\.cpp" : ""));
        return std::none_of(tree_.begin(), tree_.end(), [&](const SourceFile& other) {
            return other.path().ends_with("CMakeLists.txt") && !other.folder().empty() &&
                   file.path().starts_with(other.folder() + "/") &&
                   std::regex_search(other.text(), named);
        });
    }

    const SourceTree& tree_;
    const Floors floors_;
    std::set<std::string> paths_;
    std::map<std::string, std::set<std::string>> includers_;
    std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> check_includes(const SourceTree& tree) {
    return IncludeRules(tree).run();
}

}  // namespace signalbox::tidy
