#include "documents.h"
#include "endpoint.h"
#include "queue_paths.h"
#include "signalbox/client/client.h"
#include "try.h"

namespace signalbox::client {
namespace {

constexpr int not_found = 404;
constexpr int precondition_failed = 412;

HttpCall put_of(const std::string& queue, std::string body) {
    // Without anything to say, the server would leave a queue that it has as it is.
    return {.method = "PUT", .target = queue_path(queue), .body = std::move(body)};
}

}  // namespace

Result<Queue> Client::put_queue(const std::string& queue, const QueueRequest& request,
                                const CallOptions& call) const {
    TRY_AS(auto body, write_queue_request(request));
    TRY_AS(const auto answer,
           endpoint_->call(put_of(queue, std::move(body)), Repeat::always, call).answer);
    return read_queue(answer.body);
}

Result<Queue> Client::create_queue(const std::string& queue, const QueueRequest& request,
                                   const CallOptions& call) const {
    TRY_AS(auto body, write_queue_request(request));
    auto http = put_of(queue, std::move(body));
    http.fields.emplace_back("If-None-Match: *");
    const auto outcome = endpoint_->call(std::move(http), Repeat::always, call);
    if (outcome.answer) return read_queue(outcome.answer->body);
    // An attempt that got no answer may have made what the next one found.
    if (outcome.may_be_second && outcome.answer.error().status == precondition_failed) {
        return get_queue(queue, call);
    }
    return tl::unexpected(outcome.answer.error());
}

Result<Queue> Client::get_queue(const std::string& queue, const CallOptions& call) const {
    TRY_AS(const auto answer,
           endpoint_->call({.target = queue_path(queue)}, Repeat::always, call).answer);
    return read_queue(answer.body);
}

// A merge patch may be made twice. With a version it may not: the second time it is another.
Result<Queue> Client::change_queue(const std::string& queue, const QueueChange& change,
                                   const CallOptions& call) const {
    TRY_AS(auto body, write_queue_change(change));
    HttpCall http{.method = "PATCH", .target = queue_path(queue), .body = std::move(body)};
    if (change.if_version) {
        http.fields.push_back("If-Match: \"" + std::to_string(*change.if_version) + "\"");
    }
    const auto repeat = change.if_version ? Repeat::unless_it_arrived : Repeat::always;
    TRY_AS(const auto answer, endpoint_->call(std::move(http), repeat, call).answer);
    return read_queue(answer.body);
}

Result<void> Client::delete_queue(const std::string& queue, const CallOptions& call) const {
    const auto outcome =
        endpoint_->call({.method = "DELETE", .target = queue_path(queue)}, Repeat::always, call);
    if (outcome.answer) return {};
    // What an attempt that got no answer has deleted, the next one did not find.
    if (outcome.may_be_second && outcome.answer.error().status == not_found) return {};
    return tl::unexpected(outcome.answer.error());
}

Result<uint64_t> Client::purge_queue(const std::string& queue, const CallOptions& call) const {
    TRY_AS(const auto answer, endpoint_
                                  ->call({.method = "POST", .target = queue_path(queue, "/purge")},
                                         Repeat::always, call)
                                  .answer);
    return read_number(answer.body, "purged");
}

Result<QueueStats> Client::queue_stats(const std::string& queue, const CallOptions& call) const {
    TRY_AS(const auto answer,
           endpoint_->call({.target = queue_path(queue, "/stats")}, Repeat::always, call).answer);
    return read_queue_stats(answer.body);
}

Pager<Queue> Client::list_queues(const QueueFilter& filter, const CallOptions& call) const {
    std::string first = "/api/v1/queues?limit=" + std::to_string(filter.page_items);
    if (!filter.prefix.empty()) first += "&prefix=" + percent_encode(filter.prefix);
    if (filter.with_stats) first += "&stats=true";
    return Pager<Queue>([endpoint = endpoint_, first = std::move(first),
                         call](const std::string& place) -> Result<Page<Queue>> {
        TRY_AS(
            const auto answer,
            endpoint->call({.target = place.empty() ? first : place}, Repeat::always, call).answer);
        return read_queue_page(answer.body);
    });
}

Result<std::vector<Reader>> Client::list_readers(const std::string& queue,
                                                 const CallOptions& call) const {
    TRY_AS(const auto answer,
           endpoint_->call({.target = queue_path(queue, "/readers")}, Repeat::always, call).answer);
    return read_readers(answer.body);
}

Result<Reader> Client::get_reader(const std::string& queue, const std::string& reader,
                                  const CallOptions& call) const {
    const auto target = queue_path(queue, "/readers/") + percent_encode(reader);
    TRY_AS(const auto answer, endpoint_->call({.target = target}, Repeat::always, call).answer);
    return read_reader(answer.body);
}

Result<Reader> Client::set_reader(const std::string& queue, const std::string& reader,
                                  uint64_t sequence, std::optional<uint64_t> if_sequence,
                                  const CallOptions& call) const {
    HttpCall http{.method = "PUT",
                  .target = queue_path(queue, "/readers/") + percent_encode(reader),
                  .body = "{\"sequence\":" + std::to_string(sequence) + "}"};
    if (if_sequence) {
        http.fields.push_back("If-Match: \"" + std::to_string(*if_sequence) + "\"");
    }
    const auto outcome = endpoint_->call(std::move(http), Repeat::always, call);
    if (outcome.answer) return read_reader(outcome.answer->body);
    // Where it stands may be what an attempt without an answer has done.
    if (outcome.may_be_second && outcome.answer.error().status == precondition_failed) {
        auto now = get_reader(queue, reader, call);
        if (now && now->sequence == sequence) return now;
    }
    return tl::unexpected(outcome.answer.error());
}

Result<void> Client::delete_reader(const std::string& queue, const std::string& reader,
                                   const CallOptions& call) const {
    const auto target = queue_path(queue, "/readers/") + percent_encode(reader);
    const auto outcome =
        endpoint_->call({.method = "DELETE", .target = target}, Repeat::always, call);
    if (outcome.answer) return {};
    if (outcome.may_be_second && outcome.answer.error().status == not_found) return {};
    return tl::unexpected(outcome.answer.error());
}

}  // namespace signalbox::client
