#include "core/run_set.h"

#include <algorithm>
#include <iterator>

#include "base/assert.h"

namespace signalbox {

void RunSet::add(uint64_t first, uint64_t end) {
    if (first >= end) return;
    // The first run that overlaps or touches.
    auto run = runs_.upper_bound(first);
    if (run != runs_.begin() && std::prev(run)->second >= first) --run;
    if (run == runs_.end() || run->first > end) {
        runs_.emplace_hint(run, first, end);
        return;
    }
    if (run->first <= first) {
        // It grows at its end, as most do, in its place.
        run->second = std::max(run->second, end);
    } else {
        end = std::max(end, run->second);
        auto node = runs_.extract(run);
        node.key() = first;
        node.mapped() = end;
        run = runs_.insert(std::move(node)).position;
    }
    for (auto next = std::next(run); next != runs_.end() && next->first <= run->second;) {
        run->second = std::max(run->second, next->second);
        next = runs_.erase(next);
    }
}

void RunSet::remove(uint64_t first, uint64_t end) {
    if (first >= end) return;
    auto run = runs_.lower_bound(first);
    if (run != runs_.begin()) {
        const auto before = std::prev(run);
        if (before->second > first) {
            const uint64_t before_end = before->second;
            before->second = first;
            if (before_end > end) {
                runs_.emplace_hint(run, end, before_end);
                return;
            }
        }
    }
    while (run != runs_.end() && run->first < end) {
        if (run->second > end) {
            auto node = runs_.extract(run);
            node.key() = end;
            runs_.insert(std::move(node));
            return;
        }
        run = runs_.erase(run);
    }
}

bool RunSet::contains(uint64_t number) const {
    return first_gap(number) != number;
}

uint64_t RunSet::first_gap(uint64_t from) const {
    const auto after = runs_.upper_bound(from);
    if (after == runs_.begin()) return from;
    return std::max(from, std::prev(after)->second);
}

void RunSet::check() const {
    uint64_t end_before = 0;
    bool is_first = true;
    for (const auto& [first, end] : runs_) {
        ASSERT(first < end);
        ASSERT(is_first || first > end_before);
        end_before = end;
        is_first = false;
    }
}

}  // namespace signalbox
