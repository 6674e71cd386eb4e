#include "bench/ticket/ticket_client.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "bench/load/request.h"

namespace signalbox::bench {
namespace {

constexpr std::string_view server_uuid = "564dba97-54f6-4d3d-50f4-fe51cb228cc8";
constexpr size_t create_depth = 200;  // below what the server takes of one connection at once
constexpr auto create_timeout = std::chrono::minutes(5);

}  // namespace

std::optional<TicketName> TicketName::of_answer(std::string_view body) {
    constexpr std::string_view mark = R"("uuid":")";
    const size_t at = body.find(mark);
    if (at == std::string_view::npos || body.size() < at + mark.size() + 36) return std::nullopt;
    TicketName name;
    std::copy_n(body.begin() + static_cast<std::ptrdiff_t>(at + mark.size()), 36,
                name.text.begin());
    return name;
}

TicketName TicketName::nobody() {
    return *of_answer(R"("uuid":"00000000-0000-4000-8000-000000000000")");
}

std::string_view api_name(Api api) {
    return api == Api::native ? "native" : "CNAPI";
}

uint16_t created_status(Api api) {
    return api == Api::native ? 201 : 202;
}

uint16_t released_status(Api api) {
    return api == Api::native ? 200 : 204;
}

std::string_view TicketRequests::request(std::string_view method, std::string_view path,
                                         std::string_view body) {
    request_.clear();
    append_request(request_, {method, path, {}, body});
    return request_;
}

std::string_view TicketRequests::create(Api api, std::string_view line, std::string_view expiry) {
    body_.clear();
    path_.clear();
    const auto sink = std::back_inserter(body_);
    if (api == Api::native) {
        fmt::format_to(sink,
                       R"({{"server_uuid":"{}","scope":"vm","id":"{}",{},"action":"provision"}})",
                       server_uuid, line, expiry);
        path_ = "/api/v1/tickets";
    } else {
        fmt::format_to(sink, R"({{"scope":"vm","id":"{}",{},"action":"provision"}})", line, expiry);
        fmt::format_to(std::back_inserter(path_), "/servers/{}/tickets", server_uuid);
    }
    return request("POST", path_, body_);
}

std::string_view TicketRequests::release(Api api, const TicketName& ticket) {
    path_.clear();
    const auto sink = std::back_inserter(path_);
    if (api == Api::native) {
        fmt::format_to(sink, "/api/v1/tickets/{}/release", ticket.view());
        return request("POST", path_, "{}");
    }
    fmt::format_to(sink, "/tickets/{}/release", ticket.view());
    return request("PUT", path_, {});
}

std::string_view TicketRequests::show(const TicketName& ticket) {
    path_.clear();
    fmt::format_to(std::back_inserter(path_), "/api/v1/tickets/{}", ticket.view());
    return request("GET", path_, {});
}

std::string_view TicketRequests::wait(const TicketName& ticket) {
    path_.clear();
    fmt::format_to(std::back_inserter(path_), "/api/v1/tickets/{}/wait", ticket.view());
    return request("GET", path_, {});
}

Result<std::vector<TicketName>> create_tickets(LoadLoop& loop, ConnectionIndex connection,
                                               size_t count, const LineName& line) {
    std::vector<TicketName> made;
    made.reserve(count);
    TicketRequests requests;
    size_t sent = 0;
    bool is_good = true;
    const auto send_next = [&] {
        if (sent == count) return;
        loop.send(connection, requests.create(Api::native, line(sent), TicketRequests::for_a_day));
        ++sent;
    };
    loop.on_answer([&](const Answer& answer) {
        const auto name = TicketName::of_answer(answer.body);
        is_good = is_good && answer.status == created_status(Api::native) && name;
        if (!is_good) return;
        made.push_back(*name);
        send_next();
    });
    for (size_t i = 0; i < create_depth; ++i) send_next();
    const auto ran = loop.run([&] { return !is_good || made.size() == count; },
                              SteadyClock::now() + create_timeout);
    loop.on_answer(nullptr);
    if (!ran) return fail(ran.error());
    if (!is_good || !*ran) return fail(ErrorCode::internal, "a ticket could not be made");
    return made;
}

}  // namespace signalbox::bench
