#pragma once

#include <cstdint>
#include <memory>

namespace rocksdb {
class Env;
}

namespace signalbox {

// The file system of the machine, for RocksDB, but that it makes no file when there would not be
// room for what goes into it: `table_bytes` are set aside for a file of rows, a little for any
// other. RocksDB as it is packaged ends the process when it comes back to a file that it could not
// write to; a file that it could not make is an error like any other.
//
// Nor does it ever say that there is no space, but that the write failed. Told of space, RocksDB
// tries to recover by itself, on a thread that may wait for ever, and may count rows as written
// that are not; after another error it takes no writes until it is opened anew, which the store
// does.
std::unique_ptr<rocksdb::Env> make_roomy_env(uint64_t table_bytes);

}  // namespace signalbox
