#pragma once

#include "app/options.h"
#include "codec/body_cipher.h"
#include "port/disk.h"

namespace signalbox {

// The keys that bodies of messages are encrypted with: those of `queue_encryption_key_file`, or one
// that is made once and kept with the data. One that was kept before there was a file still
// decrypts.
Result<BodyCipher> load_body_keys(const ServeOptions& options, Disk& disk);

}  // namespace signalbox
