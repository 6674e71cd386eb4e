#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "codec/json_schema.h"

// The public tests of JSON Schema, as the package json-schema-test-suite has them: draft 7 is the
// newest there, and says the same as 2020-12 of the keywords that are common to both.

namespace signalbox {
namespace {

constexpr const char* suite = "/usr/share/json-schema-test-suite/tests/draft7";

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

JsonValue member(const JsonValue& object, std::string_view name) {
    for (const auto& [known, value] : object.members()) {
        if (known == name) return value;
    }
    ADD_FAILURE() << "no member " << name;
    return object;
}

// What is refused when a schema is read, so that no case of it can be run.
bool says_what_is_refused(const std::string& schema) {
    for (const auto* word : {"\"$ref\"", "\"$id\"", "\"dependencies\"", "\"additionalItems\"",
                             "\"definitions\"", "\"items\":[", "\"format\"", "\"contentMediaType\"",
                             "\"contentEncoding\"", "\"$schema\""}) {
        if (schema.find(word) != std::string::npos) return true;
    }
    return false;
}

TEST(JsonSchemaSuite, judges_as_the_public_suite_does) {
    size_t judged = 0;
    std::set<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(suite)) {
        if (entry.path().extension() != ".json") continue;
        const auto document = JsonDocument::parse(read_file(entry.path()));
        ASSERT_TRUE(document) << entry.path();
        for (const auto& group : document->root().elements()) {
            const auto about = entry.path().filename().string() + ": " +
                               std::string(*member(group, "description").text());
            const auto text = member(group, "schema").json();
            const auto schema = JsonSchema::compile(member(group, "schema"));
            if (!schema) {
                EXPECT_TRUE(says_what_is_refused(text))
                    << about << ": " << schema.error().field << " " << schema.error().message;
                continue;
            }
            for (const auto& test : member(group, "tests").elements()) {
                const bool is_valid = schema->validate(member(test, "data")).has_value();
                EXPECT_EQ(is_valid, *member(test, "valid").boolean())
                    << about << ", " << *member(test, "description").text() << ": " << text;
                ++judged;
                files.insert(entry.path().filename().string());
            }
        }
    }
    EXPECT_GT(judged, 330u);
    EXPECT_GE(files.size(), 27u);
}

}  // namespace
}  // namespace signalbox
