#include "storage/roomy_file_system.h"

#include <string>

#include <fmt/format.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

namespace signalbox {
namespace {

constexpr uint64_t other_file_bytes = 4u << 20;
constexpr std::string_view table_suffix = ".sst";

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
            return rocksdb::IOStatus::NoSpace(fmt::format(
                "cannot write {}: it may need {} bytes, and {} are free", name, needed, free));
        }
        return target()->NewWritableFile(name, options, file, debug);
    }

private:
    const uint64_t table_bytes_;
};

}  // namespace

std::unique_ptr<rocksdb::Env> make_roomy_env(uint64_t table_bytes) {
    return rocksdb::NewCompositeEnv(std::make_shared<RoomyFileSystem>(table_bytes));
}

}  // namespace signalbox
