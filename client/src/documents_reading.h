#pragma once

#include <string>
#include <string_view>

#include "members.h"
#include "problems.h"
#include "signalbox/client/page.h"
#include "try.h"

// What the readers of all kinds of documents have in common.

namespace signalbox::client {

inline Result<Json> parse(std::string_view body) {
    auto document = Json::parse(body, nullptr, false);
    if (document.is_discarded()) {
        return tl::unexpected(unexpected_answer(0, "the server's answer is not JSON"));
    }
    return document;
}

template <class T>
Result<T> checked(T value, const Members& members, const char* what) {
    if (members.wrong() == nullptr) return value;
    return tl::unexpected(unexpected_answer(
        0,
        std::string("the server's answer is not understood: ") + members.wrong() + " of " + what));
}

// A page of {"<name>": [...], "next": "..."}.
template <class T, class ReadItem>
Result<Page<T>> page_of(std::string_view body, const char* name, const ReadItem& read_item) {
    TRY_AS(const auto document, parse(body));
    Members members(document);
    Page<T> page;
    for (const auto& element : members.elements(name)) {
        TRY_AS(auto item, read_item(element));
        page.items.push_back(std::move(item));
    }
    page.next = members.text("next");
    return checked(std::move(page), members, "a page");
}

}  // namespace signalbox::client
