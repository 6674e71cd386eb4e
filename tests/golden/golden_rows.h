#pragma once

#include <string>
#include <vector>

#include "sim/engine_driver.h"
#include "storage/keys.h"
#include "tests/golden/golden_file.h"

namespace signalbox {

MemoryStore::Rows rows_of(EngineDriver& driver, Table table);

// What these files tell, and `more`, become the rows of an engine that has none yet. It finds them
// when it is restarted, whoever wrote them.
void put_golden_rows(EngineDriver& driver, const std::vector<std::string>& files,
                     const MemoryStore::Rows& more = {});

}  // namespace signalbox
