#include "storage/roomy_file_system.h"

#include <string>

#include <fmt/format.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

namespace signalbox {
namespace {

constexpr uint64_t other_file_bytes = 4u << 20;
constexpr std::string_view table_suffix = ".sst";

rocksdb::IOStatus without_space(rocksdb::IOStatus status) {
    return status.IsNoSpace() ? rocksdb::IOStatus::IOError(status.ToString()) : status;
}

// Whatever may write.
class PlainFile : public rocksdb::FSWritableFileOwnerWrapper {
public:
    using FSWritableFileOwnerWrapper::FSWritableFileOwnerWrapper;

    rocksdb::IOStatus Append(const rocksdb::Slice& bytes, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
        return without_space(target()->Append(bytes, options, debug));
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& bytes, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo& verification,
                             rocksdb::IODebugContext* debug) override {
        return without_space(target()->Append(bytes, options, verification, debug));
    }
    rocksdb::IOStatus Truncate(uint64_t size, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
        return without_space(target()->Truncate(size, options, debug));
    }
    rocksdb::IOStatus Close(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override {
        return without_space(target()->Close(options, debug));
    }
    rocksdb::IOStatus Flush(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override {
        return without_space(target()->Flush(options, debug));
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
        return without_space(target()->Sync(options, debug));
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override {
        return without_space(target()->Fsync(options, debug));
    }
    rocksdb::IOStatus RangeSync(uint64_t offset, uint64_t count, const rocksdb::IOOptions& options,
                                rocksdb::IODebugContext* debug) override {
        return without_space(target()->RangeSync(offset, count, options, debug));
    }
    rocksdb::IOStatus Allocate(uint64_t offset, uint64_t count, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
        return without_space(target()->Allocate(offset, count, options, debug));
    }
};

class RoomyFileSystem : public rocksdb::FileSystemWrapper {
public:
    explicit RoomyFileSystem(uint64_t table_bytes)
        : FileSystemWrapper(rocksdb::FileSystem::Default()), table_bytes_(table_bytes) {}

    [[nodiscard]] const char* Name() const override { return "signalbox.roomy"; }

    rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override {
        const auto directory = name.substr(0, name.find_last_of('/'));
        const uint64_t needed = name.ends_with(table_suffix) ? table_bytes_ : other_file_bytes;
        uint64_t free = 0;
        const auto asked = target()->GetFreeSpace(directory, rocksdb::IOOptions(), &free, debug);
        if (asked.ok() && free < needed) {
            return rocksdb::IOStatus::IOError(fmt::format(
                "cannot write {}: it may need {} bytes, and {} are free", name, needed, free));
        }
        std::unique_ptr<rocksdb::FSWritableFile> made;
        auto status = target()->NewWritableFile(name, options, &made, debug);
        if (status.ok()) status = reserve(*made, needed, debug);
        if (!status.ok()) {
            made.reset();
            target()->DeleteFile(name, rocksdb::IOOptions(), debug).PermitUncheckedError();
            return without_space(status);
        }
        *file = std::make_unique<PlainFile>(std::move(made));
        return status;
    }

private:
    // So that nobody else takes the room meanwhile. What is not used is given back when the file is
    // closed, because it was asked for in RocksDB's own way, too.
    static rocksdb::IOStatus reserve(rocksdb::FSWritableFile& file, uint64_t bytes,
                                     rocksdb::IODebugContext* debug) {
        auto status = file.Allocate(0, bytes, rocksdb::IOOptions(), debug);
        if (status.IsNotSupported()) return rocksdb::IOStatus::OK();
        if (status.ok()) {
            file.SetPreallocationBlockSize(bytes);
            file.PrepareWrite(0, 1, rocksdb::IOOptions(), debug);
        }
        return status;
    }

    const uint64_t table_bytes_;
};

}  // namespace

std::unique_ptr<rocksdb::Env> make_roomy_env(uint64_t table_bytes) {
    return rocksdb::NewCompositeEnv(std::make_shared<RoomyFileSystem>(table_bytes));
}

}  // namespace signalbox
