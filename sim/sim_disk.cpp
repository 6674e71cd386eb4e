#include "sim/sim_disk.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace signalbox {
namespace {

// How a crash treats what was not synced. Fair coins alone would almost never leave a large
// write whole, or lose it whole.
enum class Mood : uint8_t { forgets_all, keeps_all, tears };

Mood draw_mood(Random& random) {
    switch (random.below(4)) {
        case 0: return Mood::forgets_all;
        case 1: return Mood::keeps_all;
        default: return Mood::tears;
    }
}

// One of the moments 0 .. last.
size_t draw_moment(Mood mood, size_t last, Random& random) {
    switch (mood) {
        case Mood::forgets_all: return 0;
        case Mood::keeps_all: return last;
        case Mood::tears: return static_cast<size_t>(random.below(last + 1));
    }
    ASSERT(false);
}

Error no_such_file(const std::string& path) {
    return {ErrorCode::not_found, "cannot open " + path + ": no such file", {}};
}

}  // namespace

// The content of a file, whatever its name.
class SimDisk::Inode {
public:
    [[nodiscard]] const std::string& now() const { return now_; }

    void write(uint64_t offset, std::string_view bytes) {
        now_.resize(std::max<size_t>(now_.size(), offset + bytes.size()));
        std::copy(bytes.begin(), bytes.end(), now_.begin() + static_cast<std::ptrdiff_t>(offset));
        unsynced_.push_back({offset, std::string(bytes), now_.size(), false});
    }

    void truncate() {
        now_.clear();
        unsynced_.push_back({0, {}, 0, true});
    }

    void sync() {
        for (const auto& write : unsynced_) apply(write, durable_);
        unsynced_.clear();
    }

    // What was not synced goes the way of a crash; the durable content is what it leaves.
    void settle(Random& random) {
        if (unsynced_.empty()) return;
        const Mood mood = draw_mood(random);
        const size_t moment = draw_moment(mood, unsynced_.size(), random);
        const size_t size = moment == 0 ? durable_.size() : unsynced_[moment - 1].size_after;
        std::map<size_t, std::vector<const Unsynced*>> by_sector;
        size_t size_max = durable_.size();
        for (const auto& write : unsynced_) {
            size_max = std::max(size_max, write.size_after);
            const size_t first = write.truncates ? 0 : write.offset / sector_bytes;
            const size_t end = write.truncates ? size_max : write.offset + write.bytes.size();
            for (size_t sector = first; sector * sector_bytes < end; ++sector) {
                by_sector[sector].push_back(&write);
            }
        }
        std::string left = durable_;
        left.resize(size);
        for (const auto& [sector, writes] : by_sector) {
            const size_t kept = draw_moment(mood, writes.size(), random);
            for (size_t i = 0; i < kept; ++i) apply_to_sector(*writes[i], sector, left);
        }
        durable_ = std::move(left);
        unsynced_.clear();
    }

    // After a crash everyone sees what is durable.
    void forget_cache() { now_ = durable_; }

private:
    struct Unsynced {
        uint64_t offset;
        std::string bytes;
        size_t size_after;  // of the file
        bool truncates;     // to nothing, instead of writing
    };

    static void apply(const Unsynced& write, std::string& content) {
        if (write.truncates) return content.clear();
        content.resize(std::max<size_t>(content.size(), write.offset + write.bytes.size()));
        std::copy(write.bytes.begin(), write.bytes.end(),
                  content.begin() + static_cast<std::ptrdiff_t>(write.offset));
    }

    // The part of the write that is in this sector and in the file.
    static void apply_to_sector(const Unsynced& write, size_t sector, std::string& content) {
        const size_t sector_start = sector * sector_bytes;
        const size_t sector_end = std::min(sector_start + sector_bytes, content.size());
        if (write.truncates) {
            for (size_t i = sector_start; i < sector_end; ++i) content[i] = '\0';
            return;
        }
        const size_t start = std::max<size_t>(sector_start, write.offset);
        const size_t end = std::min<size_t>(sector_end, write.offset + write.bytes.size());
        for (size_t i = start; i < end; ++i) content[i] = write.bytes[i - write.offset];
    }

    std::string durable_;
    std::string now_;
    std::vector<Unsynced> unsynced_;  // oldest first
};

class SimDisk::OpenFile : public DiskFile {
public:
    OpenFile(SimDisk& disk, InodePtr inode, std::string path)
        : disk_(disk),
          inode_(std::move(inode)),
          path_(std::move(path)),
          power_cycle_(disk.power_cycles_) {}

    Result<void> write_at(uint64_t offset, std::string_view bytes) override {
        TRY(begin_operation());
        if (disk_.is_full_) {
            inode_->write(offset, bytes.substr(0, bytes.size() / 2));
            return fail(no_space());
        }
        const uint64_t size = inode_->now().size();
        const uint64_t end = offset + bytes.size();
        const uint64_t growth = end > size ? end - size : 0;
        const uint64_t room = disk_.room_for(growth);
        if (room == growth) {
            inode_->write(offset, bytes);
            return {};
        }
        const uint64_t end_with_room = size + room;
        if (end_with_room > offset) inode_->write(offset, bytes.substr(0, end_with_room - offset));
        return fail(no_space());
    }

    Result<void> read_at(uint64_t offset, size_t count, std::string& out) const override {
        TRY(begin_operation());
        const auto& content = inode_->now();
        if (offset < content.size()) out += std::string_view(content).substr(offset, count);
        return {};
    }

    Result<void> sync_data() override {
        TRY(begin_operation());
        if (std::exchange(disk_.sync_fails_, false)) {
            inode_->settle(disk_.random_);
            return fail(ErrorCode::internal, "cannot sync " + path_ + ": input/output error");
        }
        inode_->sync();
        return {};
    }

    [[nodiscard]] Result<uint64_t> size() const override { return inode_->now().size(); }

private:
    Result<void> begin_operation() const {
        if (power_cycle_ != disk_.power_cycles_) {
            return fail(ErrorCode::internal, path_ + " was opened before the power failed");
        }
        return disk_.begin_operation(path_);
    }

    [[nodiscard]] Error no_space() const {
        return {ErrorCode::unavailable, "cannot write " + path_ + ": no space left", {}};
    }

    SimDisk& disk_;
    const InodePtr inode_;
    const std::string path_;
    const uint64_t power_cycle_;
};

SimDisk::SimDisk(Random& random) : random_(random) {
    directories_.try_emplace("");
}

SimDisk::~SimDisk() = default;

Result<void> SimDisk::begin_operation(const std::string& path) {
    if (operations_left_) {
        if (*operations_left_ == 0) {
            return fail(ErrorCode::internal, "cannot reach " + path + ": the power has failed");
        }
        --*operations_left_;
    }
    ++operations_;
    return {};
}

Result<SimDisk::Place> SimDisk::place_of(const std::string& path) {
    const size_t slash = path.rfind('/');
    const bool in_root = slash == std::string::npos;
    const auto directory = directories_.find(in_root ? std::string() : path.substr(0, slash));
    if (directory == directories_.end()) return fail(no_such_file(path));
    return Place{&directory->second, in_root ? path : path.substr(slash + 1)};
}

Result<SimDisk::InodePtr> SimDisk::find(const std::string& path) {
    TRY_AS(const auto place, place_of(path));
    const auto entry = place.directory->now.find(place.name);
    if (entry == place.directory->now.end()) return fail(no_such_file(path));
    return entry->second;
}

Result<void> SimDisk::make_directory(const std::string& path) {
    TRY(begin_operation(path));
    for (size_t slash = path.find('/'); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
        directories_.try_emplace(path.substr(0, slash));
    }
    directories_.try_emplace(path);
    return {};
}

Result<void> SimDisk::sync_directory(const std::string& path) {
    TRY(begin_operation(path));
    const auto found = directories_.find(path);
    if (found == directories_.end()) return fail(no_such_file(path));
    Directory& directory = found->second;
    if (std::exchange(sync_fails_, false)) {
        settle(directory);
        return fail(ErrorCode::internal, "cannot sync " + path + ": input/output error");
    }
    directory.durable = directory.now;
    directory.unsynced.clear();
    return {};
}

Result<std::vector<std::string>> SimDisk::list(const std::string& directory) {
    TRY(begin_operation(directory));
    std::vector<std::string> names;
    const auto found = directories_.find(directory);
    if (found == directories_.end()) return names;
    for (const auto& [name, inode] : found->second.now) names.push_back(name);
    const std::string prefix = directory.empty() ? "" : directory + "/";
    for (const auto& [path, content] : directories_) {
        if (path.size() <= prefix.size() || !path.starts_with(prefix)) continue;
        const auto name = path.substr(prefix.size());
        if (name.find('/') == std::string::npos) names.push_back(name);
    }
    return names;
}

Result<std::unique_ptr<DiskFile>> SimDisk::create(const std::string& path) {
    TRY(begin_operation(path));
    TRY_AS(const auto place, place_of(path));
    auto& inode = place.directory->now[place.name];
    if (inode) {
        inode->truncate();
    } else {
        inode = std::make_shared<Inode>();
        place.directory->unsynced.push_back({{place.name, inode}});
    }
    return std::unique_ptr<DiskFile>(std::make_unique<OpenFile>(*this, inode, path));
}

Result<std::unique_ptr<DiskFile>> SimDisk::open(const std::string& path) {
    TRY(begin_operation(path));
    TRY_AS(const auto inode, find(path));
    return std::unique_ptr<DiskFile>(std::make_unique<OpenFile>(*this, inode, path));
}

Result<void> SimDisk::rename(const std::string& from, const std::string& to) {
    TRY(begin_operation(from));
    TRY_AS(const auto inode, find(from));
    TRY_AS(const auto old_place, place_of(from));
    TRY_AS(const auto new_place, place_of(to));
    // Between two directories it would take both of their syncs; nobody needs it.
    ASSERT(old_place.directory == new_place.directory);
    Directory& directory = *old_place.directory;
    directory.now.erase(old_place.name);
    directory.now[new_place.name] = inode;
    directory.unsynced.push_back({{old_place.name, nullptr}, {new_place.name, inode}});
    return {};
}

Result<void> SimDisk::remove(const std::string& path) {
    TRY(begin_operation(path));
    TRY_AS(const auto place, place_of(path));
    if (place.directory->now.erase(place.name) > 0) {
        place.directory->unsynced.push_back({{place.name, nullptr}});
    }
    return {};
}

// What was not synced goes the way of a crash.
void SimDisk::settle(Directory& directory) {
    if (directory.unsynced.empty()) return;
    const Mood mood = draw_mood(random_);
    for (const auto& change : directory.unsynced) {
        if (draw_moment(mood, 1, random_) == 0) continue;
        for (const auto& [name, inode] : change) {
            if (inode) {
                directory.durable[name] = inode;
            } else {
                directory.durable.erase(name);
            }
        }
    }
    directory.unsynced.clear();
}

void SimDisk::crash() {
    ++power_cycles_;
    operations_left_.reset();
    sync_fails_ = false;
    for (auto& [path, directory] : directories_) {
        settle(directory);
        for (const auto& [name, inode] : directory.durable) {
            inode->settle(random_);
            inode->forget_cache();
        }
        directory.now = directory.durable;
    }
}

void SimDisk::heal() {
    sync_fails_ = false;
    operations_left_.reset();
    capacity_bytes_.reset();
    is_full_ = false;
}

uint64_t SimDisk::used_bytes() const {
    uint64_t used = 0;
    for (const auto& [path, directory] : directories_) {
        for (const auto& [name, inode] : directory.now) used += inode->now().size();
    }
    return used;
}

void SimDisk::set_free_bytes(std::optional<uint64_t> bytes) {
    if (bytes) {
        capacity_bytes_ = used_bytes() + *bytes;
    } else {
        capacity_bytes_.reset();
    }
}

// How much of `growth` there is room for.
uint64_t SimDisk::room_for(uint64_t growth) const {
    if (!capacity_bytes_ || growth == 0) return growth;
    const uint64_t used = used_bytes();
    const uint64_t left = *capacity_bytes_ > used ? *capacity_bytes_ - used : 0;
    return std::min(growth, left);
}

}  // namespace signalbox
