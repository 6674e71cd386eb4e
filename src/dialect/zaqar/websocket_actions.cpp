#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/assert.h"
#include "codec/json_text.h"
#include "codec/json_writer.h"
#include "core/pool_commands.h"
#include "dialect/action.h"
#include "dialect/zaqar/message_commands.h"
#include "dialect/zaqar/message_input.h"
#include "dialect/zaqar/queue_metadata.h"
#include "dialect/zaqar/websocket_call.h"
#include "dialect/zaqar/zaqar_call.h"
#include "dialect/zaqar/zaqar_checks.h"
#include "dialect/zaqar/zaqar_json.h"

// What the requests of the WebSocket transport do.

namespace signalbox::zaqar {
namespace {

using Call = WebSocketCall;

std::string json_text(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

std::string in_messages(std::string_view content) {
    return fmt::format(R"({{"messages":{}}})", content);
}

template <class Answer>
auto text_answer(int status, std::string text) {
    return [status, text = std::move(text)](Call& call, const Answer& /*answer*/) {
        call.respond_text(status, text);
    };
}

Checked<void> create_queue(Call& call) {
    auto content =
        read_new_metadata(call.request().member("metadata"), QueueKind::queue, call.limits());
    if (!content) return refuse(std::move(content.error()));
    const auto flavor = content->settings.flavor;
    CreateQueue command{call.queue(), std::move(content->settings), std::move(content->metadata)};
    const auto create = [command = std::move(command)](Call& asker) {
        const auto text = fmt::format("Queue {} created.", command.queue.name);
        asker.ask(CreateQueue(command), [text](Call& self, const QueueCreated& created) {
            self.respond_text(created.is_new ? 201 : 204, text);
        });
    };
    if (!flavor || !call.options().pooling) {
        create(call);
        return {};
    }
    call.ask_of(
        catalog_tenant, GetFlavor{{call.project(), *flavor}},
        [create](Call& self, const FlavorView& /*flavor*/) { create(self); },
        [](const Error& error) {
            return error.code == ErrorCode::not_found ? invalid_request(error.message)
                                                      : fault_of(error);
        });
    return {};
}

Checked<void> show_queue(Call& call) {
    call.ask_any(GetQueue{call.queue()}, [](Call& self, const Result<QueueView>& view) {
        if (!view && view.error().code != ErrorCode::not_found) {
            return self.refuse_with(fault_of(view.error()));
        }
        self.respond(200, view ? MetadataDocument::of(*view).text() : "{}");
    });
    return {};
}

Checked<void> delete_queue(Call& call) {
    const auto queue = call.queue();
    call.ask(DeleteQueue{queue, {}},
             text_answer<QueueDeleted>(204, fmt::format("Queue {} removed.", queue.name)));
    return {};
}

Checked<void> post_messages(Call& call) {
    const auto given = call.request().member("messages");
    if (auto checked = check_post_bytes(given.size(), call.limits()); !checked) return checked;
    auto messages = read_messages(in_messages(given), call.limits(), true);
    if (!messages) return refuse(std::move(messages.error()));
    PostMessages command;
    command.queue = call.queue();
    command.messages = std::move(*messages);
    command.client = call.client();
    command.request_bytes = static_cast<int64_t>(given.size());
    command.delays_as_zaqar = true;
    command.default_ttl_max = call.limits().message_ttl_max;
    call.ask(std::move(command), [](Call& self, const MessagesPosted& posted) {
        std::string body = R"({"message_ids":[)";
        for (const auto& id : posted.ids) {
            if (body.back() != '[') body += ',';
            body += '"' + id.text() + '"';
        }
        self.respond(201, body + "]}");
    });
    return {};
}

Checked<void> list_messages(Call& call) {
    const auto& request = call.request();
    const auto limit = check_message_limit(request.integer("limit"), call.limits());
    if (!limit) return refuse(limit.error());
    ListMessages command;
    command.queue = call.queue();
    command.limit = *limit;
    if (const auto marker = request.text("marker")) {
        const auto after = json_integer(*marker);
        if (!after || *after < 0) {
            call.respond(200, in_messages("[]"));
            return {};
        }
        command.after = static_cast<uint64_t>(*after);
    }
    if (!request.flag("echo")) command.hide_client = call.client();
    command.include_claimed = request.flag("include_claimed");
    command.include_delayed = request.flag("include_delayed");
    call.ask(std::move(command), [](Call& self, const MessageList& list) {
        self.respond(200, in_messages(listed_messages(list.messages)));
    });
    return {};
}

Checked<void> get_message(Call& call) {
    const auto text = call.request().text("message_id").value_or("");
    const auto queue = call.queue();
    const auto none = no_such_message(queue, call.project(), text);
    const auto id = MessageId::parse(text);
    if (!id) return refuse(none);
    call.ask(
        GetMessages{queue, {*id}},
        [none](Call& self, const MessageList& list) {
            if (list.messages.empty()) return self.refuse_with(none);
            std::string message;
            append_listed_message(message, list.messages.front());
            self.respond(200, in_messages(message));
        },
        [none](const Error& error) {
            return error.code == ErrorCode::not_found ? none : fault_of(error);
        });
    return {};
}

Checked<std::vector<std::string>> read_ids(const Call& call, std::string_view name) {
    auto ids = call.request().list(name);
    if (ids) return std::move(*ids);
    return refuse(invalid_request(fmt::format("{} must be a list of texts.", name)));
}

Checked<void> get_messages(Call& call) {
    const auto ids = read_ids(call, "message_ids");
    if (!ids) return refuse(ids.error());
    if (auto checked = check_message_limit(static_cast<int64_t>(ids->size()), call.limits());
        !checked) {
        return refuse(std::move(checked.error()));
    }
    GetMessages command{call.queue(), parse_ids<MessageId>(*ids)};
    if (command.ids.empty()) {
        call.respond(200, in_messages("[]"));
        return {};
    }
    call.ask(std::move(command), [](Call& self, const MessageList& list) {
        self.respond(200, in_messages(listed_messages(list.messages)));
    });
    return {};
}

void refuse_deletion(Call& call, const Error& error) {
    const auto known = deletion_fault(error);
    if (!known) return call.refuse_with(fault_of(error));
    Fault fault;
    fault.status = known->status;
    fault.description = known->exception;
    call.refuse_with(fault, known->description);
}

void ask_to_delete(Call& call, DeleteMessages command) {
    call.ask_any(std::move(command), [](Call& self, const Result<MessagesDeleted>& deleted) {
        if (!deleted) return refuse_deletion(self, deleted.error());
        self.respond(204, "{}");
    });
}

Checked<void> delete_message(Call& call) {
    const auto id = MessageId::parse(call.request().text("message_id").value_or(""));
    if (!id) {
        call.respond(204, "{}");
        return {};
    }
    auto command = deletion_of_one(call.queue(), *id, call.request().text("claim_id"));
    if (command) {
        ask_to_delete(call, std::move(*command));
    } else {
        refuse_deletion(call, command.error());
    }
    return {};
}

Checked<void> delete_messages(Call& call) {
    const auto& request = call.request();
    BulkDeletion deletion;
    std::vector<std::string> ids;
    std::vector<std::string> claims;
    if (!request.member("message_ids").empty()) {
        auto read = read_ids(call, "message_ids");
        if (!read) return refuse(std::move(read.error()));
        ids = std::move(*read);
        deletion.ids = ids.size();
    }
    if (!request.member("claim_ids").empty()) {
        auto read = read_ids(call, "claim_ids");
        if (!read) return refuse(std::move(read.error()));
        claims = std::move(*read);
        deletion.claims = claims.size();
    }
    deletion.pop = request.integer("pop");
    if (auto checked = check_deletion(deletion, call.options()); !checked) return checked;
    if (deletion.pop) {
        call.ask(PopMessages{call.queue(), static_cast<size_t>(*deletion.pop)},
                 [](Call& self, const MessageList& popped) {
                     std::string messages = "[";
                     for (const auto& message : popped.messages) {
                         if (messages.size() > 1) messages += ',';
                         append_popped_message(messages, message);
                     }
                     self.respond(200, in_messages(messages + "]"));
                 });
        return {};
    }
    auto command = deletion_of_many(call.queue(), ids, claims, call.options());
    if (!command) {
        refuse_deletion(call, command.error());
    } else if (command->ids.empty()) {
        call.respond(204, "{}");
    } else {
        ask_to_delete(call, std::move(*command));
    }
    return {};
}

Checked<void> show_stats(Call& call) {
    const auto path = queue_path(version_text(Version::v2), call.queue());
    call.ask_any(GetQueueStats{call.queue()}, [path](Call& self, const Result<QueueStats>& stats) {
        if (!stats && stats.error().code != ErrorCode::not_found) {
            return self.refuse_with(fault_of(stats.error()));
        }
        self.respond(stats ? 200 : 404,
                     stats_text(stats ? *stats : QueueStats(), QueueKind::queue, path));
    });
    return {};
}

void purge_subscriptions(Call& call, const QueueName& queue) {
    call.ask(PurgeSubscriptions{queue},
             [](Call& self, const SubscriptionsPurged& /*purged*/) { self.respond(204, "{}"); });
}

Checked<void> purge_queue(Call& call) {
    PurgedTypes types{true, true};
    if (!call.request().member("resource_types").empty()) {
        const auto given = read_purge(call.request().body());
        if (!given) return refuse(given.error());
        types = *given;
    }
    const auto go_on = [types, queue = call.queue()](Call& self) {
        if (types.subscriptions) return purge_subscriptions(self, queue);
        self.respond(204, "{}");
    };
    if (!types.messages) {
        go_on(call);
        return {};
    }
    call.ask_any(PurgeQueue{call.queue()}, [go_on](Call& self, const Result<QueuePurged>& purged) {
        if (!purged && purged.error().code != ErrorCode::not_found) {
            return self.refuse_with(fault_of(purged.error()));
        }
        go_on(self);
    });
    return {};
}

Checked<void> list_queues(Call& call) {
    // Its answer comes behind what the requests in front of this one have changed.
    call.ask(ReadFeedHead{}, [](Call& self, const FeedHead& /*head*/) {
        list_websocket_queues(self.shared_from_this());
    });
    return {};
}

struct Action {
    std::string_view name;
    Checked<void> (*run)(Call& call);  // null: WebSocketSubscriptions does it
    // Of the route that does the same; its parameters are members of the body.
    HttpMethod method;
    std::string_view path;
};

constexpr std::array actions{
    Action{"message_post", post_messages, HttpMethod::post, "/queues/:queue_name/messages"},
    Action{"message_list", list_messages, HttpMethod::get, "/queues/:queue_name/messages"},
    Action{"message_get", get_message, HttpMethod::get, "/queues/:queue_name/messages/:message_id"},
    Action{"message_get_many", get_messages, HttpMethod::get, "/queues/:queue_name/messages"},
    Action{"message_delete", delete_message, HttpMethod::erase,
           "/queues/:queue_name/messages/:message_id"},
    Action{"message_delete_many", delete_messages, HttpMethod::erase,
           "/queues/:queue_name/messages"},
    Action{"claim_create", websocket_create_claim, HttpMethod::post, "/queues/:queue_name/claims"},
    Action{"claim_get", websocket_get_claim, HttpMethod::get,
           "/queues/:queue_name/claims/:claim_id"},
    Action{"claim_update", websocket_update_claim, HttpMethod::patch,
           "/queues/:queue_name/claims/:claim_id"},
    Action{"claim_delete", websocket_delete_claim, HttpMethod::erase,
           "/queues/:queue_name/claims/:claim_id"},
    Action{"queue_create", create_queue, HttpMethod::put, "/queues/:queue_name"},
    Action{"queue_list", list_queues, HttpMethod::get, "/queues"},
    Action{"queue_get", show_queue, HttpMethod::get, "/queues/:queue_name"},
    Action{"queue_get_stats", show_stats, HttpMethod::get, "/queues/:queue_name/stats"},
    Action{"queue_delete", delete_queue, HttpMethod::erase, "/queues/:queue_name"},
    Action{"queue_purge", purge_queue, HttpMethod::post, "/queues/:queue_name/purge"},
    Action{"subscription_create", nullptr, HttpMethod::post, "/queues/:queue_name/subscriptions"},
    Action{"subscription_list", nullptr, HttpMethod::get, "/queues/:queue_name/subscriptions"},
    Action{"subscription_get", nullptr, HttpMethod::get,
           "/queues/:queue_name/subscriptions/:subscription_id"},
    Action{"subscription_delete", nullptr, HttpMethod::erase,
           "/queues/:queue_name/subscriptions/:subscription_id"},
};

const Action& action_of(std::string_view name) {
    const auto* found = std::find_if(actions.begin(), actions.end(),
                                     [&](const auto& action) { return action.name == name; });
    ASSERT(found != actions.end());
    return *found;
}

}  // namespace

void WebSocketCall::respond_text(int status, std::string_view text) {
    respond(status, json_text(text));
}

void WebSocketCall::refuse_with(const Fault& fault, std::string_view error) {
    const auto& exception = fault.description.empty() ? fault.title : fault.description;
    respond(fault.status, fmt::format(R"({{"exception":{},"error":{}}})", json_text(exception),
                                      error.empty() ? "null" : json_text(error)));
}

bool is_changing_action(std::string_view action) {
    return action_of(action).method != HttpMethod::get;
}

bool is_subscription_action(std::string_view action) {
    return action_of(action).run == nullptr;
}

Result<void> check_websocket_action(const WebSocketRequest& request, const Identity& identity) {
    if (identity.acl.empty()) return {};
    const auto& action = action_of(request.action());
    std::vector<std::string> words;
    for (auto path = action.path; !path.empty();) {
        path.remove_prefix(1);
        const auto word = path.substr(0, path.find('/'));
        path.remove_prefix(word.size());
        words.push_back(word.starts_with(':') ? request.text(word.substr(1)).value_or("")
                                              : std::string(word));
    }
    return check_action(identity, action_name(Dialect::zaqar, {words.begin(), words.end()},
                                              action_verb(action.method, false)));
}

void run_websocket_action(const std::shared_ptr<WebSocketCall>& call) {
    const auto run = action_of(call->request().action()).run;
    ASSERT(run != nullptr);
    const auto done = run(*call);
    if (!done) call->refuse_with(done.error());
}

}  // namespace signalbox::zaqar
