#include "documents.h"
#include "endpoint.h"
#include "signalbox/client/client.h"
#include "text.h"
#include "try.h"

namespace signalbox::client {
namespace {

std::string path_of(const Resource& resource, std::string_view rest = {}) {
    return "/api/v1/lines/" + percent_encode(resource.server) + "/" +
           percent_encode(resource.scope) + "/" + percent_encode(resource.id) + std::string(rest);
}

}  // namespace

Pager<Line> Client::list_lines(const LineFilter& filter, const CallOptions& call) const {
    std::string first = "/api/v1/lines?limit=" + std::to_string(filter.page_items);
    if (filter.server) first += "&server_uuid=" + percent_encode(*filter.server);
    return Pager<Line>([endpoint = endpoint_, first = std::move(first),
                        call](const std::string& place) -> Result<Page<Line>> {
        TRY_AS(
            const auto answer,
            endpoint->call({.target = place.empty() ? first : place}, Repeat::always, call).answer);
        return read_line_page(answer.body);
    });
}

Result<Line> Client::get_line(const Resource& resource, const CallOptions& call) const {
    TRY_AS(const auto answer,
           endpoint_->call({.target = path_of(resource)}, Repeat::always, call).answer);
    return read_line(answer.body);
}

Result<Line> Client::set_line(const Resource& resource, const LineChange& change,
                              const CallOptions& call) const {
    TRY_AS(auto body, write_line_change(change));
    TRY_AS(const auto answer,
           endpoint_
               ->call({.method = "PATCH", .target = path_of(resource), .body = std::move(body)},
                      Repeat::always, call)
               .answer);
    return read_line(answer.body);
}

Result<LineTickets> Client::line_tickets(const Resource& resource, size_t limit, size_t offset,
                                         const CallOptions& call) const {
    const auto target = path_of(resource, "/tickets?limit=") + std::to_string(limit) +
                        "&offset=" + std::to_string(offset);
    TRY_AS(const auto answer, endpoint_->call({.target = target}, Repeat::always, call).answer);
    return read_line_tickets(answer.body);
}

}  // namespace signalbox::client
