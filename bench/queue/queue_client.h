#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/load_loop.h"

namespace signalbox::bench {

// Of a message or a claim, as the server writes it: opaque, and not long.
struct ZaqarId {
    std::array<char, 40> text{};
    size_t size = 0;

    [[nodiscard]] std::string_view view() const { return {text.data(), size}; }
    // Up to the end of the JSON text that it stands in.
    static std::optional<ZaqarId> front_of(std::string_view text);
};

// Builds requests of Zaqar's API v2, each of which lives until the next one is asked for.
class QueueRequests {
public:
    // So many messages with bodies of so many bytes each.
    struct Batch {
        size_t messages = 1;
        size_t body_bytes = 256;
    };
    std::string_view post(std::string_view queue, const Batch& batch);
    std::string_view claim(std::string_view queue, size_t limit);
    std::string_view release(std::string_view queue, const ZaqarId& claim);
    std::string_view erase(std::string_view queue, const std::vector<ZaqarId>& messages);
    std::string_view pop(std::string_view queue, size_t limit);
    std::string_view create_queue(std::string_view queue);
    std::string_view list(std::string_view queue);
    std::string_view stats(std::string_view queue);

    static constexpr uint16_t created_status = 201;     // posted, claimed, a new queue
    static constexpr uint16_t no_content_status = 204;  // deleted; nothing to claim
    static constexpr size_t claim_max = 20;             // what Zaqar allows by default

private:
    std::string_view request(std::string_view method, std::string_view body = {});

    std::string body_;
    Batch built_{0, 0};  // what body_ holds
    std::string target_;
    std::string request_;
};

// The ids of the messages in the answer to a claim or a pop.
void read_message_ids(std::string_view body, std::vector<ZaqarId>& ids);
// The claim in such an answer; nothing when there was no message.
std::optional<ZaqarId> read_claim_id(std::string_view body);
// The number behind `"name":` in an answer.
std::optional<uint64_t> read_number(std::string_view body, std::string_view name);

// Posts `count` messages as fast as all connections of the loop go, and waits for the answers.
struct Filling {
    std::string_view queue;
    size_t count = 0;
    QueueRequests::Batch batch{100, 64};
};
Result<void> fill_queue(LoadLoop& loop, const Filling& filling);

}  // namespace signalbox::bench
