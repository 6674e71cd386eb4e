#include "app/body_keys.h"

#include "app/kept_secret.h"
#include "app/option_file.h"
#include "base/log.h"

namespace signalbox {
namespace {

constexpr const char* option_name = "queue_encryption_key_file";
constexpr const char* kept_name = "queue-encryption-key";

Result<BodyCipher> read_keys(const std::string& path, Disk& disk) {
    TRY_AS(auto lines, read_secret_file(option_name, path));
    if (const auto given = BodyCipher::parse(lines); !given) {
        return fail(option_file_error(option_name, path, given.error().message));
    }
    TRY_AS(const auto kept, find_kept_secret(disk, kept_name));
    if (kept) lines += "\n" + *kept;
    auto keys = BodyCipher::parse(lines);
    if (!keys) return fail(option_file_error(option_name, path, keys.error().message));
    return keys;
}

Result<BodyCipher> make_keys(Disk& disk) {
    TRY_AS(const auto kept, kept_secret(disk, kept_name));
    return BodyCipher::parse(kept);
}

}  // namespace

Result<BodyCipher> load_body_keys(const ServeOptions& options, Disk& disk) {
    const auto& path = options.queue_encryption_key_file;
    auto keys = path.empty() ? make_keys(disk) : read_keys(path, disk);
    if (!keys) return keys;
    std::string others;
    for (size_t i = 1; i < keys->ids().size(); ++i) {
        others += (others.empty() ? "" : ",") + format_body_key_id(keys->ids()[i]);
    }
    LOG(info, "messages.keys", {"encrypts", format_body_key_id(keys->ids().front())},
        {"decrypt_too", others});
    return keys;
}

}  // namespace signalbox
