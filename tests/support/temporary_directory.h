#pragma once

#include <filesystem>
#include <string>

namespace signalbox {

// A directory that is there for as long as this object.
class TemporaryDirectory {
public:
    explicit TemporaryDirectory(const std::string& name);
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace signalbox
