#include "storage/change_set.h"

#include <cstring>

#include "base/assert.h"
#include "base/bytes.h"

namespace signalbox {
namespace {

// The length of a change set stands in front of it.
constexpr size_t change_set_header_bytes = 4;

// Reads one write from the front of `bytes`; returns how long it is, or 0 when it is damaged.
size_t decode_write(std::string_view bytes, Write& write) {
    ByteReader reader(bytes);
    const uint8_t kind = reader.u8();
    write.key = reader.bytes();
    write.value = {};
    switch (kind) {
        case static_cast<uint8_t>(WriteKind::put):
        case static_cast<uint8_t>(WriteKind::erase_range): write.value = reader.bytes(); break;
        case static_cast<uint8_t>(WriteKind::erase): break;
        default: return 0;
    }
    if (!reader.ok()) return 0;
    write.kind = static_cast<WriteKind>(kind);
    return bytes.size() - reader.left();
}

}  // namespace

void BatchWriter::reset(Revision first) {
    first_ = first;
    count_ = 0;
    set_start_ = 0;
    bytes_.clear();
    write_starts_.clear();
}

void BatchWriter::begin() {
    set_start_ = bytes_.size();
    // The length is known only at the end.
    put_u32_le(bytes_, 0);
}

void BatchWriter::put(std::string_view key, std::string_view value) {
    add(WriteKind::put, key, value);
}

void BatchWriter::erase(std::string_view key) {
    add(WriteKind::erase, key, {});
}

void BatchWriter::erase_range(std::string_view lower, std::string_view upper) {
    ASSERT(lower <= upper);
    add(WriteKind::erase_range, lower, upper);
}

void BatchWriter::add(WriteKind kind, std::string_view key, std::string_view value) {
    write_starts_.push_back(bytes_.size());
    put_u8(bytes_, static_cast<uint8_t>(kind));
    put_bytes(bytes_, key);
    if (kind != WriteKind::erase) put_bytes(bytes_, value);
}

Write BatchWriter::write_at(size_t index) const {
    Write write{};
    const size_t length =
        decode_write(std::string_view(bytes_).substr(write_starts_[index]), write);
    ASSERT(length > 0);
    return write;
}

bool BatchWriter::end() {
    const size_t length = bytes_.size() - set_start_ - change_set_header_bytes;
    if (length == 0) {
        bytes_.resize(set_start_);
        return false;
    }
    ASSERT(length <= UINT32_MAX);
    const auto prefix = static_cast<uint32_t>(length);
    std::memcpy(bytes_.data() + set_start_, &prefix, sizeof prefix);
    set_start_ = bytes_.size();
    ++count_;
    return true;
}

void BatchWriter::abandon() {
    bytes_.resize(set_start_ + change_set_header_bytes);
    while (!write_starts_.empty() && write_starts_.back() >= bytes_.size()) {
        write_starts_.pop_back();
    }
    ++abandoned_;
}

bool BatchReader::next() {
    if (!ok_) return false;
    while (position_ == set_end_) {
        if (position_ == bytes_.size()) return false;
        if (bytes_.size() - position_ < change_set_header_bytes) return ok_ = false;
        const size_t length = load_u32_le(bytes_.data() + position_);
        position_ += change_set_header_bytes;
        if (length > bytes_.size() - position_) return ok_ = false;
        set_end_ = position_ + length;
        if (started_) ++set_index_;
        started_ = true;
    }
    const size_t length = decode_write(bytes_.substr(position_, set_end_ - position_), write_);
    if (length == 0) return ok_ = false;
    position_ += length;
    return true;
}

}  // namespace signalbox
