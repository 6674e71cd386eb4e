#include "base/log.h"

#include <string>

#include <gtest/gtest.h>

namespace signalbox::log {
namespace {

using namespace std::string_literals;

TEST(Logfmt, writes_plain_values_bare) {
    EXPECT_EQ(render(Format::logfmt, Level::info, "journal.trimmed",
                     {{"revision", 7}, {"file", "a/b-1.journal"}, {"empty", false}}),
              "level=info event=journal.trimmed revision=7 file=a/b-1.journal empty=false");
}

TEST(Logfmt, quotes_what_a_reader_could_take_apart) {
    EXPECT_EQ(render(Format::logfmt, Level::warning, "x", {{"a", "two words"}}),
              R"(level=warning event=x a="two words")");
    EXPECT_EQ(render(Format::logfmt, Level::warning, "x", {{"a", "k=v"}}),
              R"(level=warning event=x a="k=v")");
    EXPECT_EQ(render(Format::logfmt, Level::warning, "x", {{"a", ""}}),
              R"(level=warning event=x a="")");
    EXPECT_EQ(render(Format::logfmt, Level::warning, "x", {{"a", R"(say "hi" \o/)"}}),
              R"(level=warning event=x a="say \"hi\" \\o/")");
}

// Or whoever may choose a value could write a line of their own.
TEST(Logfmt, keeps_an_event_on_one_line) {
    const auto line = render(Format::logfmt, Level::error, "x",
                             {{"a", "b\nlevel=info event=forged\r\x1b[2J\x7f\0end"s}});
    EXPECT_EQ(
        line,
        R"(level=error event=x a="b\nlevel=info event=forged\u000d\u001b[2J\u007f\u0000end")");
}

TEST(JsonLog, writes_numbers_and_booleans_bare) {
    EXPECT_EQ(
        render(Format::json, Level::debug, "x", {{"n", -3}, {"big", UINT64_MAX}, {"b", true}}),
        R"("level":"debug","event":"x","n":-3,"big":18446744073709551615,"b":true)");
}

TEST(JsonLog, escapes_what_json_requires) {
    EXPECT_EQ(render(Format::json, Level::info, "x", {{"a", "q\" b\\ n\n t\t \x01 \x7f é"}}),
              R"("level":"info","event":"x","a":"q\" b\\ n\n t\u0009 \u0001 \u007f é")");
    EXPECT_EQ(render(Format::json, Level::info, "x", {{"a", "nul\0."s}}),
              R"("level":"info","event":"x","a":"nul\u0000.")");
}

TEST(Log, shows_what_is_at_least_as_grave_as_configured) {
    configure(Level::warning, Format::logfmt);
    EXPECT_FALSE(enabled(Level::info));
    EXPECT_TRUE(enabled(Level::warning));
    EXPECT_TRUE(enabled(Level::error));
    configure(Level::off, Format::logfmt);
    EXPECT_FALSE(enabled(Level::error));
    configure(Level::warning, Format::logfmt);
}

TEST(Log, does_not_evaluate_the_fields_of_a_line_that_is_not_shown) {
    configure(Level::warning, Format::logfmt);
    int evaluated = 0;
    const auto field = [&] { return ++evaluated; };
    LOG(debug, "x", {"n", field()});
    EXPECT_EQ(evaluated, 0);
}

TEST(Log, writes_one_line_to_stderr) {
    configure(Level::info, Format::json);
    testing::internal::CaptureStderr();
    LOG(info, "server.ready", {"port", 7400}, {"node", "a{}b"});
    const auto written = testing::internal::GetCapturedStderr();
    configure(Level::warning, Format::logfmt);
    EXPECT_TRUE(written.starts_with(R"({"time":")")) << written;
    EXPECT_TRUE(
        written.ends_with(R"(Z","level":"info","event":"server.ready","port":7400,"node":"a{}b"})"
                          "\n"))
        << written;
}

}  // namespace
}  // namespace signalbox::log
