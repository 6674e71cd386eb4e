#include "fuzz/fuzz_server.h"
#include "fuzz/fuzzing.h"

// What a client may do to a whole server. The input is steps with 1e between them:
//
//     +x        time goes on, by 2 to the power of x (modulo 26) ms
//     |         the connection is cut, and a new one made
//     !         the client sends nothing more on this one, but still reads
//     the rest  bytes to send; in them $ stands for the first id of the last answer, so that
//               an input can go on with the ticket or session that it made

namespace signalbox {
namespace {

constexpr char step_end = '\x1e';
// Longer than any comment, bookmark or retention takes to come round.
constexpr Duration now_and_then = std::chrono::seconds(20);

// The first UUID or id behind a name of JSON or in a Location, or nothing.
std::string first_uuid(std::string_view text) {
    for (const std::string_view name : {"\"uuid\":\"", "\"id\":\"", "?ids=", "/claims/"}) {
        const size_t at = text.rfind("HTTP/1.1");
        const size_t found = text.find(name, at == std::string_view::npos ? 0 : at);
        if (found == std::string_view::npos) continue;
        const auto uuid = text.substr(found + name.size(), 36);
        if (Uuid::parse(uuid)) return std::string(uuid);
        const auto id = text.substr(found + name.size(), 24);
        if (MessageId::parse(id)) return std::string(id);
    }
    return {};
}

std::string with_uuid(std::string_view step, const std::string& uuid) {
    std::string bytes;
    for (const char c : step) {
        if (c == '$') {
            bytes += uuid;
        } else {
            bytes += c;
        }
    }
    return bytes;
}

}  // namespace

void fuzz_one(std::string_view input) {
    FuzzServer server;
    std::string uuid;
    while (!input.empty()) {
        const auto step = input.substr(0, input.find(step_end));
        input.remove_prefix(std::min(step.size() + 1, input.size()));
        if (step.size() == 2 && step[0] == '+') {
            server.advance(Duration(1) * (1 << (static_cast<unsigned char>(step[1]) % 26)));
        } else if (step == "|") {
            server.connect();
        } else if (step == "!") {
            server.end_input();
        } else {
            server.send(with_uuid(step, uuid));
            if (auto seen = first_uuid(server.received()); !seen.empty()) uuid = std::move(seen);
        }
    }
    // Whatever was reached, what is done now and then is done to it: few inputs would wait.
    server.advance(now_and_then);
    server.check();
    server.stop();
    server.check();
}

}  // namespace signalbox
