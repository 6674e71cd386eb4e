#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

namespace signalbox {

// A set of numbers kept as runs [first, end): what is claimed, delayed or gone in a queue comes
// in long runs, so a million of them may cost as much as one. Any operation is O(log runs), or
// in what it takes away.
//
// Invariant (check()): runs are not empty, do not overlap and do not touch.
class RunSet {
public:
    void add(uint64_t first, uint64_t end);
    void add(uint64_t number) { add(number, number + 1); }
    void remove(uint64_t first, uint64_t end);
    void remove(uint64_t number) { remove(number, number + 1); }
    // Every number below.
    void remove_below(uint64_t end) { remove(0, end); }
    void clear() { runs_.clear(); }

    [[nodiscard]] bool contains(uint64_t number) const;
    // The smallest number from `from` on that is not in the set.
    [[nodiscard]] uint64_t first_gap(uint64_t from) const;
    // The smallest number in the set; `none` when it is empty.
    static constexpr uint64_t none = UINT64_MAX;
    [[nodiscard]] uint64_t first() const { return runs_.empty() ? none : runs_.begin()->first; }
    [[nodiscard]] bool empty() const { return runs_.empty(); }
    [[nodiscard]] size_t run_count() const { return runs_.size(); }
    [[nodiscard]] const std::map<uint64_t, uint64_t>& runs() const { return runs_; }
    void check() const;

private:
    std::map<uint64_t, uint64_t> runs_;  // first to end
};

}  // namespace signalbox
