#include "base/log.h"

#include <atomic>

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/assert.h"

namespace signalbox::log {
namespace {

std::atomic<Level> level_shown{Level::warning};
std::atomic<Format> format_shown{Format::logfmt};

spdlog::logger& sink() {
    static const auto logger = [] {
        auto made = spdlog::stderr_logger_mt("signalbox");
        made->set_level(spdlog::level::trace);
        made->flush_on(spdlog::level::trace);
        return made;
    }();
    return *logger;
}

std::string_view level_name(Level level) {
    switch (level) {
        case Level::debug: return "debug";
        case Level::info: return "info";
        case Level::warning: return "warning";
        case Level::error: return "error";
        case Level::off: return "off";
    }
    ASSERT(false);
}

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warning: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
        case Level::off: return spdlog::level::off;
    }
    ASSERT(false);
}

void append_quoted(std::string& out, std::string_view text) {
    out.push_back('"');
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (c == '\n') {
            out += "\\n";
        } else if (byte < 0x20 || byte == 0x7f) {
            out += fmt::format("\\u{:04x}", byte);
        } else {
            out.push_back(c);
        }
    }
    out.push_back('"');
}

bool needs_quotes(std::string_view text) {
    if (text.empty()) return true;
    for (const char c : text) {
        if (static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '=' || c == '\\' ||
            c == 0x7f) {
            return true;
        }
    }
    return false;
}

}  // namespace

void configure(Level level, Format format) {
    level_shown = level;
    format_shown = format;
    sink().set_pattern(format == Format::json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%v})"
                                              : "time=%Y-%m-%dT%H:%M:%S.%eZ %v",
                       spdlog::pattern_time_type::utc);
}

bool enabled(Level level) {
    return level >= level_shown.load(std::memory_order_relaxed);
}

std::string render(Format format, Level level, std::string_view event,
                   std::initializer_list<Field> fields) {
    const bool json = format == Format::json;
    std::string line = json ? R"("level":")" : "level=";
    line += level_name(level);
    line += json ? R"(","event":)" : " event=";
    const auto value = [&](std::string_view text, bool bare) {
        if (bare || (!json && !needs_quotes(text))) {
            line += text;
        } else {
            append_quoted(line, text);
        }
    };
    value(event, false);
    for (const auto& field : fields) {
        line += json ? ",\"" : " ";
        line += field.name;
        line += json ? "\":" : "=";
        value(field.value, field.bare);
    }
    return line;
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
    sink().log(spdlog_level(level), "{}", render(format_shown, level, event, fields));
}

}  // namespace signalbox::log
