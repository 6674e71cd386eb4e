#include "storage/change_set.h"

#include <cstring>

#include "base/assert.h"
#include "base/bytes.h"

namespace signalbox {
namespace {

// The length of a change set stands in front of it and is known only at its end.
constexpr size_t set_header_bytes = 4;

}  // namespace

void BatchWriter::reset(Revision first) {
    first_ = first;
    count_ = 0;
    set_start_ = 0;
    bytes_.clear();
}

void BatchWriter::begin() {
    set_start_ = bytes_.size();
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
    put_u8(bytes_, static_cast<uint8_t>(kind));
    put_bytes(bytes_, key);
    if (kind != WriteKind::erase) put_bytes(bytes_, value);
}

bool BatchWriter::end() {
    const size_t length = bytes_.size() - set_start_ - set_header_bytes;
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

bool BatchReader::next() {
    if (!ok_) return false;
    while (position_ == set_end_) {
        if (position_ == bytes_.size()) return false;
        if (bytes_.size() - position_ < set_header_bytes) return ok_ = false;
        const size_t length = load_u32_le(bytes_.data() + position_);
        position_ += set_header_bytes;
        if (length > bytes_.size() - position_) return ok_ = false;
        set_end_ = position_ + length;
        if (started_) ++set_index_;
        started_ = true;
    }
    ByteReader reader(bytes_.substr(position_, set_end_ - position_));
    const uint8_t kind = reader.u8();
    write_.key = reader.bytes();
    write_.value = {};
    switch (kind) {
        case static_cast<uint8_t>(WriteKind::put):
        case static_cast<uint8_t>(WriteKind::erase_range): write_.value = reader.bytes(); break;
        case static_cast<uint8_t>(WriteKind::erase): break;
        default: return ok_ = false;
    }
    if (!reader.ok()) return ok_ = false;
    write_.kind = static_cast<WriteKind>(kind);
    position_ = set_end_ - reader.left();
    return true;
}

}  // namespace signalbox
