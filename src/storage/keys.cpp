#include "storage/keys.h"

#include "base/assert.h"

namespace signalbox {
namespace {

constexpr char escaped_nul = '\xff';
constexpr char text_end = '\x01';

}  // namespace

KeyBuilder& KeyBuilder::text(std::string_view text) {
    for (const char c : text) {
        key_.push_back(c);
        if (c == '\0') key_.push_back(escaped_nul);
    }
    key_.push_back('\0');
    key_.push_back(text_end);
    return *this;
}

std::string prefix_end(std::string_view prefix) {
    std::string end(prefix);
    while (!end.empty() && static_cast<uint8_t>(end.back()) == 0xff) end.pop_back();
    ASSERT(!end.empty());
    end.back() = static_cast<char>(static_cast<uint8_t>(end.back()) + 1);
    return end;
}

bool read_key_text(ByteReader& reader, std::string& out) {
    while (reader.ok()) {
        const char c = static_cast<char>(reader.u8());
        if (c != '\0') {
            out.push_back(c);
            continue;
        }
        const char mark = static_cast<char>(reader.u8());
        if (mark == text_end) return reader.ok();
        if (mark != escaped_nul) return false;
        out.push_back('\0');
    }
    return false;
}

}  // namespace signalbox
