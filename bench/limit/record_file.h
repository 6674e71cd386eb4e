#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace signalbox::bench {

// A file written full of zeros beforehand, and written over from its start again and again: the
// cheapest place to make a record durable, because a sync changes neither size nor extents.
class RecordFile {
public:
    static Result<std::unique_ptr<RecordFile>> make(const std::string& path, uint64_t bytes);
    ~RecordFile();
    RecordFile(const RecordFile&) = delete;
    RecordFile& operator=(const RecordFile&) = delete;

    // Writes and syncs. `records` is smaller than the file.
    Result<void> append(std::string_view records);

private:
    RecordFile(int descriptor, uint64_t bytes) : descriptor_(descriptor), bytes_(bytes) {}

    const int descriptor_;
    const uint64_t bytes_;
    uint64_t end_ = 0;
};

}  // namespace signalbox::bench
