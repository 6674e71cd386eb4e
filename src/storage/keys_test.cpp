#include "storage/keys.h"

#include <tuple>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace signalbox {
namespace {

using namespace std::string_literals;

// Few letters, of which NUL and ff matter most, so that keys share long prefixes.
rc::Gen<std::string> awkward_text() {
    return rc::gen::container<std::string>(rc::gen::element('\0', '\x01', 'a', 'b', '\xff'));
}

int sign(std::strong_ordering order) {
    return order < 0 ? -1 : (order > 0 ? 1 : 0);
}

RC_GTEST_PROP(Keys, of_texts_sort_like_the_texts, ()) {
    const auto a = *rc::gen::tuple(awkward_text(), awkward_text(), awkward_text());
    const auto b = *rc::gen::tuple(awkward_text(), awkward_text(), awkward_text());
    const auto key = [](const auto& texts) {
        const auto& [first, second, tail] = texts;
        return KeyBuilder(Table::line_settings).text(first).text(second).tail(tail).take();
    };
    RC_ASSERT(sign(key(a) <=> key(b)) == sign(a <=> b));
}

RC_GTEST_PROP(Keys, of_numbers_sort_like_the_numbers,
              (uint32_t tenant_a, uint64_t a, uint32_t tenant_b, uint64_t b)) {
    const auto key = [](uint32_t tenant, uint64_t number) {
        return KeyBuilder(Table::ticket_live).tenant(TenantId(tenant)).u64(number).take();
    };
    RC_ASSERT(sign(key(tenant_a, a) <=> key(tenant_b, b)) ==
              sign(std::tuple(tenant_a, a) <=> std::tuple(tenant_b, b)));
}

RC_GTEST_PROP(KeyText, is_read_back, ()) {
    const auto first = *awkward_text();
    const auto second = *awkward_text();
    const auto key = KeyBuilder(Table::tenant).text(first).text(second).take();
    ByteReader reader(std::string_view(key).substr(1));
    std::string text;
    RC_ASSERT(read_key_text(reader, text));
    RC_ASSERT(text == first);
    text.clear();
    RC_ASSERT(read_key_text(reader, text));
    RC_ASSERT(text == second);
    RC_ASSERT(reader.at_end() && reader.ok());
}

TEST(KeyText, is_not_read_from_bytes_that_it_never_has) {
    for (const auto& bytes : {""s, "abc"s, "abc\0"s, "abc\0\2"s, "\0\0"s, "\0\xfe"s}) {
        ByteReader reader(bytes);
        std::string text;
        EXPECT_FALSE(read_key_text(reader, text)) << bytes;
    }
}

TEST(Keys, have_the_bytes_that_the_formats_say) {
    Uuid uuid;
    uuid.bytes.fill(0xee);
    EXPECT_EQ(KeyBuilder(Table::session).tenant(TenantId(0x01020304)).uuid(uuid).take(),
              "s\1\2\3\4" + std::string(16, '\xee'));
    EXPECT_EQ(KeyBuilder(Table::line_settings).u8(1).text("a\0b"s).tail("\0c"s).take(),
              "L\1a\0\xff"
              "b\0\1\0c"s);
    EXPECT_EQ(KeyBuilder(Table::event).u64(258).take(), "F\0\0\0\0\0\0\1\2"s);
}

RC_GTEST_PROP(PrefixEnd, is_the_first_key_after_all_that_begin_so, ()) {
    const auto prefix = "k" + *awkward_text();
    const auto end = prefix_end(prefix);
    const auto key = *rc::gen::oneOf(
        awkward_text(), rc::gen::map(awkward_text(), [&](auto tail) { return prefix + tail; }),
        rc::gen::map(awkward_text(), [&](auto tail) { return end + tail; }));
    RC_ASSERT(key.starts_with(prefix) == (prefix <= key && key < end));
}

TEST(PrefixEnd, carries_over_bytes_of_ff) {
    EXPECT_EQ(prefix_end("a"), "b");
    EXPECT_EQ(prefix_end("a\xff\xff"), "b");
    EXPECT_EQ(prefix_end("a\xfe\xff"), "a\xff");
}

}  // namespace
}  // namespace signalbox
