#include <algorithm>
#include <string>

#include "codec/http_feed_test.h"
#include "fuzz/fuzzing.h"

// Any bytes of a connection: the parser takes them, or refuses them, and what it takes is the
// same however they were cut. The first byte says where that is.

namespace signalbox {
namespace {

size_t count_of(const HttpFeed::Request& request, std::string_view name) {
    return static_cast<size_t>(
        std::count_if(request.fields.begin(), request.fields.end(),
                      [&](const auto& field) { return equals_ignoring_case(field.first, name); }));
}

// Nothing in it that the next server could read in another way.
void check_unambiguous(const HttpFeed::Request& request) {
    const auto lengths = count_of(request, "content-length");
    const auto codings = count_of(request, "transfer-encoding");
    const auto hosts = count_of(request, "host");
    ASSERT(lengths + codings <= 1);
    ASSERT(hosts == 1 || (hosts == 0 && !request.is_http_1_1));
    ASSERT(codings == 0 || request.is_http_1_1);
    ASSERT(lengths + codings == 1 || request.body.empty());
    ASSERT(request.has_body == (lengths + codings == 1));
    ASSERT(request.path + (request.query.empty() ? "" : "?" + request.query) == request.target ||
           request.target == request.path + "?");
    for (const auto& [name, value] : request.fields) {
        ASSERT(!name.empty());
        for (const char c : name + value) {
            ASSERT(c != '\r' && c != '\n' && c != '\0');
        }
        if (equals_ignoring_case(name, "transfer-encoding")) {
            ASSERT(equals_ignoring_case(value, "chunked"));
        }
        if (equals_ignoring_case(name, "content-length")) {
            ASSERT(std::to_string(request.body.size()) ==
                   value.substr(std::min(value.find_first_not_of('0'), value.size() - 1)));
        }
    }
}

}  // namespace

void fuzz_one(std::string_view input) {
    if (input.empty()) return;
    const size_t choice = static_cast<unsigned char>(input.front());
    input.remove_prefix(1);

    // The head of a chunk that comes in pieces is judged once there are a few bytes of it, so some
    // more come behind the end.
    const std::string more = "\r\n\r\n\r\n";
    HttpFeed whole;
    whole.feed(std::string(input) + more);
    for (const auto& request : whole.requests) check_unambiguous(request);

    HttpFeed halves;
    const size_t cut = input.size() * choice / 256;
    if (halves.feed(input.substr(0, cut))) halves.feed(std::string(input.substr(cut)) + more);
    HttpFeed bytes;
    for (size_t i = 0; i < input.size() && bytes.feed(input.substr(i, 1)); ++i) {
    }
    if (!bytes.refusal) bytes.feed(more);
    for (const HttpFeed* other : {&halves, &bytes}) {
        ASSERT(other->requests == whole.requests);
        ASSERT(other->refusal.has_value() == whole.refusal.has_value());
        ASSERT(whole.refusal || other->is_inside_request() == whole.is_inside_request());
    }
}

}  // namespace signalbox
