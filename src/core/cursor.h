#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "core/event.h"

namespace signalbox {

// How clients hold on to a place in the feed: the history of the data directory and a
// position in it. Opaque to them; "00f3...-1234-0" behind one event, "00f3...-1234" behind all
// of a revision.
struct Cursor {
    uint64_t history = 0;
    FeedPosition position;

    [[nodiscard]] std::string text() const;
    static std::optional<Cursor> parse(std::string_view text);
};

// Behind every event of its revision.
constexpr FeedPosition end_of(Revision revision) {
    return {revision, std::numeric_limits<uint32_t>::max()};
}

// Whether nothing behind `position` has been trimmed.
constexpr bool is_kept(FeedPosition position, Revision floor) {
    return position.revision >= floor || position == end_of(Revision(floor.value - 1));
}

}  // namespace signalbox
