#include "base/assert.h"
#include "codec/url.h"
#include "codec/websocket.h"
#include "fuzz/fuzzing.h"

// What a client sends behind its handshake. The first byte says in which pieces it comes; however
// it is cut, the same messages come of it.

namespace signalbox {
namespace {

constexpr size_t message_bytes_max = 1000;

struct Outcome {
    std::string messages;
    uint16_t code = 0;
};

Outcome decode(std::string_view input, size_t piece_bytes) {
    WebSocketDecoder decoder(message_bytes_max);
    Outcome outcome;
    while (!input.empty() && !decoder.is_closed()) {
        const auto piece = input.substr(0, piece_bytes);
        input.remove_prefix(piece.size());
        decoder.feed(piece);
        while (const auto message = decoder.take()) {
            ASSERT(message->payload.size() <= message_bytes_max);
            ASSERT(message->is_binary || is_valid_utf8(message->payload));
            outcome.messages += message->is_binary ? 'b' : 't';
            outcome.messages += std::to_string(message->payload.size());
            outcome.messages += message->payload;
        }
        // Never more than what it answers.
        ASSERT(decoder.take_replies().size() <= piece.size() + 125 + 2);
    }
    if (decoder.is_closed()) {
        outcome.code = decoder.close_code();
        ASSERT(outcome.code >= 1000 && outcome.code < 5000);
    }
    return outcome;
}

}  // namespace

void fuzz_one(std::string_view input) {
    if (input.empty()) return;
    const size_t piece_bytes = static_cast<unsigned char>(input[0]) + size_t{1};
    input.remove_prefix(1);
    const auto whole = decode(input, input.size() + 1);
    const auto pieces = decode(input, piece_bytes);
    ASSERT(whole.messages == pieces.messages);
    // How it ends may depend on it: of several broken rules, another one may be seen first.
}

}  // namespace signalbox
