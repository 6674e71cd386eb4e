#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "signalbox/client/page.h"

// What the commands that list have in common.

namespace signalbox {

// How much of a listing its flags ask for.
struct ListingFlags {
    size_t limit = 100;
    bool all = false;

    [[nodiscard]] std::optional<size_t> shown() const {
        return all ? std::nullopt : std::optional(limit);
    }
};

template <class T>
struct Listing {
    std::vector<T> items;
    bool more = false;  // there are others behind them
};

// Up to `limit` items; all of them without one.
template <class T>
client::Result<Listing<T>> take(client::Pager<T> pager, std::optional<size_t> limit) {
    Listing<T> listing;
    for (;;) {
        auto item = pager.next();
        if (!item) return tl::unexpected(std::move(item).error());
        if (!*item) return listing;
        listing.more = limit && listing.items.size() == *limit;
        if (listing.more) return listing;
        listing.items.push_back(std::move(**item));
    }
}

// {"tickets":[...],"more":true}, of documents as the server sent them.
void print_json_documents(const std::string& name, const std::vector<std::string>& documents,
                          bool more);
template <class T>
void print_json_list(const std::string& name, const std::vector<T>& items, bool more) {
    std::vector<std::string> documents;
    documents.reserve(items.size());
    for (const auto& item : items) documents.push_back(item.json);
    print_json_documents(name, documents, more);
}

// Says on the side that there are others, if there are.
void tell_of_more(bool more);

}  // namespace signalbox
