#include <algorithm>

#include <gtest/gtest.h>

#include "tidy/rules.h"

namespace signalbox::tidy {
namespace {

const std::string floors_text =
    "signalbox_floor(base\n  LIBRARIES fmt::fmt)\n"
    "signalbox_floor(port FLOORS base)\n"
    "signalbox_floor(codec FLOORS port LIBRARIES simdjson)\n"
    "signalbox_floor(storage FLOORS port)\n"
    "signalbox_floor(core FLOORS storage codec)\n"
    "signalbox_floor(runtime FLOORS core)\n"
    "signalbox_floor(dialect FLOORS runtime)\n"
    "signalbox_floor(net FLOORS dialect)\n";

std::vector<std::string> texts(const std::vector<Finding>& findings) {
    std::vector<std::string> texts;
    for (const auto& finding : findings) texts.push_back(text_of(finding));
    return texts;
}

using Texts = std::vector<std::string>;

Texts text_findings(const std::string& path, const std::string& text) {
    return texts(check_text(SourceFile(path, text)));
}

Texts code_findings(const std::string& path, const std::string& text) {
    return texts(check_code(SourceFile(path, text)));
}

// What the include rules say about one file among the floors and some headers.
Texts include_findings(const std::string& path, const std::string& text) {
    SourceTree tree{{"src/CMakeLists.txt", floors_text}};
    for (const auto* header : {"src/base/time.h", "src/port/disk.h", "src/codec/url.h",
                               "src/storage/store.h", "src/core/line.h", "src/dialect/router.h",
                               "src/net/server.h", "client/client.h", "sim/world.h"}) {
        if (path != header) tree.emplace_back(header, "#pragma once\n");
    }
    tree.emplace_back(path, text);
    auto findings = check_includes(tree);
    std::erase_if(findings, [&](const Finding& finding) {
        return finding.path != path || finding.message.find("include") == std::string::npos ||
               finding.message.starts_with("only");
    });
    return texts(findings);
}

Texts place_findings(const std::string& path, const std::string& header) {
    return include_findings(path, "#include \"" + header + "\"\n");
}

Texts foreign_findings(const std::string& path, const std::string& header) {
    const SourceTree tree{{"src/CMakeLists.txt", floors_text},
                          {path, "#include <" + header + ">\n"}};
    return texts(check_includes(tree));
}

TEST(Source, comments_and_code_are_told_apart) {
    const SourceFile file("a.cpp",
                          "f(\"// no \\\" comment\");  // yes\n"
                          "int i = 1'000;  /* two\nlines */ g('\"');\n");
    const auto lines = file.lines();
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_EQ(lines[0].code, "f(\"                \");        ");
    EXPECT_EQ(lines[0].comment, "                        // yes");
    EXPECT_EQ(lines[1].code, "int i = 1'000;        ");
    EXPECT_EQ(lines[2].code, "         g(' ');");
    EXPECT_EQ(lines[2].comment, "lines */        ");
}

TEST(Source, an_include_in_a_raw_string_is_none) {
    const SourceFile file("a.cpp", "#include <map>\nauto s = R\"x(\n#include \"a.h\"\n)x\";\n");
    ASSERT_EQ(file.includes().size(), 1u);
    EXPECT_EQ(file.includes()[0].name, "map");
}

TEST(TextRules, good_code_passes) {
    EXPECT_EQ(text_findings("src/core/line.h",
                            "#pragma once\n\n// Why; and how (see above);\nclass Line;\n"),
              Texts{});
}

TEST(TextRules, long_lines_are_counted_in_characters) {
    const std::string wide(96, 'x');
    EXPECT_EQ(text_findings("a.cpp", "// " + wide + "\xc3\xa4\n"), Texts{});
    EXPECT_EQ(text_findings("a.cpp", "// " + wide + "xx\n"),
              Texts{"a.cpp:1: 101 columns; the limit is 100"});
    EXPECT_EQ(text_findings("a.md", "   " + wide + "xx\n"), Texts{});
}

TEST(TextRules, tabs_and_spaces_at_ends_are_found) {
    EXPECT_EQ(text_findings("a.cpp", "\tint i;\nint j; \n"),
              (Texts{"a.cpp:1: a tab", "a.cpp:2: space at the end of the line"}));
    EXPECT_EQ(text_findings("a.js", "f();\r\n"), Texts{"a.js:1: a carriage return"});
}

TEST(TextRules, a_file_ends_with_a_newline) {
    EXPECT_EQ(text_findings("a.cpp", "int i;\nint j;"),
              Texts{"a.cpp:2: no newline at the end of the file"});
}

TEST(TextRules, a_header_is_included_once) {
    EXPECT_EQ(text_findings("a.h", "class A;\n"), Texts{"a.h:1: no #pragma once"});
}

TEST(TextRules, names_that_say_nothing_are_found) {
    EXPECT_EQ(text_findings("src/core/line_util.cpp", ""),
              Texts{"src/core/line_util.cpp:1: \"util\" in the name line_util says nothing"});
    EXPECT_EQ(text_findings("a.cpp", "class LineManager {\n"),
              Texts{"a.cpp:1: \"manager\" in the name LineManager says nothing"});
    EXPECT_EQ(text_findings("a.cpp", "struct Handle;\nusing Process = int;\n"),
              Texts{"a.cpp:2: the name Process alone does not say what of"});
    EXPECT_EQ(text_findings("a.cpp", "class ProcessId {\n// class Manager {\n"), Texts{});
}

TEST(TextRules, an_open_task_has_an_issue) {
    EXPECT_EQ(text_findings("a.cpp",
                            "f();  // TO"
                            "DO later\n"),
              Texts{"a.cpp:1: a TO"
                    "DO needs the number of its issue: TO"
                    "DO(#12)"});
    EXPECT_EQ(text_findings("a.cpp",
                            "f();  // TO"
                            "DO(#31) later\n"),
              Texts{});
    EXPECT_EQ(text_findings("a.cpp",
                            "f(\"FIX"
                            "ME\");\n"),
              Texts{});
}

TEST(TextRules, commented_out_code_is_found) {
    for (const auto* code : {"// return f(x);", "  // const auto x = f();", "// if (x) {", "// }",
                             "// lines_.erase(id);", "// #include \"a.h\"", "// count = 0;",
                             "// std::move(x);", "// int count = 0;", "//f(x);"}) {
        EXPECT_EQ(text_findings("a.cpp", std::string(code) + "\n"),
                  Texts{"a.cpp:1: commented-out code"})
            << code;
    }
    for (const auto* prose :
         {"// Returns nothing;", "// the first one (see above);", "//     line.join(x);",
          "f();  // g(x);", "// if (and only if) it is", "// For each of them, close();"}) {
        EXPECT_EQ(text_findings("a.cpp", std::string(prose) + "\n"), Texts{}) << prose;
    }
}

TEST(TextRules, nobodys_machine_is_named) {
    EXPECT_EQ(text_findings("a.md",
                            "see /ho"
                            "me/ann/x\n"),
              Texts{"a.md:1: a path of somebody's machine"});
    EXPECT_EQ(text_findings("a.md",
                            "see https://x.org/ho"
                            "me/ann\n"),
              Texts{});
}

TEST(TextRules, large_files_are_found) {
    const auto lines = [](size_t count) {
        std::string text;
        for (size_t i = 0; i < count; ++i) text += "f();\n";
        return text;
    };
    EXPECT_EQ(text_findings("a.cpp", lines(500)), Texts{});
    const auto notice = check_text(SourceFile("a.cpp", lines(501)));
    ASSERT_EQ(notice.size(), 1u);
    EXPECT_FALSE(notice[0].is_error);
    const auto error = check_text(SourceFile("a.cpp", lines(801)));
    ASSERT_EQ(error.size(), 1u);
    EXPECT_TRUE(error[0].is_error);
}

TEST(CodeRules, tests_do_not_sleep) {
    const std::string code = "std::this_thread::sleep_for(1s);\n";
    EXPECT_EQ(code_findings("src/core/line_test.cpp", code),
              Texts{"src/core/line_test.cpp:1: a test must wait for a condition, not sleep"});
    EXPECT_EQ(code_findings("tests/crash/crash.cpp", "::usleep(1);\n").size(), 1u);
    EXPECT_EQ(code_findings("src/core/line.cpp", code), Texts{});
    EXPECT_EQ(code_findings("src/core/line_test.cpp", "// " + code), Texts{});
}

TEST(CodeRules, iterators_come_from_the_store) {
    const std::string code = "auto it = db->NewIterator(options);\n";
    EXPECT_EQ(code_findings("src/core/line.cpp", code),
              Texts{"src/core/line.cpp:1: iterators come from Store, which bounds both their "
                    "ends"});
    EXPECT_EQ(code_findings("src/storage/rocks_store.cpp", code), Texts{});
}

TEST(IncludeRules, a_floor_includes_lower_floors_only) {
    EXPECT_EQ(place_findings("src/core/lines.cpp", "storage/store.h"), Texts{});
    EXPECT_EQ(place_findings("src/core/lines.cpp", "base/time.h"), Texts{});
    EXPECT_EQ(place_findings("src/core/lines.cpp", "dialect/router.h"),
              Texts{"src/core/lines.cpp:1: core must not include dialect (dialect/router.h)"});
    EXPECT_EQ(place_findings("src/storage/rocks.cpp", "codec/url.h"),
              Texts{"src/storage/rocks.cpp:1: storage must not include codec (codec/url.h)"});
    EXPECT_EQ(place_findings("src/net/io.cpp", "client/client.h").size(), 1u);
    EXPECT_EQ(place_findings("src/net/io.cpp", "sim/world.h").size(), 1u);
    EXPECT_EQ(place_findings("src/app/main.cpp", "net/server.h"), Texts{});
    EXPECT_EQ(place_findings("src/app/main.cpp", "client/client.h"), Texts{});
}

TEST(IncludeRules, the_simulator_has_no_network_and_the_client_no_server) {
    EXPECT_EQ(place_findings("sim/disk.cpp", "dialect/router.h"), Texts{});
    EXPECT_EQ(place_findings("sim/disk.cpp", "net/server.h").size(), 1u);
    EXPECT_EQ(place_findings("client/request.cpp", "client.h"), Texts{});
    EXPECT_EQ(place_findings("client/request.cpp", "base/time.h").size(), 1u);
    EXPECT_EQ(place_findings("tests/crash/loop.cpp", "net/server.h"), Texts{});
}

TEST(IncludeRules, foreign_headers_stay_in_their_places) {
    EXPECT_EQ(foreign_findings("src/net/server.cpp", "boost/asio.hpp"), Texts{});
    EXPECT_EQ(foreign_findings("src/core/line.cpp", "boost/asio/ip/tcp.hpp"),
              Texts{"src/core/line.cpp:1: boost/asio/ip/tcp.hpp belongs to src/net/"});
    EXPECT_EQ(foreign_findings("src/net/io.cpp", "boost/beast/http.hpp").size(), 1u);
    EXPECT_EQ(foreign_findings("src/codec/digest.cpp", "openssl/evp.h"), Texts{});
    EXPECT_EQ(foreign_findings("src/codec/url.cpp", "openssl/evp.h").size(), 1u);
    EXPECT_EQ(foreign_findings("src/storage/keys.cpp", "rocksdb/db.h").size(), 1u);
    EXPECT_EQ(foreign_findings("src/codec/sse.cpp", "simdjson.h").size(), 1u);
    EXPECT_EQ(foreign_findings("src/runtime/partition_probe.cpp", "prometheus/counter.h"), Texts{});
    EXPECT_EQ(foreign_findings("src/runtime/partition.cpp", "prometheus/counter.h").size(), 1u);
    EXPECT_EQ(foreign_findings("src/base/time.cpp", "spdlog/spdlog.h").size(), 1u);
    EXPECT_EQ(foreign_findings("src/net/io.cpp", "CLI/CLI.hpp").size(), 1u);
    EXPECT_EQ(foreign_findings("src/net/io.cpp", "toml++/toml.h").size(), 1u);
}

TEST(IncludeRules, dead_files_are_found) {
    const SourceTree tree{
        {"src/CMakeLists.txt", floors_text},
        {"src/core/line.h", ""},
        {"src/core/line.cpp", "#include \"core/line.h\"\n"},
        {"src/core/line_test.cpp", "#include \"core/line.h\"\n"},
        {"src/core/turn.h", ""},
        {"tests/model/lock.h", ""},
        {"src/core/tickets.cpp", "#include \"core/turn.h\"\n"},
        {"src/attic/old.cpp", ""},
        {"bench/CMakeLists.txt", "add_executable(load load.cpp)\n"},
        {"bench/load.cpp", ""},
        {"bench/unload.cpp", ""},
        {"fuzz/CMakeLists.txt", "foreach(name url http1)\n"},
        {"fuzz/url.cpp", ""},
        {"tests/model/CMakeLists.txt", "file(GLOB sources *_test.cpp)\n"},
        {"tests/model/lock_test.cpp", "#include \"lock.h\"\n"},
        {"tests/model/lock.cpp", ""},
    };
    EXPECT_EQ(texts(check(tree)),
              (Texts{"bench/unload.cpp:1: no CMakeLists.txt builds this file",
                     "src/attic/old.cpp:1: no CMakeLists.txt builds this file",
                     "src/core/line.h:1: only its own source includes this header",
                     "src/core/line.h:1: no #pragma once", "src/core/turn.h:1: no #pragma once",
                     "tests/model/lock.cpp:1: no CMakeLists.txt builds this file",
                     "tests/model/lock.h:1: no #pragma once"}));
}

}  // namespace
}  // namespace signalbox::tidy
