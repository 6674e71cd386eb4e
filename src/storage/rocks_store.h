#pragma once

#include <memory>
#include <optional>
#include <string>

#include "storage/store.h"

namespace signalbox {

struct RocksStoreOptions {
    uint64_t cache_bytes = 64u << 20;         // of blocks read from disk
    uint64_t write_buffer_bytes = 64u << 20;  // of rows, before they are written out
    // Must be free on the disk for rows to be written out; nothing: twice that buffer.
    std::optional<uint64_t> room_bytes = std::nullopt;
};

// Opens or makes a store on RocksDB in a directory of its own. RocksDB's log is off: the
// journal is the log. Its two column families are flushed together, so that what a crash
// leaves is whole as of one revision.
Result<std::unique_ptr<Store>> open_rocks_store(const std::string& directory,
                                                const RocksStoreOptions& options);

}  // namespace signalbox
