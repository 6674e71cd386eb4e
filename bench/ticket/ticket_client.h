#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/load_loop.h"

namespace signalbox::bench {

// A ticket's UUID as text; tickets by the million are kept in this form.
struct TicketName {
    std::array<char, 36> text{};

    // Of no ticket.
    static TicketName nobody();
    [[nodiscard]] std::string_view view() const { return {text.data(), text.size()}; }
    // From the answer to its creation, of either API.
    static std::optional<TicketName> of_answer(std::string_view body);
};

enum class Api : uint8_t { native, cnapi };

std::string_view api_name(Api api);

// Builds requests, each of which lives until the next one is asked for.
class TicketRequests {
public:
    // A ticket in the line of that name. `expiry` is a member of the body: see the two below.
    std::string_view create(Api api, std::string_view line, std::string_view expiry);
    std::string_view release(Api api, const TicketName& ticket);
    std::string_view show(const TicketName& ticket);
    std::string_view wait(const TicketName& ticket);

    // Longer than any run.
    static constexpr std::string_view for_a_day = R"("ttl":"24h")";
    static constexpr std::string_view until_2100 = R"("expires_at":"2100-01-01T00:00:00.000Z")";

private:
    std::string_view request(std::string_view method, std::string_view path, std::string_view body);

    std::string body_;
    std::string path_;
    std::string request_;
};

// The status of a good answer.
uint16_t created_status(Api api);
uint16_t released_status(Api api);

// Makes `count` tickets as fast as one connection goes, in the order of their lines' names;
// returns them in the order in which the server took them.
using LineName = std::function<std::string_view(size_t)>;
Result<std::vector<TicketName>> create_tickets(LoadLoop& loop, ConnectionIndex connection,
                                               size_t count, const LineName& line);

}  // namespace signalbox::bench
