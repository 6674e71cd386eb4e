#include "tests/golden/golden_rows.h"

#include "base/assert.h"

namespace signalbox {

MemoryStore::Rows rows_of(EngineDriver& driver, Table table) {
    MemoryStore::Rows rows;
    for (const auto& [key, value] : driver.store().rows()) {
        if (static_cast<Table>(key.front()) == table) rows.emplace(key, value);
    }
    return rows;
}

void put_golden_rows(EngineDriver& driver, const std::vector<std::string>& files,
                     const MemoryStore::Rows& more) {
    BatchWriter batch;
    batch.reset(Revision(1));
    batch.begin();
    for (const auto& file : files) {
        for (const auto& [key, value] : from_dump_of_rows(read_golden(file))) batch.put(key, value);
    }
    for (const auto& [key, value] : more) batch.put(key, value);
    batch.end();
    const auto applied = driver.store().apply(batch.view());
    ASSERT(applied);
}

}  // namespace signalbox
