#include "app/kept_secret.h"

#include <array>

#include <fmt/format.h>
#include <sys/random.h>

#include "base/ids.h"

namespace signalbox {
namespace {

using SecretBytes = std::array<uint8_t, 32>;

}  // namespace

Result<std::optional<std::string>> find_kept_secret(Disk& disk, const std::string& name) {
    auto kept = read_file(disk, name);
    if (!kept && kept.error().code == ErrorCode::not_found) return std::optional<std::string>();
    if (!kept) return fail(std::move(kept).error());
    SecretBytes bytes{};
    if (!read_hex(*kept, bytes.data(), bytes.size())) {
        return fail(ErrorCode::internal,
                    fmt::format("{} is damaged; restore it from a backup", name));
    }
    return std::optional(std::move(*kept));
}

Result<std::string> kept_secret(Disk& disk, const std::string& name) {
    TRY_AS(auto kept, find_kept_secret(disk, name));
    if (kept) return std::move(*kept);
    SecretBytes bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
        return fail(ErrorCode::internal, "the system has no random numbers");
    }
    auto made = to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    TRY(write_file_atomically(disk, "", name, made, FileSecrecy::of_owner));
    return made;
}

}  // namespace signalbox
