#include <fmt/format.h>

#include "dialect/native/claim_watch.h"
#include "dialect/native/native_routes.h"
#include "dialect/native/queue_call.h"
#include "dialect/zaqar/queue_metadata.h"

// /api/v1/queues: what queues are like. The list of them and what is in them have files of
// their own: queue_list, queue_messages, queue_claims, queue_readers, queue_stream.

namespace signalbox::native {
namespace {

// Somebody else changed the queue between our look at it and our change, so many times.
constexpr int patch_attempts_max = 16;

HttpResponse queue_response(uint16_t status, const QueueView& view) {
    std::string body;
    JsonWriter json(body);
    write_queue(json, view);
    auto response = json_response(status, std::move(body));
    response.fields.emplace_back("ETag", entity_tag(view.version));
    if (status == 201) response.fields.emplace_back("Location", queue_path(view.queue));
    return response;
}

struct QueueBody {
    QueueSettings settings;
    std::string metadata = "{}";

    [[nodiscard]] bool is_of(const QueueView& view) const {
        return view.settings == settings && view.metadata == metadata;
    }
};

Result<QueueBody> read_queue(const JsonValue& root) {
    QueueBody queue;
    TRY_AS(auto members, JsonMembers::of(root));
    TRY_AS(const auto settings, members.object("settings"));
    if (settings) {
        TRY_AS(queue.settings, read_settings(*settings, "settings."));
    }
    TRY_AS(const auto metadata, members.object("metadata"));
    if (metadata) queue.metadata = metadata->json();
    TRY(members.only_known());
    return queue;
}

// Zaqar's routes would take it for a setting, and what is kept here would be lost.
Result<void> check_metadata(const JsonValue& metadata, bool is_patch) {
    for (const auto& [name, value] : metadata.members()) {
        if (!zaqar::is_reserved(name) || (is_patch && value.kind() == JsonKind::null)) continue;
        return fail(ErrorCode::invalid_argument, "is a setting, and goes among the settings",
                    fmt::format("metadata.{}", name));
    }
    return {};
}

void respond_with(const ExchangePtr& exchange, const Result<QueueView>& view) {
    exchange->respond(view ? queue_response(200, *view) : problem(view.error()));
}

UpdateQueue update_of(QueueName queue, QueueBody body, std::optional<uint64_t> if_version) {
    UpdateQueue command;
    command.queue = std::move(queue);
    command.settings = std::move(body.settings);
    command.metadata = std::move(body.metadata);
    command.if_version = if_version;
    return command;
}

// Makes the queue, or makes it what the body says. Without a body it only sees to it that there
// is one.
Result<void> put(const Call& call) {
    TRY_AS(const auto document, parse_body(call));
    TRY_AS(auto body, read_queue(document.root()));
    TRY_AS(const auto metadata, JsonDocument::parse(body.metadata));
    TRY(check_metadata(metadata.root(), false));
    TRY_AS(const auto if_version, if_match(call.request));
    const auto only_new = call.request.field("if-none-match");
    if (only_new && *only_new != "*") {
        return fail(ErrorCode::invalid_argument, "must be *", "If-None-Match");
    }
    const ExchangePtr exchange = call.exchange;
    const std::string tenant = tenant_of(call);
    if (call.request.field("if-match")) {
        exchange->ask(tenant, update_of(queue_of(call), std::move(body), if_version),
                      [exchange](auto view) { respond_with(exchange, view); });
        return {};
    }
    const bool must_be_new = only_new.has_value();
    const bool says_nothing = call.request.body.empty();
    CreateQueue command{queue_of(call), body.settings, body.metadata};
    exchange->ask(tenant, std::move(command), [=](auto created) {
        if (!created) return exchange->respond(problem(created.error()));
        if (created->is_new) return exchange->respond(queue_response(201, created->view));
        if (must_be_new) {
            return exchange->respond(
                problem({ErrorCode::precondition_failed, "the queue exists already", {}}));
        }
        if (says_nothing || body.is_of(created->view)) {
            return exchange->respond(queue_response(200, created->view));
        }
        exchange->ask(tenant, update_of(created->view.queue, body, std::nullopt),
                      [exchange](auto view) { respond_with(exchange, view); });
    });
    return {};
}

Result<void> show(const Call& call) {
    ask(call, GetQueue{queue_of(call)},
        [](const QueueView& view) { return queue_response(200, view); });
    return {};
}

// A merge patch of settings and metadata, on top of what they are at that moment: when somebody
// else was faster, it is made anew on top of what he made of them.
struct Patch : std::enable_shared_from_this<Patch> {
    ExchangePtr exchange;
    std::string tenant;
    QueueName queue;
    std::string text;  // a JSON object
    std::optional<uint64_t> if_version;
    int attempts = 0;

    void look() {
        exchange->ask(tenant, GetQueue{queue}, [self = shared_from_this()](auto view) {
            if (!view) return self->exchange->respond(problem(view.error()));
            auto command = self->make(*view);
            if (!command) return self->exchange->respond(problem(command.error()));
            self->change(std::move(*command));
        });
    }

    Result<UpdateQueue> make(const QueueView& view) const {
        TRY_AS(const auto document, JsonDocument::parse(text));
        std::string before = R"({"settings":)" + settings_json(view.settings);
        before += R"(,"metadata":)" + view.metadata + "}";
        TRY_AS(const auto after_text, merge_patch(before, document.root()));
        TRY_AS(const auto after, JsonDocument::parse(after_text));
        TRY_AS(auto body, read_queue(after.root()));
        return update_of(queue, std::move(body), if_version ? if_version : view.version);
    }

    void change(UpdateQueue command) {
        exchange->ask(tenant, std::move(command), [self = shared_from_this()](auto view) {
            const bool was_overtaken =
                !view && view.error().code == ErrorCode::precondition_failed && !self->if_version;
            if (was_overtaken && ++self->attempts < patch_attempts_max) return self->look();
            respond_with(self->exchange, view);
        });
    }
};

Result<void> change(const Call& call) {
    const auto patch = std::make_shared<Patch>();
    TRY_AS(const auto document, parse_body(call));
    TRY_AS(auto members, JsonMembers::of(document.root()));
    TRY(members.object("settings"));
    TRY_AS(const auto metadata, members.object("metadata"));
    if (metadata) TRY(check_metadata(*metadata, true));
    TRY(members.only_known());
    TRY_AS(patch->if_version, if_match(call.request));
    patch->exchange = call.exchange;
    patch->tenant = tenant_of(call);
    patch->queue = queue_of(call);
    patch->text = document.root().json();
    patch->look();
    return {};
}

Result<void> remove(const Call& call) {
    TRY_AS(const auto if_version, if_match(call.request));
    ask(call, DeleteQueue{queue_of(call), if_version}, [](const QueueDeleted& deleted) {
        return deleted.existed ? no_content()
                               : problem({ErrorCode::not_found, "there is no such queue", {}});
    });
    return {};
}

Result<void> stats(const Call& call) {
    ask(call, GetQueueStats{queue_of(call)}, [](const QueueStats& stats) {
        std::string body;
        JsonWriter json(body);
        json.begin_object();
        write_stats_members(json, stats);
        json.end_object();
        return json_response(200, std::move(body));
    });
    return {};
}

Result<void> purge(const Call& call) {
    ask(call, PurgeQueue{queue_of(call)},
        [](const QueuePurged& purged) { return count_response("purged", purged.messages); });
    return {};
}

}  // namespace

void add_queue_routes(Router& router) {
    const auto add = [&](HttpMethod method, std::string_view pattern, Router::Handler handler) {
        router.add(Dialect::native, method, pattern, std::move(handler));
    };
    add(HttpMethod::put, "/api/v1/queues/:queue", plain_handler(of_queue(put)));
    add(HttpMethod::get, "/api/v1/queues/:queue", plain_handler(of_queue(show)));
    add(HttpMethod::patch, "/api/v1/queues/:queue", plain_handler(of_queue(change)));
    add(HttpMethod::erase, "/api/v1/queues/:queue", plain_handler(of_queue(remove)));
    add(HttpMethod::get, "/api/v1/queues/:queue/stats", plain_handler(of_queue(stats)));
    add(HttpMethod::post, "/api/v1/queues/:queue/purge", plain_handler(of_queue(purge)));
    add_queue_list_routes(router);
    const auto watch = std::make_shared<ClaimWatch>();
    add_message_routes(router, watch);
    add_claim_routes(router, watch);
    add_reader_routes(router);
    add_stream_routes(router, watch);
}

}  // namespace signalbox::native
