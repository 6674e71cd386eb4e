#include "codec/mail_message.h"

#include <algorithm>

#include <date/date.h>
#include <fmt/format.h>

#include "codec/base64.h"
#include "codec/url.h"

namespace signalbox {
namespace {

constexpr size_t address_bytes_max = 254;
constexpr size_t local_bytes_max = 64;
// A line of base64 holds so many.
constexpr size_t bytes_per_line = 57;
// So that a line with an encoded word has at most 76 characters, the one with the name too.
constexpr size_t word_bytes_max = 39;

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u;
}

bool is_plain(std::string_view text) {
    constexpr size_t plain_bytes_max = 60;
    const bool is_ascii =
        std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
    return is_ascii && text.size() <= plain_bytes_max && text.find("=?") == std::string_view::npos;
}

// RFC 2047: words that are decoded and put together again, none of which ends in the middle of a
// character.
std::string encoded_words(std::string_view text) {
    std::string words;
    while (!text.empty()) {
        size_t count = std::min(text.size(), word_bytes_max);
        while (count < text.size() && count > 1 && is_continuation(text[count])) --count;
        if (!words.empty()) words += "\r\n ";
        words += "=?utf-8?B?" + base64_encode(text.substr(0, count)) + "?=";
        text.remove_prefix(count);
    }
    return words;
}

std::string format_date(Instant instant) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(instant);
    const auto day = std::chrono::floor<date::days>(seconds);
    const date::year_month_day ymd{date::sys_days(day)};
    const date::hh_mm_ss time(seconds - day);
    constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000",
                       days[date::weekday(date::sys_days(day)).c_encoding()],
                       static_cast<unsigned>(ymd.day()),
                       months[static_cast<unsigned>(ymd.month()) - 1], static_cast<int>(ymd.year()),
                       time.hours().count(), time.minutes().count(), time.seconds().count());
}

}  // namespace

std::string format_mail(const MailMessage& mail) {
    std::string text;
    text += "From: <" + mail.from + ">\r\n";
    text += "To: <" + mail.to + ">\r\n";
    text += "Subject: " + (is_plain(mail.subject) ? mail.subject : encoded_words(mail.subject));
    text += "\r\nDate: " + format_date(mail.date);
    text += "\r\nMessage-ID: <" + mail.id + ">\r\n";
    text += "Auto-Submitted: auto-generated\r\n";
    text += "MIME-Version: 1.0\r\n";
    text += "Content-Type: text/plain; charset=utf-8\r\n";
    text += "Content-Transfer-Encoding: base64\r\n\r\n";
    for (std::string_view rest = mail.body; !rest.empty();) {
        text += base64_encode(rest.substr(0, bytes_per_line)) + "\r\n";
        rest.remove_prefix(std::min(rest.size(), bytes_per_line));
    }
    return text;
}

bool is_mail_address(std::string_view text) {
    const size_t at = text.find('@');
    if (at == std::string_view::npos || at == 0 || at > local_bytes_max ||
        text.size() > address_bytes_max) {
        return false;
    }
    const auto local = text.substr(0, at);
    const auto host = text.substr(at + 1);
    const auto is_letter_or_digit = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    };
    const auto is_of_local = [&](char c) {
        return is_letter_or_digit(c) ||
               std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
    };
    const auto is_of_host = [&](char c) { return is_letter_or_digit(c) || c == '-' || c == '.'; };
    return std::all_of(local.begin(), local.end(), is_of_local) && !host.empty() &&
           std::all_of(host.begin(), host.end(), is_of_host) && is_letter_or_digit(host.front()) &&
           is_letter_or_digit(host.back());
}

std::optional<std::string> address_of_mailto(std::string_view uri) {
    constexpr std::string_view scheme = "mailto:";
    if (uri.size() < scheme.size()) return std::nullopt;
    const auto part = uri.substr(scheme.size());
    auto address = percent_decode(part.substr(0, part.find_first_of("?#")));
    if (!address || !is_mail_address(*address)) return std::nullopt;
    return address;
}

}  // namespace signalbox
