#include "app/zaqar_secret.h"

#include <array>

#include <sys/random.h>

#include "base/ids.h"

namespace signalbox {
namespace {

constexpr const char* file_name = "zaqar-secret";
constexpr size_t secret_bytes = 32;

}  // namespace

Result<std::string> kept_zaqar_secret(Disk& disk) {
    auto kept = read_file(disk, file_name);
    if (kept) {
        if (kept->size() != 2 * secret_bytes) {
            return fail(ErrorCode::internal, "zaqar-secret is damaged; restore it from a backup");
        }
        return kept;
    }
    if (kept.error().code != ErrorCode::not_found) return kept;
    std::array<char, secret_bytes> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
        return fail(ErrorCode::internal, "the system has no random numbers");
    }
    auto made = to_hex({bytes.data(), bytes.size()});
    TRY(write_file_atomically(disk, "", file_name, made, FileSecrecy::of_owner));
    return made;
}

}  // namespace signalbox
