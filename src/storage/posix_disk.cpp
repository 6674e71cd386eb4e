#include "storage/posix_disk.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace signalbox {
namespace {

Error system_error(std::string_view doing, const std::string& path) {
    const int code = errno;
    const bool full = code == ENOSPC || code == EDQUOT;
    const auto kind = full ? ErrorCode::unavailable
                           : (code == ENOENT ? ErrorCode::not_found : ErrorCode::internal);
    return {kind, fmt::format("cannot {} {}: {}", doing, path, std::strerror(code)), {}};
}

class PosixFile : public DiskFile {
public:
    PosixFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
    ~PosixFile() override { ::close(descriptor_); }
    PosixFile(const PosixFile&) = delete;
    PosixFile& operator=(const PosixFile&) = delete;

    Result<void> write_at(uint64_t offset, std::string_view bytes) override {
        while (!bytes.empty()) {
            const ssize_t count =
                ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
            if (count < 0) {
                if (errno == EINTR) continue;
                return fail(system_error("write", path_));
            }
            bytes.remove_prefix(static_cast<size_t>(count));
            offset += static_cast<uint64_t>(count);
        }
        return {};
    }

    Result<void> read_at(uint64_t offset, size_t count, std::string& out) const override {
        const size_t start = out.size();
        out.resize(start + count);
        size_t done = 0;
        while (done < count) {
            const ssize_t got = ::pread(descriptor_, out.data() + start + done, count - done,
                                        static_cast<off_t>(offset + done));
            if (got < 0) {
                if (errno == EINTR) continue;
                return fail(system_error("read", path_));
            }
            if (got == 0) break;
            done += static_cast<size_t>(got);
        }
        out.resize(start + done);
        return {};
    }

    Result<void> sync_data() override {
        // A failed sync is never tried again: the kernel may have dropped the pages already.
        if (::fdatasync(descriptor_) != 0) return fail(system_error("sync", path_));
        return {};
    }

    [[nodiscard]] Result<uint64_t> size() const override {
        struct stat status{};
        if (::fstat(descriptor_, &status) != 0) return fail(system_error("stat", path_));
        return static_cast<uint64_t>(status.st_size);
    }

private:
    const int descriptor_;
    const std::string path_;
};

Result<int> open_descriptor(const std::string& path, int flags, std::string_view doing) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0640);
    if (descriptor < 0) return fail(system_error(doing, path));
    return descriptor;
}

Result<void> sync_directory_at(const std::string& path) {
    TRY_AS(const int descriptor, open_descriptor(path, O_RDONLY | O_DIRECTORY, "open"));
    const int outcome = ::fsync(descriptor);
    const int code = errno;
    ::close(descriptor);
    errno = code;
    if (outcome != 0) return fail(system_error("sync", path));
    return {};
}

std::string directory_above(const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path().string() : ".";
}

// With all that is missing above it, each synced in the one above. False when it was there.
Result<bool> make_directories(const std::string& path) {
    std::error_code error;
    auto at = std::filesystem::path(path).lexically_normal();
    if (!at.has_filename()) at = at.parent_path();  // "data/"
    std::vector<std::string> parents;
    for (; !at.empty() && !std::filesystem::exists(at, error); at = at.parent_path()) {
        parents.push_back(directory_above(at));
    }
    std::filesystem::create_directories(path, error);
    if (error) {
        return fail(ErrorCode::internal,
                    fmt::format("cannot make directory {}: {}", path, error.message()));
    }
    for (auto parent = parents.rbegin(); parent != parents.rend(); ++parent) {
        TRY(sync_directory_at(*parent));
    }
    return !parents.empty();
}

}  // namespace

PosixDisk::PosixDisk(std::string root, int lock_descriptor)
    : root_(std::move(root)), lock_descriptor_(lock_descriptor) {}

PosixDisk::~PosixDisk() {
    ::close(lock_descriptor_);
}

Result<std::unique_ptr<PosixDisk>> PosixDisk::mount(std::string root) {
    TRY(make_directories(root));
    const std::string lock_path = root + "/LOCK";
    TRY_AS(const int descriptor, open_descriptor(lock_path, O_RDWR | O_CREAT, "open"));
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        ::close(descriptor);
        return fail(ErrorCode::conflict, fmt::format("another server is using {}", root), "data");
    }
    return std::unique_ptr<PosixDisk>(new PosixDisk(std::move(root), descriptor));
}

std::string PosixDisk::absolute(const std::string& path) const {
    return path.empty() ? root_ : root_ + "/" + path;
}

Result<void> PosixDisk::make_directory(const std::string& path) {
    TRY_AS(const bool is_new, make_directories(absolute(path)));
    if (is_new) return {};
    // Whoever made it may have died before that.
    return sync_directory_at(directory_above(absolute(path)));
}

Result<void> PosixDisk::sync_directory(const std::string& path) {
    return sync_directory_at(absolute(path));
}

Result<std::vector<std::string>> PosixDisk::list(const std::string& directory) {
    std::vector<std::string> names;
    std::error_code error;
    const std::filesystem::directory_iterator entries(absolute(directory), error);
    if (error == std::errc::no_such_file_or_directory) return names;
    if (error) {
        return fail(ErrorCode::internal,
                    fmt::format("cannot list {}: {}", absolute(directory), error.message()));
    }
    for (const auto& entry : entries) names.push_back(entry.path().filename().string());
    return names;
}

Result<std::unique_ptr<DiskFile>> PosixDisk::create(const std::string& path) {
    const std::string full = absolute(path);
    TRY_AS(const int descriptor, open_descriptor(full, O_RDWR | O_CREAT | O_TRUNC, "create"));
    return std::unique_ptr<DiskFile>(std::make_unique<PosixFile>(descriptor, full));
}

Result<std::unique_ptr<DiskFile>> PosixDisk::create_secret(const std::string& path) {
    const std::string full = absolute(path);
    TRY_AS(const int descriptor, open_descriptor(full, O_RDWR | O_CREAT | O_TRUNC, "create"));
    auto file = std::make_unique<PosixFile>(descriptor, full);
    // Before anything is in it; one that a crash left has the mode that it was made with.
    if (::fchmod(descriptor, S_IRUSR | S_IWUSR) != 0) return fail(system_error("protect", full));
    return file;
}

Result<std::unique_ptr<DiskFile>> PosixDisk::open(const std::string& path) {
    const std::string full = absolute(path);
    TRY_AS(const int descriptor, open_descriptor(full, O_RDWR, "open"));
    return std::unique_ptr<DiskFile>(std::make_unique<PosixFile>(descriptor, full));
}

Result<void> PosixDisk::rename(const std::string& from, const std::string& to) {
    if (::rename(absolute(from).c_str(), absolute(to).c_str()) != 0) {
        return fail(system_error("rename", absolute(from)));
    }
    return {};
}

Result<void> PosixDisk::remove(const std::string& path) {
    if (::unlink(absolute(path).c_str()) != 0 && errno != ENOENT) {
        return fail(system_error("remove", absolute(path)));
    }
    return {};
}

}  // namespace signalbox
