#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "signalbox/client/problem.h"

namespace signalbox::client {

template <class T>
struct Page {
    std::vector<T> items;
    std::string next;  // where the next page is; empty behind the last one
};

// A listing, read page by page as it is asked for. Each page goes on behind the last item of
// the one before, so what is added or removed meanwhile neither repeats nor hides an item.
//
//   auto tickets = client.list_tickets({.scope = "vm"});
//   for (;;) {
//       auto ticket = tickets.next();
//       if (!ticket) return complain(ticket.error());
//       if (!*ticket) break;
//       use(**ticket);
//   }
//
// One thread at a time.
template <class T>
class Pager {
public:
    // Reads the page that a place says; the first one's place is empty.
    using Read = std::function<Result<Page<T>>(const std::string& place)>;

    explicit Pager(Read read) : read_(std::move(read)) {}

    // Nothing behind the last item. After a problem, the next call tries the same page again.
    Result<std::optional<T>> next() {
        while (at_ == items_.size()) {
            if (is_last_) return std::optional<T>();
            auto page = next_page();
            if (!page) return tl::unexpected(std::move(page).error());
            items_ = std::move(*page);
            at_ = 0;
        }
        return std::optional<T>(std::move(items_[at_++]));
    }

    // Empty behind the last page. Leaves out what next() has read and not given out.
    Result<std::vector<T>> next_page() {
        if (is_last_) return std::vector<T>();
        auto page = read_(place_);
        if (!page) return tl::unexpected(std::move(page).error());
        place_ = std::move(page->next);
        is_last_ = place_.empty();
        return std::move(page->items);
    }

    // Everything from here on.
    Result<std::vector<T>> rest() {
        std::vector<T> all;
        for (;;) {
            auto item = next();
            if (!item) return tl::unexpected(std::move(item).error());
            if (!*item) return all;
            all.push_back(std::move(**item));
        }
    }

private:
    Read read_;
    std::string place_;
    bool is_last_ = false;
    std::vector<T> items_;
    size_t at_ = 0;
};

}  // namespace signalbox::client
