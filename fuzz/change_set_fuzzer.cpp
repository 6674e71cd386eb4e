#include "fuzz/fuzzing.h"
#include "storage/change_set.h"
#include "storage/memory_store.h"

// Any bytes as a batch: read without harm, and what is read can be written again.

namespace signalbox {

void fuzz_one(std::string_view input) {
    BatchWriter again;
    again.reset(Revision(1));
    BatchReader reader(input);
    uint32_t set = 0;
    bool is_orderly = true;
    again.begin();
    while (reader.next()) {
        if (reader.set_index() != set) {
            set = reader.set_index();
            again.end();
            again.begin();
        }
        const Write& write = reader.write();
        switch (write.kind) {
            case WriteKind::put: again.put(write.key, write.value); break;
            case WriteKind::erase: again.erase(write.key); break;
            case WriteKind::erase_range:
                is_orderly = is_orderly && write.key <= write.value;
                if (write.key <= write.value) again.erase_range(write.key, write.value);
                break;
        }
    }
    again.end();
    if (!reader.ok()) {
        MemoryStore store;
        ASSERT(!store.apply({Revision(1), 1, input}));
        ASSERT(store.applied() == Revision(0));
        return;
    }
    ASSERT(reader.position() == input.size());
    if (!is_orderly || again.empty()) return;
    MemoryStore store;
    MemoryStore other;
    ASSERT(store.apply({Revision(1), 1, input}));
    ASSERT(other.apply(again.view()));
    ASSERT(store.rows() == other.rows());
}

}  // namespace signalbox
