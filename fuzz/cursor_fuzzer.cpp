#include "core/cursor.h"
#include "core/line_key.h"
#include "fuzz/fuzzing.h"

// Any text as a cursor or a server: what is read is written and read again.

namespace signalbox {

void fuzz_one(std::string_view input) {
    if (const auto cursor = Cursor::parse(input)) {
        const auto again = Cursor::parse(cursor->text());
        ASSERT(again && again->history == cursor->history && again->position == cursor->position);
    }
    if (const auto server = ServerId::parse(input)) {
        ASSERT(ServerId::parse(server->text()) == server);
    }
}

}  // namespace signalbox
