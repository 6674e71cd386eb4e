#include "bench/limit/record_file.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace signalbox::bench {
namespace {

constexpr size_t fill_chunk_bytes = 1u << 20;

Result<void> write_at(int descriptor, uint64_t offset, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count =
            ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {
            return fail(ErrorCode::internal, fmt::format("cannot write: {}", strerror(errno)));
        }
        bytes.remove_prefix(static_cast<size_t>(count));
        offset += static_cast<uint64_t>(count);
    }
    return {};
}

Result<void> sync(int descriptor) {
    if (::fdatasync(descriptor) == 0) return {};
    return fail(ErrorCode::internal, fmt::format("cannot sync: {}", strerror(errno)));
}

}  // namespace

Result<std::unique_ptr<RecordFile>> RecordFile::make(const std::string& path, uint64_t bytes) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return fail(ErrorCode::internal, fmt::format("cannot make a file: {}", strerror(errno)));
    }
    std::unique_ptr<RecordFile> file(new RecordFile(descriptor, bytes));
    const std::string zeros(fill_chunk_bytes, '\0');
    for (uint64_t at = 0; at < bytes; at += zeros.size()) TRY(write_at(descriptor, at, zeros));
    TRY(sync(descriptor));
    return file;
}

RecordFile::~RecordFile() {
    ::close(descriptor_);
}

Result<void> RecordFile::append(std::string_view records) {
    if (end_ + records.size() > bytes_) end_ = 0;
    TRY(write_at(descriptor_, end_, records));
    end_ += records.size();
    return sync(descriptor_);
}

}  // namespace signalbox::bench
