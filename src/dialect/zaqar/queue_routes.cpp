#include <memory>

#include <fmt/format.h>

#include "codec/json_reader.h"
#include "dialect/zaqar/flavor_check.h"
#include "dialect/zaqar/list_queues.h"
#include "dialect/zaqar/message_input.h"
#include "dialect/zaqar/queue_metadata.h"
#include "dialect/zaqar/queue_patch.h"
#include "dialect/zaqar/zaqar_checks.h"
#include "dialect/zaqar/zaqar_routes.h"

// Queues and topics themselves.

namespace signalbox::zaqar {
namespace {

// How often a patch is applied anew because somebody else changed the queue meanwhile.
constexpr int patch_attempts_max = 8;

Duration message_ttl(const ZaqarCall& call) {
    return default_message_ttl(call.exchange()->frontend().node());
}

Fault no_such_queue(const QueueName& queue, const std::string& project) {
    return not_found(fmt::format("{} {} does not exist for project {}",
                                 queue.kind == QueueKind::topic ? "Topic" : "Queue", queue.name,
                                 project));
}

Checked<void> create(const ZaqarCall& call) {
    auto content = read_new_metadata(call.request().body, call.queue().kind, call.limits());
    if (!content) return refuse(std::move(content.error()));
    const ExchangePtr exchange = call.exchange();
    const auto flavor = content->settings.flavor;
    CreateQueue command{call.queue(), std::move(content->settings), std::move(content->metadata)};
    auto create = [exchange, project = call.project(), path = call.queue_path(),
                   command = std::move(command)]() mutable {
        exchange->ask(project, std::move(command), [exchange, path](Result<QueueCreated> created) {
            if (!created) return exchange->respond(render(fault_of(created.error())));
            auto response = empty_response(created->is_new ? 201 : 204);
            response.fields.emplace_back("Location", path);
            exchange->respond(std::move(response));
        });
    };
    with_known_flavor(exchange, call.options(), call.project(), flavor, std::move(create));
    return {};
}

// Shown also when it does not exist: it would be made by the first message.
Checked<void> show(const ZaqarCall& call) {
    const bool shows_defaults = call.version() == Version::v2;
    const auto kind = call.queue().kind;
    const ExchangePtr exchange = call.exchange();
    const auto options = call.shared_options();
    const auto ttl = message_ttl(call);
    exchange->ask(call.project(), GetQueue{call.queue()},
                  [exchange, options, shows_defaults, kind, ttl](Result<QueueView> view) {
                      if (!view && view.error().code != ErrorCode::not_found) {
                          return exchange->respond(render(fault_of(view.error())));
                      }
                      auto document = view ? MetadataDocument::of(*view) : MetadataDocument();
                      exchange->respond(json_response(
                          200, shows_defaults
                                   ? shown_metadata(std::move(document), kind, options->limits, ttl)
                                   : document.text()));
                  });
    return {};
}

// A patch on its way: it reads the queue, applies the patch, and writes it if nobody else did
// meanwhile; else once more.
class Patching : public std::enable_shared_from_this<Patching> {
public:
    Patching(const ZaqarCall& call, std::vector<PatchOperation> operations)
        : exchange_(call.exchange()),
          options_(call.shared_options()),
          project_(call.project()),
          queue_(call.queue()),
          message_ttl_(message_ttl(call)),
          operations_(std::move(operations)) {}

    void begin() {
        if (++attempts_ > patch_attempts_max) {
            return answer(unavailable("Queue could not be updated."));
        }
        exchange_->ask(project_, GetQueue{queue_},
                       [self = shared_from_this()](Result<QueueView> view) {
                           if (!view) return self->answer(self->fault(view.error()));
                           self->apply(*view);
                       });
    }

private:
    void apply(const QueueView& view) {
        auto document = MetadataDocument::of(view);
        if (auto applied = apply_patch(document, queue_.kind, operations_); !applied) {
            return answer(applied.error());
        }
        auto content = read_metadata(document, queue_.kind, view.settings, options_->limits);
        if (!content) return answer(invalid_body(std::move(content.error())));
        const auto flavor = content->settings.flavor;
        UpdateQueue command{queue_, std::move(content->settings), std::move(content->metadata),
                            view.version};
        with_known_flavor(
            exchange_, *options_, project_, flavor,
            [self = shared_from_this(), command = std::move(command)] { self->store(command); });
    }

    void store(UpdateQueue command) {
        exchange_->ask(
            project_, std::move(command), [self = shared_from_this()](Result<QueueView> updated) {
                if (!updated && updated.error().code == ErrorCode::precondition_failed) {
                    return self->begin();
                }
                if (!updated) return self->answer(self->fault(updated.error()));
                self->exchange_->respond(json_response(
                    200, shown_metadata(MetadataDocument::of(*updated), self->queue_.kind,
                                        self->options_->limits, self->message_ttl_)));
            });
    }

    [[nodiscard]] Fault fault(const Error& error) const {
        return error.code == ErrorCode::not_found ? no_such_queue(queue_, project_)
                                                  : fault_of(error);
    }
    void answer(const Fault& fault) const { exchange_->respond(render(fault)); }

    const ExchangePtr exchange_;
    const std::shared_ptr<const Options> options_;
    const std::string project_;
    const QueueName queue_;
    const Duration message_ttl_;
    const std::vector<PatchOperation> operations_;
    int attempts_ = 0;
};

Checked<void> patch(const ZaqarCall& call) {
    const auto& request = call.request();
    if (auto checked = check_metadata_bytes(request.body.size(), call.limits()); !checked) {
        return refuse(invalid_body(std::move(checked.error().description)));
    }
    if (request.field("content-type") != patch_content_type) {
        return refuse({415, fmt::format("Accepted media type for PATCH: {{'Accept-Patch': '{}'}}.",
                                        patch_content_type)});
    }
    auto operations = read_patch(request.body, call.limits());
    if (!operations) return refuse(std::move(operations.error()));
    std::make_shared<Patching>(call, std::move(*operations))->begin();
    return {};
}

Checked<void> remove(const ZaqarCall& call) {
    ask(call, DeleteQueue{call.queue(), {}},
        [](const QueueDeleted& /*deleted*/) { return empty_response(204); });
    return {};
}

Checked<void> stats(const ZaqarCall& call) {
    const ExchangePtr exchange = call.exchange();
    exchange->ask(
        call.project(), GetQueueStats{call.queue()},
        [exchange, kind = call.queue().kind, path = call.queue_path()](Result<QueueStats> stats) {
            if (!stats && stats.error().code != ErrorCode::not_found) {
                return exchange->respond(render(fault_of(stats.error())));
            }
            exchange->respond(
                json_response(200, stats_text(stats ? *stats : QueueStats(), kind, path)));
        });
    return {};
}

void purge_subscriptions(const ExchangePtr& exchange, const std::string& project,
                         const QueueName& queue) {
    exchange->ask(
        project, PurgeSubscriptions{queue}, [exchange](const Result<SubscriptionsPurged>& purged) {
            exchange->respond(purged ? empty_response(204) : render(fault_of(purged.error())));
        });
}

Checked<void> purge(const ZaqarCall& call) {
    PurgedTypes types{true, true};
    if (!call.request().body.empty()) {
        const auto given = read_purge(call.request().body);
        if (!given) return refuse(given.error());
        types = *given;
    }
    const ExchangePtr exchange = call.exchange();
    const auto go_on = [exchange, types, project = call.project(), queue = call.queue()] {
        if (types.subscriptions) return purge_subscriptions(exchange, project, queue);
        exchange->respond(empty_response(204));
    };
    if (!types.messages) {
        go_on();
        return {};
    }
    exchange->ask(call.project(), PurgeQueue{call.queue()},
                  [exchange, go_on](const Result<QueuePurged>& purged) {
                      if (!purged && purged.error().code != ErrorCode::not_found) {
                          return exchange->respond(render(fault_of(purged.error())));
                      }
                      go_on();
                  });
    return {};
}

}  // namespace

void add_queue_routes(RouteTable& routes) {
    using Since = RouteTable::Since;
    for (const std::string place : {"/queues", "/topics"}) {
        const bool is_topic = place == "/topics";
        const auto since = is_topic ? Since::v2 : Since::v1_1;
        const std::string one = place + (is_topic ? "/:topic" : "/:queue");
        routes.add(HttpMethod::get, place, is_topic ? list_topics : list_queues, since);
        routes.add(HttpMethod::put, one, create, since);
        routes.add(HttpMethod::get, one, show, since);
        routes.add(HttpMethod::erase, one, remove, since);
        routes.add(HttpMethod::patch, one, patch, Since::v2);
        routes.add(HttpMethod::get, one + "/stats", stats, since);
        routes.add(HttpMethod::post, one + "/purge", purge, Since::v2);
    }
}

}  // namespace signalbox::zaqar
