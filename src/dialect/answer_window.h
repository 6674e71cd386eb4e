#pragma once

#include <cstddef>

#include "base/assert.h"

namespace signalbox {

// What the answers of one connection take of the memory before they can be sent. Two things are
// bounded by whoever asks it before the next request is begun: what is finished and waits for its
// turn, and how many requests are under way that may be answered at length. Of those there are
// few, and one at a time once an answer was large: how large the others will be is not known
// before they are there.
class AnswerWindow {
public:
    static constexpr size_t large_bytes = 64u << 10;
    static constexpr size_t lengthy_max = 16;

    void begin_lengthy() { ++lengthy_; }
    void end_lengthy() {
        ASSERT(lengthy_ > 0);
        --lengthy_;
    }
    // An answer to a request that was not thought lengthy makes all the further ones so.
    void answered(size_t bytes, bool was_lengthy) {
        if (bytes <= large_bytes) return;
        was_large_ = true;
        if (!was_lengthy) all_lengthy_ = true;
    }
    [[nodiscard]] bool all_lengthy() const { return all_lengthy_; }

    void keep(size_t bytes) { kept_bytes_ += bytes; }
    void let_go(size_t bytes) {
        ASSERT(bytes <= kept_bytes_);
        kept_bytes_ -= bytes;
    }
    [[nodiscard]] size_t kept_bytes() const { return kept_bytes_; }
    [[nodiscard]] size_t lengthy() const { return lengthy_; }

    // Whether one more request may be begun.
    [[nodiscard]] bool has_room(size_t unsent_bytes, size_t bytes_max) const {
        return unsent_bytes + kept_bytes_ <= bytes_max && lengthy_ < (was_large_ ? 1 : lengthy_max);
    }

private:
    size_t kept_bytes_ = 0;
    size_t lengthy_ = 0;  // under way
    bool was_large_ = false;
    bool all_lengthy_ = false;
};

}  // namespace signalbox
