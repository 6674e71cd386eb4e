#include "bench/queue/queue_client.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

#include "bench/load/request.h"

namespace signalbox::bench {
namespace {

constexpr std::string_view identity =
    "Client-ID: 3381af92-2b9e-11e3-b191-71861300734c\r\nX-Project-ID: bench\r\n";
constexpr size_t fill_depth = 4;  // requests under way on a connection
constexpr auto fill_timeout = std::chrono::minutes(5);

}  // namespace

std::optional<ZaqarId> ZaqarId::front_of(std::string_view text) {
    ZaqarId id;
    id.size = text.find('"');
    if (id.size > id.text.size()) return std::nullopt;
    std::copy_n(text.data(), id.size, id.text.begin());
    return id;
}

std::string_view QueueRequests::request(std::string_view method, std::string_view body) {
    request_.clear();
    append_request(request_, {method, target_, identity, body});
    return request_;
}

std::string_view QueueRequests::post(std::string_view queue, const Batch& batch) {
    target_ = fmt::format("/v2/queues/{}/messages", queue);
    if (built_.messages != batch.messages || built_.body_bytes != batch.body_bytes) {
        built_ = batch;
        body_ = R"({"messages":[)";
        for (size_t i = 0; i < batch.messages; ++i) {
            if (i > 0) body_ += ',';
            // The quotes count: a body is its JSON text.
            fmt::format_to(std::back_inserter(body_), R"({{"body":"{:x>{}}","ttl":86400}})", "",
                           batch.body_bytes - 2);
        }
        body_ += "]}";
    }
    return request("POST", body_);
}

std::string_view QueueRequests::claim(std::string_view queue, size_t limit) {
    target_ = fmt::format("/v2/queues/{}/claims?limit={}", queue, limit);
    return request("POST", R"({"ttl":43200,"grace":60})");
}

std::string_view QueueRequests::release(std::string_view queue, const ZaqarId& claim) {
    target_ = fmt::format("/v2/queues/{}/claims/{}", queue, claim.view());
    return request("DELETE");
}

std::string_view QueueRequests::erase(std::string_view queue,
                                      const std::vector<ZaqarId>& messages) {
    target_ = fmt::format("/v2/queues/{}/messages?ids=", queue);
    for (const auto& id : messages) {
        if (target_.back() != '=') target_ += ',';
        target_ += id.view();
    }
    return request("DELETE");
}

std::string_view QueueRequests::pop(std::string_view queue, size_t limit) {
    target_ = fmt::format("/v2/queues/{}/messages?pop={}", queue, limit);
    return request("DELETE");
}

std::string_view QueueRequests::create_queue(std::string_view queue) {
    target_ = fmt::format("/v2/queues/{}", queue);
    return request("PUT", "{}");
}

std::string_view QueueRequests::list(std::string_view queue) {
    target_ = fmt::format("/v2/queues/{}/messages?echo=true&limit={}", queue, claim_max);
    return request("GET");
}

std::string_view QueueRequests::stats(std::string_view queue) {
    target_ = fmt::format("/v2/queues/{}/stats", queue);
    return request("GET");
}

void read_message_ids(std::string_view body, std::vector<ZaqarId>& ids) {
    constexpr std::string_view mark = R"("id":")";
    ids.clear();
    for (size_t at = body.find(mark); at != std::string_view::npos; at = body.find(mark, at)) {
        at += mark.size();
        if (const auto id = ZaqarId::front_of(body.substr(at))) ids.push_back(*id);
    }
}

std::optional<ZaqarId> read_claim_id(std::string_view body) {
    constexpr std::string_view mark = "?claim_id=";
    const size_t at = body.find(mark);
    if (at == std::string_view::npos) return std::nullopt;
    return ZaqarId::front_of(body.substr(at + mark.size()));
}

std::optional<uint64_t> read_number(std::string_view body, std::string_view name) {
    const auto mark = fmt::format("\"{}\":", name);
    const size_t at = body.find(mark);
    if (at == std::string_view::npos) return std::nullopt;
    const auto digits =
        body.substr(std::min(body.size(), body.find_first_not_of(' ', at + mark.size())));
    uint64_t number = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

Result<void> fill_queue(LoadLoop& loop, const Filling& filling) {
    QueueRequests requests;
    size_t sent = 0;
    std::optional<uint16_t> refused;
    const auto send_next = [&](ConnectionIndex connection) {
        if (sent == filling.count) return;
        auto batch = filling.batch;
        batch.messages = std::min(batch.messages, filling.count - sent);
        loop.send(connection, requests.post(filling.queue, batch));
        sent += batch.messages;
    };
    loop.on_answer([&](const Answer& answer) {
        if (answer.status != QueueRequests::created_status) refused = answer.status;
        if (!refused) send_next(answer.connection);
    });
    for (size_t i = 0; i < fill_depth; ++i) {
        for (ConnectionIndex c = 0; c < loop.connection_count(); ++c) send_next(c);
    }
    const auto ran = loop.run([&] { return refused || loop.outstanding() == 0; },
                              SteadyClock::now() + fill_timeout);
    loop.on_answer(nullptr);
    if (!ran) return fail(ran.error());
    if (refused) {
        return fail(ErrorCode::internal, fmt::format("a post was answered {}", *refused));
    }
    if (!*ran) return fail(ErrorCode::internal, "messages could not be posted in time");
    return {};
}

}  // namespace signalbox::bench
