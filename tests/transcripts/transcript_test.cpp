#include "transcript.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

// Every file below this folder is a conversation; its outputs must be the server's, to the
// byte. SIGNALBOX_TEST_REWRITE=1 writes the outputs as they are: look at the difference, and commit
// it only when you understand why it changed.

namespace signalbox {
namespace {

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::ostringstream content;
    content << in.rdbuf();
    return content.str();
}

std::vector<std::filesystem::path> transcripts() {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(SIGNALBOX_TRANSCRIPTS)) {
        if (entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt") {
            paths.push_back(entry.path());
        }
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

std::string name_of(const std::filesystem::path& path) {
    std::string name = path.parent_path().filename().string() + "_" + path.stem().string();
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

class TranscriptFile : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(TranscriptFile, is_what_the_server_says) {
    const std::string expected = read_file(GetParam());
    const std::string actual = run_transcript(expected);
    if (std::getenv("SIGNALBOX_TEST_REWRITE") != nullptr) {
        std::ofstream(GetParam()) << actual;
        return;
    }
    EXPECT_EQ(expected, actual);
}

INSTANTIATE_TEST_SUITE_P(Transcripts, TranscriptFile, testing::ValuesIn(transcripts()),
                         [](const auto& parameters) { return name_of(parameters.param); });

}  // namespace
}  // namespace signalbox
