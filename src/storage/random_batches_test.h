#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "storage/change_set.h"
#include "storage/keys.h"
#include "storage/store.h"

namespace signalbox {

// Random writes to few keys, in tables of both kinds, so that everything meets everything.
class RandomBatches {
public:
    explicit RandomBatches(uint64_t seed) : random_(seed) {}

    Random& random() { return random_; }

    std::string key() {
        static constexpr Table tables[] = {Table::ticket_live, Table::session, Table::event,
                                           Table::event_mark};
        return key_in(tables[random_.below(4)]);
    }

    // Both bounds in one table, as all ranges are; sometimes the wrong way round.
    std::pair<std::string, std::string> bounds() {
        static constexpr Table tables[] = {Table::ticket_live, Table::session, Table::event};
        const Table table = tables[random_.below(3)];
        auto lower = key_in(table);
        auto upper = random_.chance(1, 4) ? prefix_end(KeyBuilder(table).take()) : key_in(table);
        if (lower > upper && !random_.chance(1, 8)) std::swap(lower, upper);
        return {std::move(lower), std::move(upper)};
    }

    void write(BatchWriter& batch) {
        const auto choice = random_.below(10);
        if (choice < 6) {
            const auto name = key();
            const auto bytes = random_.below(20);
            batch.put(name, std::string(bytes, static_cast<char>('a' + random_.below(26))));
        } else if (choice < 9) {
            batch.erase(key());
        } else {
            auto [lower, upper] = bounds();
            if (upper < lower) std::swap(lower, upper);
            batch.erase_range(lower, upper);
        }
    }

    void fill(BatchWriter& batch) {
        const auto sets = 1 + random_.below(3);
        for (uint64_t set = 0; set < sets; ++set) {
            batch.begin();
            const auto writes = 1 + random_.below(5);
            for (uint64_t i = 0; i < writes; ++i) write(batch);
            batch.end();
        }
    }

private:
    std::string key_in(Table table) {
        const auto length = random_.below(3);
        std::string tail;
        for (uint64_t i = 0; i < length; ++i) {
            tail.push_back("\x00\x01m\xff"[random_.below(4)]);
        }
        return KeyBuilder(table).tail(tail).take();
    }

    Random random_;
};

using RowList = std::vector<std::pair<std::string, std::string>>;

inline RowList rows_of(const RowReader& reader, const std::pair<std::string, std::string>& bounds,
                       ScanOrder order = ScanOrder::ascending) {
    RowList rows;
    const auto scan = reader.scan(bounds.first, bounds.second, order);
    for (; scan->valid(); scan->next()) rows.emplace_back(scan->key(), scan->value());
    return rows;
}

// The rows of a scan that goes one row and then seeks.
inline RowList rows_after_seek(const RowReader& reader,
                               const std::pair<std::string, std::string>& bounds,
                               std::string_view key) {
    RowList rows;
    const auto scan = reader.scan(bounds.first, bounds.second);
    if (scan->valid()) scan->next();
    scan->seek(key);
    for (; scan->valid(); scan->next()) rows.emplace_back(scan->key(), scan->value());
    return rows;
}

// What it must be: `rows` without the first one, and without those before the key.
inline RowList rows_to_seek(const RowList& rows, std::string_view key) {
    RowList left;
    for (size_t i = 1; i < rows.size(); ++i) {
        if (rows[i].first >= key) left.push_back(rows[i]);
    }
    return left;
}

}  // namespace signalbox
