#include "support/temporary_directory.h"

#include <stdexcept>

#include <stdlib.h>

namespace signalbox {

TemporaryDirectory::TemporaryDirectory(const std::string& name) {
    std::string path = std::filesystem::temp_directory_path() / ("signalbox-" + name + "-XXXXXX");
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("cannot make " + path);
    path_ = path;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace signalbox
