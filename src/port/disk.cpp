#include "port/disk.h"

namespace signalbox {

Result<void> write_file_atomically(Disk& disk, const std::string& directory,
                                   const std::string& name, std::string_view content,
                                   FileSecrecy secrecy) {
    const std::string path = directory.empty() ? name : directory + "/" + name;
    const std::string draft = path + ".new";
    const bool is_secret = secrecy == FileSecrecy::of_owner;
    TRY_AS(const auto file, is_secret ? disk.create_secret(draft) : disk.create(draft));
    TRY(file->write_at(0, content));
    TRY(file->sync_data());
    TRY(disk.rename(draft, path));
    return disk.sync_directory(directory);
}

Result<std::string> read_file(Disk& disk, const std::string& path) {
    TRY_AS(const auto file, disk.open(path));
    TRY_AS(const auto size, file->size());
    std::string content;
    TRY(file->read_at(0, static_cast<size_t>(size), content));
    return content;
}

}  // namespace signalbox
