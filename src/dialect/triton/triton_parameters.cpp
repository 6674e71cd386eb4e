#include "dialect/triton/triton_parameters.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/checksum.h"

namespace signalbox::triton {
namespace {

constexpr size_t queue_views_max = 1000;

bool is_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// `limit` or `offset` of the query, into `number`; what is wrong with it goes to `wrong`, once.
void read_page_number(const RestCall& call, const std::string& name, const std::string& value,
                      size_t& number, std::vector<RestError::Field>& wrong) {
    const size_t least = name == "limit" ? 1 : 0;
    if (call.query_count(name) == 1 && is_digits(value) && value.size() <= 15) {
        number = static_cast<size_t>(std::stoull(value));
        if (number >= least) return;
    }
    const auto named = [&](const auto& field) { return field.field == name; };
    if (std::any_of(wrong.begin(), wrong.end(), named)) return;
    wrong.push_back({name, fmt::format("must be a number of at least {}, once", least)});
}

}  // namespace

RestResult<CreateTicket> read_create(const RestCall& call, ServerId server) {
    CreateTicket command;
    std::vector<RestError::Field> wrong;
    const auto text = [&](std::initializer_list<std::string_view> names,
                          bool required) -> std::optional<std::string> {
        for (const auto name : names) {
            const auto value = call.parameter(name);
            if (!value) continue;
            if (value->is_text) return value->text;
            wrong.push_back({std::string(name), "must be a string"});
            return std::nullopt;
        }
        if (required) wrong.push_back({std::string(*names.begin()), "is a required parameter"});
        return std::nullopt;
    };
    command.resource.server = server;
    command.resource.scope = text({"scope"}, true).value_or("");
    command.resource.id = text({"id", "uid"}, true).value_or("");
    command.fields.action = text({"action"}, false);
    command.fields.owner = text({"owner"}, false);
    command.fields.reqid = text({"req_id"}, false);
    // CNAPI means to keep the request's id here, but looks for it under another name.
    if (!command.fields.reqid && call.request().field("x-request-id")) {
        command.fields.reqid = call.exchange()->request_id();
    }
    if (const auto ttl = text({"ttl"}, false)) {
        const auto span = parse_duration(*ttl);
        if (span && span->count() > 0) {
            command.fields.ttl = *span;
        } else {
            wrong.push_back({"ttl", "must be a duration such as 30s or 1h30m"});
        }
    }
    const bool is_waitlist = call.request().path.find("/waitlist") != std::string_view::npos;
    const bool expiry_needed = !is_waitlist && command.fields.ttl.count() == 0;
    if (const auto expires = text({"expires_at", "expires"}, expiry_needed);
        expires && command.fields.ttl.count() == 0) {
        if (const auto at = parse_instant(*expires)) {
            command.expires_at = *at;
            command.fields.expires_text = *expires;
        } else {
            wrong.push_back({"expires_at", at.error().message});
        }
    }
    if (const auto extra = call.parameter("extra")) {
        if (extra->is_object) {
            command.fields.extra = extra->json;
        } else {
            wrong.push_back({"extra", "must be an object"});
        }
    }
    if (!wrong.empty()) return tl::unexpected(invalid_parameters(std::move(wrong)));
    if (const auto key = call.request().field("idempotency-key")) {
        command.idempotency_key = *key;
        command.request_digest = checksum(call.request().body, checksum(call.request().target));
    }
    command.queue_views_max = queue_views_max;
    return command;
}

RestResult<TicketListing::Request> read_list(const RestCall& call, ServerId server) {
    TicketListing::Request request;
    request.filter.server = server;
    request.limit = list_limit_max;
    std::vector<RestError::Field> wrong;
    for (const auto& [name, value] : call.query()) {
        if (name == "limit") {
            read_page_number(call, name, value, request.limit, wrong);
            if (request.limit > list_limit_max) {
                return tl::unexpected(invalid_argument("limit must be less than 1000"));
            }
        } else if (name == "offset") {
            read_page_number(call, name, value, request.offset, wrong);
        } else if (name == "scope") {
            request.filter.scope = value;
        } else if (name == "id" || name == "uid") {
            request.filter.id = value;
        } else if (name == "status") {
            const auto status = parse_ticket_status(value);
            if (status && *status != TicketStatus::deleted) {
                request.filter.statuses.push_back(*status);
            } else {
                wrong.push_back({name, "must be queued, active, finished or expired"});
            }
        } else if (name == "order" || name == "attribute") {
            if (value.empty() || value.front() == ' ' || value.back() == ' ') {
                wrong.push_back({name, "must be a word"});
            }
            // CNAPI takes both and ignores them; the direction is easily honoured.
            if (name == "order" && (value == "DESC" || value == "desc")) {
                request.order = ScanOrder::descending;
            }
        } else {
            return tl::unexpected(
                invalid_argument(name + " is not an explicitly defined parameter"));
        }
    }
    if (!wrong.empty()) return tl::unexpected(invalid_parameters(std::move(wrong)));
    return request;
}

RestResult<Page> read_page(const RestCall& call) {
    Page page;
    std::vector<RestError::Field> wrong;
    for (const auto& [name, value] : call.query()) {
        if (name == "limit") read_page_number(call, name, value, page.limit, wrong);
        if (name == "offset") read_page_number(call, name, value, page.offset, wrong);
    }
    if (!wrong.empty()) return tl::unexpected(invalid_parameters(std::move(wrong)));
    return page;
}

}  // namespace signalbox::triton
