#include <charconv>

#include "documents.h"
#include "endpoint.h"
#include "problems.h"
#include "queue_paths.h"
#include "signalbox/client/client.h"
#include "try.h"

namespace signalbox::client {
namespace {

constexpr const char* ndjson_type = "application/x-ndjson";

const char* name_of(NdjsonForm form) {
    return form == NdjsonForm::body ? "body" : "message";
}

std::string key_field(const PostOptions& options) {
    return "Idempotency-Key: " +
           (options.idempotency_key.empty() ? make_idempotency_key() : options.idempotency_key);
}

std::string target_of(const std::string& queue, const NdjsonPost& post) {
    std::string target = queue_path(queue, "/messages?form=") + name_of(post.form);
    if (post.ttl) target += "&ttl=" + format_duration(*post.ttl);
    if (post.delay) target += "&delay=" + format_duration(*post.delay);
    if (!post.group.empty()) target += "&group=" + percent_encode(post.group);
    if (post.priority != 0) target += "&priority=" + std::to_string(post.priority);
    return target;
}

std::string target_of(const std::string& queue, const MessageFilter& filter) {
    std::string target = queue_path(queue, "/messages?limit=") + std::to_string(filter.page_items);
    if (filter.after != 0) target += "&after=" + std::to_string(filter.after);
    if (filter.include_claimed) target += "&include_claimed=true";
    if (filter.include_delayed) target += "&include_delayed=true";
    if (!filter.reader.empty()) target += "&reader=" + percent_encode(filter.reader);
    return target;
}

}  // namespace

Result<Posted> Client::post_messages(const std::string& queue,
                                     const std::vector<NewMessage>& messages,
                                     const PostOptions& options) const {
    TRY_AS(auto body, write_messages(messages));
    TRY_AS(const auto answer, endpoint_
                                  ->call({.method = "POST",
                                          .target = queue_path(queue, "/messages"),
                                          .fields = {key_field(options)},
                                          .body = std::move(body)},
                                         Repeat::always, options.call)
                                  .answer);
    TRY_AS(auto posted, read_posted(answer.body));
    posted.replayed = answer.status != 201;
    return posted;
}

Result<uint64_t> Client::post_ndjson(const std::string& queue, std::string ndjson,
                                     const NdjsonPost& post) const {
    TRY_AS(const auto answer,
           endpoint_
               ->call({.method = "POST",
                       .target = target_of(queue, post),
                       .fields = {key_field(post.options), "Prefer: return=minimal"},
                       .body = std::move(ndjson),
                       .content_type = ndjson_type},
                      Repeat::always, post.options.call)
               .answer);
    return read_number(answer.body, "posted");
}

Pager<Message> Client::list_messages(const std::string& queue, const MessageFilter& filter,
                                     const CallOptions& call) const {
    return Pager<Message>([endpoint = endpoint_, first = target_of(queue, filter),
                           call](const std::string& place) -> Result<Page<Message>> {
        TRY_AS(
            const auto answer,
            endpoint->call({.target = place.empty() ? first : place}, Repeat::always, call).answer);
        return read_message_page(answer.body);
    });
}

Result<NdjsonPage> Client::read_ndjson(const std::string& queue, const MessageFilter& filter,
                                       NdjsonForm form, const CallOptions& call) const {
    HttpCall http{.target = target_of(queue, filter) + "&form=" + name_of(form),
                  .fields = {std::string("Accept: ") + ndjson_type},
                  .wanted_field = "Signalbox-Next-After"};
    TRY_AS(auto answer, endpoint_->call(std::move(http), Repeat::always, call).answer);
    NdjsonPage page{std::move(answer.body), 0};
    const char* end = answer.field.data() + answer.field.size();
    const auto [stopped, error] = std::from_chars(answer.field.data(), end, page.next_after);
    if (error != std::errc() || stopped != end) {
        return tl::unexpected(
            unexpected_answer(answer.status, "the server does not say where the next page is"));
    }
    return page;
}

Result<Message> Client::get_message(const std::string& queue, const std::string& id,
                                    const CallOptions& call) const {
    const auto target = queue_path(queue, "/messages/") + percent_encode(id);
    TRY_AS(const auto answer, endpoint_->call({.target = target}, Repeat::always, call).answer);
    return read_message(answer.body);
}

Result<uint64_t> Client::delete_messages(const std::string& queue,
                                         const std::vector<std::string>& ids,
                                         const std::string& claim, const CallOptions& call) const {
    TRY_AS(auto body, write_ids(ids, claim));
    TRY_AS(const auto answer, endpoint_
                                  ->call({.method = "POST",
                                          .target = queue_path(queue, "/messages/delete"),
                                          .body = std::move(body)},
                                         Repeat::always, call)
                                  .answer);
    return read_number(answer.body, "deleted");
}

Result<std::vector<Message>> Client::pop_messages(const std::string& queue, size_t limit,
                                                  const CallOptions& call) const {
    TRY_AS(const auto answer, endpoint_
                                  ->call({.method = "POST",
                                          .target = queue_path(queue, "/messages/pop"),
                                          .body = "{\"limit\":" + std::to_string(limit) + "}"},
                                         Repeat::unless_it_arrived, call)
                                  .answer);
    TRY_AS(auto page, read_message_page(answer.body));
    return std::move(page.items);
}

}  // namespace signalbox::client
