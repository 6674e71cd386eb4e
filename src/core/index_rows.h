#pragma once

#include <string_view>

#include "core/step.h"

namespace signalbox {

// When something that readers wait for last changed: a row for each, so that what a reader is told
// never goes back, also behind a restart. docs/formats.md.

enum class IndexScope : uint8_t {  // on disk: values never change
    sessions = 0,
    nodes = 1,
    node = 2,
    node_floor = 3,  // when the last one went, of which there is no row any more
    services = 4,
    service = 5,
    service_floor = 6,
    checks = 7,
};

// The index of what changes in this step. One more than its revision: 1 is told of what nobody has
// touched yet, so no change may have it.
inline uint64_t index_of(const Step& step) {
    return step.revision().value + 1;
}

std::string index_key(TenantId tenant, IndexScope scope, std::string_view name);
std::string encode_index(uint64_t index);
std::optional<uint64_t> decode_index(std::string_view value);

// It changes in this step.
void touch_index(TenantId tenant, IndexScope scope, std::string_view name, Step& step);
// Nobody has it any more: from now on `floor` tells.
void forget_index(TenantId tenant, IndexScope scope, IndexScope floor, std::string_view name,
                  Step& step);

// Zero when nothing is known. Any thread, with a snapshot.
Result<uint64_t> read_index(const RowReader& rows, TenantId tenant, IndexScope scope,
                            std::string_view name = {});

}  // namespace signalbox
