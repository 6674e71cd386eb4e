#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "port/disk.h"

namespace signalbox {

// A disk in memory that breaks the way disks do. What it does to its users:
//
//   crash()          Of each file, every 512-byte sector written since its last good sync_data()
//                    is as after any one of those writes, or as before them all; sectors do not
//                    wait for each other. The file is as long as it was at any of these moments.
//                    Of each directory, any of the operations since its last good
//                    sync_directory() have happened, each whole and in their order. All else is
//                    as it was told to be durable. Files opened before a crash are dead.
//   fail_next_sync() The next sync of a file or a directory fails. What it should have made
//                    durable is from then on where a crash would have left it. No later sync
//                    repairs that of a file, though it still reads as written, as from the
//                    kernel's cache; names are repaired, because they stay in a journal.
//   set_free_bytes() Files grow by so much and no more; a write that does not fit writes what
//                    does and fails with `unavailable`. Writing within a file needs no room.
//   set_full()       No write has room, not even within a file: a full disk that copies on
//                    write. Some of the bytes are written all the same.
//   cut_power_after() The disk answers so many operations and then fails all of them, until
//                    crash(): a test can so stop its subject in front of each thing it does.
//
// A directory is durable once make_directory() returns. Bits do not rot by themselves: a test
// that wants damage writes it. Chance comes from the Random alone; one thread.
class SimDisk : public Disk {
public:
    static constexpr size_t sector_bytes = 512;

    // `random` must outlive the disk.
    explicit SimDisk(Random& random);
    ~SimDisk() override;

    Result<void> make_directory(const std::string& path) override;
    Result<void> sync_directory(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& directory) override;
    Result<std::unique_ptr<DiskFile>> create(const std::string& path) override;
    Result<std::unique_ptr<DiskFile>> open(const std::string& path) override;
    Result<void> rename(const std::string& from, const std::string& to) override;
    Result<void> remove(const std::string& path) override;

    void crash();
    void fail_next_sync() { sync_fails_ = true; }
    // From now on; nothing: as much as anyone wants.
    void set_free_bytes(std::optional<uint64_t> bytes);
    void set_full(bool full) { is_full_ = full; }
    void cut_power_after(uint64_t operations) { operations_left_ = operations; }
    // No fault is waiting to happen any more. What was lost stays lost.
    void heal();

    // Operations answered so far: every call of the disk and its files, but for size().
    [[nodiscard]] uint64_t operations() const { return operations_; }

private:
    class Inode;
    class OpenFile;
    using InodePtr = std::shared_ptr<Inode>;
    using Entries = std::map<std::string, InodePtr>;

    // What an operation makes of one or two names; null takes the name away.
    using Change = std::vector<std::pair<std::string, InodePtr>>;
    struct Directory {
        Entries durable;
        Entries now;
        std::vector<Change> unsynced;
    };
    struct Place {
        Directory* directory;
        std::string name;
    };

    Result<void> begin_operation(const std::string& path);
    Result<Place> place_of(const std::string& path);
    Result<InodePtr> find(const std::string& path);
    void settle(Directory& directory);
    [[nodiscard]] uint64_t used_bytes() const;
    [[nodiscard]] uint64_t room_for(uint64_t growth) const;

    Random& random_;
    std::map<std::string, Directory> directories_;
    uint64_t power_cycles_ = 0;  // tells files of before a crash
    uint64_t operations_ = 0;
    std::optional<uint64_t> operations_left_;
    std::optional<uint64_t> capacity_bytes_;
    bool is_full_ = false;
    bool sync_fails_ = false;
};

}  // namespace signalbox
