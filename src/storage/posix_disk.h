#pragma once

#include <memory>
#include <string>

#include "port/disk.h"

namespace signalbox {

// A directory of the real file system. Holds a lock on it for its whole life, so two servers
// cannot share a data directory. Any thread, one per file.
class PosixDisk : public Disk {
public:
    // Makes the directory when it is absent. `conflict` when another process holds it.
    static Result<std::unique_ptr<PosixDisk>> mount(std::string root);
    ~PosixDisk() override;

    Result<void> make_directory(const std::string& path) override;
    Result<void> sync_directory(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& directory) override;
    Result<std::unique_ptr<DiskFile>> create(const std::string& path) override;
    Result<std::unique_ptr<DiskFile>> create_secret(const std::string& path) override;
    Result<std::unique_ptr<DiskFile>> open(const std::string& path) override;
    Result<void> rename(const std::string& from, const std::string& to) override;
    Result<void> remove(const std::string& path) override;

    // For parts that open files by themselves, such as RocksDB.
    [[nodiscard]] std::string absolute(const std::string& path) const;

private:
    PosixDisk(std::string root, int lock_descriptor);

    const std::string root_;
    const int lock_descriptor_;
};

}  // namespace signalbox
