#include "app/option_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/log.h"

namespace signalbox {
namespace {

constexpr size_t file_bytes_max = 1u << 20;

}  // namespace

Error option_file_error(const std::string& option, const std::string& path,
                        const std::string& why) {
    return {ErrorCode::invalid_argument, fmt::format("{}: {}", path, why), option};
}

Result<std::string> read_option_file(const std::string& option, const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream content;
    if (in) content << in.rdbuf();
    if (!in) return fail(option_file_error(option, path, std::strerror(errno)));
    auto text = content.str();
    if (text.size() > file_bytes_max) {
        return fail(option_file_error(option, path, "is too large"));
    }
    return text;
}

Result<std::string> read_secret_file(const std::string& option, const std::string& path) {
    TRY_AS(auto text, read_option_file(option, path));
    struct stat state{};
    if (::stat(path.c_str(), &state) == 0 && (state.st_mode & (S_IRGRP | S_IROTH)) != 0) {
        LOG(warning, "options.secret_is_readable", {"file", path});
    }
    return text;
}

}  // namespace signalbox
