#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "core/identity.h"
#include "dialect/zaqar/zaqar_fault.h"
#include "dialect/zaqar/zaqar_options.h"

// Paths of one project that anybody may ask for who has been given a signature of them, for a
// while and with some methods: /share gives them out.

namespace signalbox::zaqar {

// What is signed, in the form in which it is.
struct SignedAccess {
    std::vector<std::string> paths;    // sorted
    std::vector<std::string> methods;  // sorted
    std::string project;
    std::string expires;  // "2030-01-01T00:00:00", UTC

    [[nodiscard]] std::string signature(std::string_view secret_key) const;
};

// A signature is 64 digits; whether it is right, not expired, and covers the method and the path:
// each path also covers what is below it.
bool is_covered(const SignedAccess& access, std::string_view signature, std::string_view method,
                std::string_view path, std::string_view secret_key, Instant now);

// "2030-01-01T00:00:00"
std::string expiry_text(Instant instant);

// Who asks, by the fields URL-Signature, URL-Paths, URL-Methods and URL-Expires; nothing when there
// is no signature, be it that it is empty: then somebody who is nobody asks. `not_found` for
// whatever is wrong with it.
std::optional<Result<IdentityPtr>> prove_by_signature(const HttpRequest& request,
                                                      const Options& options, Instant now);

// The same for what names the signature, and what is asked for, in its own way.
struct SignedRequest {
    std::string_view signature;
    std::string_view method;
    std::string_view path;
};
IdentityPtr prove_access(SignedAccess access, const SignedRequest& request, const Options& options,
                         Instant now);

// Of the body of a request to /share, for the queue at that path.
Checked<SignedAccess> read_share(std::string_view body, std::string_view queue_path,
                                 const std::string& project, Instant now);

}  // namespace signalbox::zaqar
