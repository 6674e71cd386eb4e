#include "tests/golden/golden_file.h"

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/assert.h"

namespace signalbox {
namespace {

constexpr size_t bytes_per_line = 16;
constexpr std::string_view key_mark = "key\n";
constexpr std::string_view value_mark = "value\n";

std::string path_of(const std::string& name) {
    return std::string(SIGNALBOX_GOLDEN_FILES) + "/" + name;
}

std::string dump_line(size_t offset, std::string_view bytes) {
    std::string hex;
    std::string letters;
    for (size_t i = 0; i < bytes_per_line; ++i) {
        if (i == bytes_per_line / 2) hex += ' ';
        if (i >= bytes.size()) {
            hex += "   ";
            continue;
        }
        const auto byte = static_cast<unsigned char>(bytes[i]);
        hex += fmt::format(" {:02x}", byte);
        letters += byte >= 0x20 && byte < 0x7f ? bytes[i] : '.';
    }
    return fmt::format("{:08x} {}  |{}|\n", offset, hex, letters);
}

size_t hex_number(std::string_view text) {
    size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    ASSERT(error == std::errc() && end == text.data() + text.size());
    return number;
}

}  // namespace

bool is_rewriting() {
    return std::getenv("SIGNALBOX_TEST_REWRITE") != nullptr;
}

std::string read_golden(const std::string& name) {
    std::ifstream file(path_of(name), std::ios::binary);
    EXPECT_TRUE(file) << "no golden file " << name << "; SIGNALBOX_TEST_REWRITE=1 makes it";
    std::ostringstream content;
    content << file.rdbuf();
    return std::move(content).str();
}

void expect_golden(const std::string& name, const std::string& text) {
    if (is_rewriting()) {
        std::ofstream(path_of(name), std::ios::binary) << text;
        return;
    }
    EXPECT_EQ(text, read_golden(name)) << name;
}

std::string hex_dump(std::string_view bytes) {
    std::string out;
    std::string_view before;
    bool repeats = false;
    for (size_t at = 0; at < bytes.size(); at += bytes_per_line) {
        const auto line = bytes.substr(at, bytes_per_line);
        if (line == before) {
            if (!repeats) out += "*\n";
            repeats = true;
            continue;
        }
        repeats = false;
        before = line;
        out += dump_line(at, line);
    }
    return out + fmt::format("{:08x}\n", bytes.size());
}

std::string from_hex_dump(std::string_view dump) {
    std::string bytes;
    bool repeats = false;
    while (!dump.empty()) {
        const auto line = dump.substr(0, dump.find('\n'));
        dump.remove_prefix(std::min(line.size() + 1, dump.size()));
        if (line == "*") {
            repeats = true;
            continue;
        }
        const size_t offset = hex_number(line.substr(0, 8));
        while (repeats && bytes.size() < offset) {
            bytes += bytes.substr(bytes.size() - bytes_per_line, bytes_per_line);
        }
        repeats = false;
        ASSERT(bytes.size() == offset);
        const auto hex = line.substr(8, std::min(line.find('|'), line.size()) - 8);
        for (size_t at = 0; at < hex.size();) {
            if (hex[at] == ' ') {
                ++at;
                continue;
            }
            bytes += static_cast<char>(hex_number(hex.substr(at, 2)));
            at += 2;
        }
    }
    return bytes;
}

std::string dump_rows(const MemoryStore::Rows& rows) {
    std::string out;
    for (const auto& [key, value] : rows) {
        if (!out.empty()) out += '\n';
        out += key_mark;
        out += hex_dump(key);
        out += value_mark;
        out += hex_dump(value);
    }
    return out;
}

MemoryStore::Rows from_dump_of_rows(std::string_view text) {
    MemoryStore::Rows rows;
    while (!text.empty()) {
        const size_t end = text.find("\n\n");
        auto row = text.substr(0, end == std::string_view::npos ? end : end + 1);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
        ASSERT(row.starts_with(key_mark));
        row.remove_prefix(key_mark.size());
        const size_t value = row.find(value_mark);
        ASSERT(value != std::string_view::npos);
        rows.emplace(from_hex_dump(row.substr(0, value)),
                     from_hex_dump(row.substr(value + value_mark.size())));
    }
    return rows;
}

}  // namespace signalbox
