#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace signalbox {

// An open file. One writer at a time. Nothing written is promised to survive a crash before
// sync_data() returned well; after it failed, what reached the disk is unknowable and the file
// must not be used any more.
class DiskFile {
public:
    virtual ~DiskFile() = default;
    virtual Result<void> write_at(uint64_t offset, std::string_view bytes) = 0;
    // Appends up to `count` bytes from `offset` to `out`; fewer only at the end of the file.
    virtual Result<void> read_at(uint64_t offset, size_t count, std::string& out) const = 0;
    virtual Result<void> sync_data() = 0;
    [[nodiscard]] virtual Result<uint64_t> size() const = 0;
};

// The part of a file system that the journal needs; paths are relative to the root it was
// opened with. Creating, renaming and removing survive a crash only after sync_directory().
// A full disk is told by ErrorCode::unavailable, every other fault by internal.
class Disk {
public:
    virtual ~Disk() = default;
    virtual Result<void> make_directory(const std::string& path) = 0;
    virtual Result<void> sync_directory(const std::string& path) = 0;
    // Names (not paths) in no particular order; empty for a directory that does not exist.
    virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
    virtual Result<std::unique_ptr<DiskFile>> create(const std::string& path) = 0;
    // The same, and where files have owners only its owner may read it.
    virtual Result<std::unique_ptr<DiskFile>> create_secret(const std::string& path) {
        return create(path);
    }
    // not_found when there is no such file.
    virtual Result<std::unique_ptr<DiskFile>> open(const std::string& path) = 0;
    virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
    virtual Result<void> remove(const std::string& path) = 0;
};

enum class FileSecrecy : uint8_t { none, of_owner };

// Replaces the whole file so that a crash leaves the old content or the new one.
Result<void> write_file_atomically(Disk& disk, const std::string& directory,
                                   const std::string& name, std::string_view content,
                                   FileSecrecy secrecy = FileSecrecy::none);
// not_found when there is no such file.
Result<std::string> read_file(Disk& disk, const std::string& path);

}  // namespace signalbox
