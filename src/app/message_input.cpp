#include "app/message_input.h"

#include <cerrno>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

#include "codec/json_writer.h"
#include "codec/url.h"

namespace signalbox {
namespace {

constexpr size_t piece_bytes = 1u << 20;

}  // namespace

client::Problem usage_problem(std::string text) {
    client::Problem problem;
    problem.type = "urn:signalbox:problem:invalid_argument";
    problem.detail = std::move(text);
    return problem;
}

void InputFile::Closer::operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
}

client::Result<InputFile> InputFile::open(const std::string& name) {
    std::FILE* file = name == "-" ? stdin : std::fopen(name.c_str(), "rbe");
    if (file == nullptr) return tl::unexpected(usage_problem(name + ": " + std::strerror(errno)));
    return InputFile(name, std::unique_ptr<std::FILE, Closer>(file));
}

client::Result<std::string> InputFile::read_some(size_t bytes_max) {
    std::string bytes(bytes_max, '\0');
    // Not fread, which waits until it has got all of them.
    ssize_t count = 0;
    do {
        count = ::read(::fileno(file_.get()), bytes.data(), bytes.size());
    } while (count < 0 && errno == EINTR);
    if (count < 0) return tl::unexpected(usage_problem(name_ + ": " + std::strerror(errno)));
    bytes.resize(static_cast<size_t>(count));
    return bytes;
}

client::Result<std::string> InputFile::read_all() {
    std::string all;
    for (;;) {
        auto piece = read_some(piece_bytes);
        if (!piece) return piece;
        if (piece->empty()) return all;
        all += *piece;
    }
}

std::optional<uint64_t> InputFile::size() const {
    struct stat about{};
    if (::fstat(::fileno(file_.get()), &about) != 0 || !S_ISREG(about.st_mode)) {
        return std::nullopt;
    }
    return static_cast<uint64_t>(about.st_size);
}

client::Result<std::string> json_text(std::string_view text) {
    if (!is_valid_utf8(text)) return tl::unexpected(usage_problem("text must be UTF-8"));
    std::string json;
    append_json_string(json, text);
    return json;
}

}  // namespace signalbox
