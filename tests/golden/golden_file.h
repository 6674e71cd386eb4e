#pragma once

#include <string>
#include <string_view>

#include "storage/memory_store.h"

// Files under version control that show, byte by byte, what users have on their disks and their
// clients see. A test makes the same bytes again and compares; another one reads the old bytes.
// SIGNALBOX_TEST_REWRITE=1 writes the files instead. Commit a rewrite only when you know which
// version of the format takes care of the bytes that are out there.

namespace signalbox {

bool is_rewriting();
// Fails the test when the file has other content than `text`, or rewrites it.
void expect_golden(const std::string& name, const std::string& text);
std::string read_golden(const std::string& name);

// As `hexdump -C` writes it, with a '*' for lines that repeat the one before.
std::string hex_dump(std::string_view bytes);
std::string from_hex_dump(std::string_view dump);

// Rows as text: each key and value a dump.
std::string dump_rows(const MemoryStore::Rows& rows);
MemoryStore::Rows from_dump_of_rows(std::string_view text);

}  // namespace signalbox
