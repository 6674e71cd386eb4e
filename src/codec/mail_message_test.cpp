#include "codec/mail_message.h"

#include <gtest/gtest.h>

#include "codec/base64.h"

namespace signalbox {
namespace {

MailMessage example() {
    return {"bell@example.org",
            "ops@example.org",
            "hello",
            "1-2@example.org",
            parse_instant("2026-11-21T07:04:05Z").value(),
            "some text\n"};
}

TEST(MailMessage, is_a_whole_mail) {
    EXPECT_EQ(format_mail(example()),
              "From: <bell@example.org>\r\n"
              "To: <ops@example.org>\r\n"
              "Subject: hello\r\n"
              "Date: Sat, 21 Nov 2026 07:04:05 +0000\r\n"
              "Message-ID: <1-2@example.org>\r\n"
              "Auto-Submitted: auto-generated\r\n"
              "MIME-Version: 1.0\r\n"
              "Content-Type: text/plain; charset=utf-8\r\n"
              "Content-Transfer-Encoding: base64\r\n"
              "\r\n"
              "c29tZSB0ZXh0Cg==\r\n");
}

// Every line of the head is a field that was meant, or goes on with one.
std::vector<std::string> names_of(const std::string& mail) {
    std::vector<std::string> names;
    size_t begin = 0;
    for (size_t end = mail.find("\r\n"); end != begin; end = mail.find("\r\n", begin)) {
        const auto line = mail.substr(begin, end - begin);
        EXPECT_LE(line.size(), 76u);
        EXPECT_EQ(line.find_first_of("\r\n"), std::string::npos);
        if (!line.starts_with(' ')) names.push_back(line.substr(0, line.find(':')));
        begin = end + 2;
    }
    return names;
}

TEST(MailMessage, no_subject_adds_a_field) {
    const auto names = names_of(format_mail(example()));
    auto mail = example();
    for (const auto& subject :
         {std::string("a\r\nBcc: everybody@example.org"), std::string("a\nBcc: x"),
          std::string("a\r\n\r\nbody"), std::string("\0x", 2), std::string("=?utf-8?B?YQ==?="),
          std::string(500, 'a'), std::string(),
          std::string("Gr\xc3\xbc\xc3\x9f"
                      "e")}) {
        mail.subject = subject;
        EXPECT_EQ(names_of(format_mail(mail)), names) << subject;
    }
}

TEST(MailMessage, encoded_words_hold_whole_characters) {
    auto mail = example();
    mail.subject.clear();
    for (int i = 0; i < 40; ++i) mail.subject += "a\xe2\x82\xac";
    const auto text = format_mail(mail);
    std::string decoded;
    constexpr std::string_view begin_mark = "=?utf-8?B?";
    for (size_t at = text.find(begin_mark); at != std::string::npos;
         at = text.find(begin_mark, at)) {
        at += begin_mark.size();
        const auto word = base64_decode(text.substr(at, text.find("?=", at) - at)).value();
        EXPECT_NE(static_cast<unsigned char>(word.front()) & 0xc0u, 0x80u);
        decoded += word;
    }
    EXPECT_EQ(decoded, mail.subject);
}

TEST(MailMessage, addresses_are_plain_ones) {
    for (const auto* good : {"a@b", "first.last+tag@mail.example.org", "x_y=z@a-b.c"}) {
        EXPECT_TRUE(is_mail_address(good)) << good;
    }
    for (const auto* bad :
         {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b c", "<a@b>", "a@b>", "a@b,c@d", "a@b;c",
          "\"a\"@b", "a@b\r\nRCPT TO:<c@d>", "a\n@b", "a@-b", "a@b.", "\xc3\xbc@b"}) {
        EXPECT_FALSE(is_mail_address(bad)) << bad;
    }
    EXPECT_FALSE(is_mail_address(std::string(65, 'a') + "@b"));
    EXPECT_FALSE(is_mail_address("a@" + std::string(260, 'b')));
    EXPECT_EQ(address_of_mailto("mailto:a%2Bb@c?subject=x"), "a+b@c");
    EXPECT_EQ(address_of_mailto("MAILTO:a@c"), "a@c");
    EXPECT_FALSE(address_of_mailto("mailto:a@b,c@d"));
    EXPECT_FALSE(address_of_mailto("mailto:a@b%0d%0aRCPT"));
    EXPECT_FALSE(address_of_mailto("mailto:"));
}

}  // namespace
}  // namespace signalbox
