#include <algorithm>

#include <fmt/format.h>

#include "codec/json_text.h"
#include "dialect/zaqar/message_commands.h"
#include "dialect/zaqar/message_input.h"
#include "dialect/zaqar/zaqar_checks.h"
#include "dialect/zaqar/zaqar_routes.h"

// Messages of queues and topics.

namespace signalbox::zaqar {
namespace {

MessageForm form_of(const ZaqarCall& call) {
    return {call.queue_path(), call.options().checksum};
}

std::string in_object(std::string_view name, std::string content) {
    return fmt::format(R"({{"{}":[{}]}})", name, content);
}

Checked<void> post(const ZaqarCall& call) {
    const auto& request = call.request();
    if (auto checked = check_post_bytes(request.body.size(), call.limits()); !checked) {
        return checked;
    }
    if (!request.has_body) return refuse(invalid_body("Request body can not be empty"));
    auto messages = read_messages(request.body, call.limits(), call.version() == Version::v2);
    if (!messages) return refuse(std::move(messages.error()));
    PostMessages command;
    command.queue = call.queue();
    command.messages = std::move(*messages);
    command.client = call.client();
    command.request_bytes = static_cast<int64_t>(request.body.size());
    command.delays_as_zaqar = true;
    command.default_ttl_max = call.limits().message_ttl_max;
    ask(call, std::move(command),
        [path = call.queue_path() + "/messages"](const MessagesPosted& posted) {
            HttpResponse response;
            response.status = 201;
            response.content_type = "application/json";
            std::string location = path;
            std::string& body = response.body;
            constexpr size_t id_bytes = 24;
            location.reserve(path.size() + 5 + posted.ids.size() * (id_bytes + 1));
            body.reserve(16 + posted.ids.size() * (path.size() + id_bytes + 4));
            body += R"({"resources":[)";
            char before = '=';
            location += "?ids";
            for (const auto& id : posted.ids) {
                const auto text = id.text();
                location += before;
                location += text;
                if (before == ',') body += ',';
                before = ',';
                body += '"';
                body += path;
                body += '/';
                body += text;
                body += '"';
            }
            body += "]}";
            response.fields.emplace_back("Location", std::move(location));
            return response;
        });
    return {};
}

Checked<void> get_by_ids(const ZaqarCall& call, const std::vector<std::string>& texts) {
    if (auto checked = check_message_limit(static_cast<int64_t>(texts.size()), call.limits());
        !checked) {
        return refuse(std::move(checked.error()));
    }
    const auto none =
        not_found(fmt::format("No messages with IDs: [{}] found in the queue {} for project {}.",
                              fmt::join(texts, ", "), call.queue().name, call.project()));
    GetMessages command{call.queue(), parse_ids<MessageId>(texts)};
    if (command.ids.empty()) return refuse(none);
    ask(
        call, std::move(command),
        [form = form_of(call), none](const MessageList& list) {
            if (list.messages.empty()) return render(none);
            std::string messages;
            append_messages(messages, form, list.messages);
            return json_response(200, in_object("messages", std::move(messages)));
        },
        [none](const Error& error) {
            return error.code == ErrorCode::not_found ? none : fault_of(error);
        });
    return {};
}

// Where a page of messages begins: a number of a message that was given out before. Nothing for
// what was not; behind it there is nothing.
std::optional<uint64_t> read_marker(const std::string* marker) {
    if (marker == nullptr) return 0;
    const auto number = json_integer(*marker);
    if (!number || *number < 0) return std::nullopt;
    return static_cast<uint64_t>(*number);
}

HttpResponse empty_page() {
    return json_response(200, fmt::format(R"({{"messages":[],{}}})", no_links));
}

Checked<void> list_page(const ZaqarCall& call) {
    const auto limit = call.integer("limit");
    if (!limit) return refuse(limit.error());
    const auto page = check_message_limit(*limit, call.limits());
    if (!page) return refuse(page.error());
    const auto echo = call.flag("echo");
    if (!echo) return refuse(echo.error());
    const auto claimed = call.flag("include_claimed");
    if (!claimed) return refuse(claimed.error());
    const bool knows_delay = call.version() == Version::v2;
    const auto delayed =
        knows_delay ? call.flag("include_delayed") : Checked<std::optional<bool>>(std::nullopt);
    if (!delayed) return refuse(delayed.error());
    const auto after = read_marker(call.text("marker"));
    if (!after) {
        call.exchange()->respond(empty_page());
        return {};
    }
    ListMessages command;
    command.queue = call.queue();
    command.after = *after;
    command.limit = *page;
    if (!echo->value_or(false)) command.hide_client = call.client();
    command.include_claimed = claimed->value_or(false);
    command.include_delayed = delayed->value_or(false);
    NextLink next(call.queue_path() + "/messages");
    next.add_number("limit", *limit);
    next.add_flag("echo", *echo);
    next.add_flag("include_claimed", *claimed);
    next.add_flag("include_delayed", *delayed);
    const bool adds_delayed = knows_delay && !*delayed;
    ask(
        call, std::move(command),
        [form = form_of(call), next, adds_delayed](const MessageList& list) mutable {
            if (list.messages.empty()) return empty_page();
            if (adds_delayed && !list.has_delay) next.add_flag("include_delayed", true);
            next.add("marker", std::to_string(list.next_after));
            std::string body = R"({"messages":[)";
            append_messages(body, form, list.messages);
            body += "],";
            body += next.links();
            body += '}';
            return json_response(200, std::move(body));
        },
        [](const Error& error) { return fault_of(error); });
    return {};
}

Checked<void> list(const ZaqarCall& call) {
    if (const auto ids = call.list("ids")) return get_by_ids(call, *ids);
    return list_page(call);
}

Checked<void> pop(const ZaqarCall& call, size_t count) {
    const ExchangePtr exchange = call.exchange();
    exchange->ask(
        call.project(), PopMessages{call.queue(), count}, [exchange](Result<MessageList> popped) {
            if (!popped && popped.error().code != ErrorCode::not_found) {
                return exchange->respond(render(fault_of(popped.error())));
            }
            std::string messages;
            if (popped) {
                for (const auto& message : popped->messages) {
                    if (!messages.empty()) messages += ',';
                    append_popped_message(messages, message);
                }
            }
            exchange->respond(json_response(200, in_object("messages", std::move(messages))));
        });
    return {};
}

Fault fault_of_deletion(const Error& error) {
    const auto known = deletion_fault(error);
    if (!known) return fault_of(error);
    return {known->status, "Unable to delete", std::string(known->description)};
}

void ask_to_delete(const ZaqarCall& call, DeleteMessages command) {
    const ExchangePtr exchange = call.exchange();
    exchange->ask(call.project(), std::move(command), [exchange](Result<MessagesDeleted> deleted) {
        // Of a queue that is not there, every message is gone.
        const bool is_gone = !deleted && deleted.error().code == ErrorCode::not_found &&
                             deleted.error().field != "claim";
        if (deleted || is_gone) return exchange->respond(empty_response(204));
        exchange->respond(render(fault_of_deletion(deleted.error())));
    });
}

Checked<void> remove_many(const ZaqarCall& call) {
    const auto ids = call.list("ids");
    const auto pop_count = call.integer("pop");
    if (!pop_count) return refuse(pop_count.error());
    const auto claims = call.list("claim_ids");
    BulkDeletion deletion;
    if (ids) deletion.ids = ids->size();
    deletion.pop = *pop_count;
    if (claims) deletion.claims = claims->size();
    if (auto checked = check_deletion(deletion, call.options()); !checked) return checked;
    if (*pop_count) return pop(call, static_cast<size_t>(**pop_count));
    auto command = deletion_of_many(call.queue(), *ids, claims.value_or(std::vector<std::string>()),
                                    call.options());
    if (!command) return refuse(fault_of_deletion(command.error()));
    if (command->ids.empty()) {
        call.exchange()->respond(empty_response(204));
        return {};
    }
    ask_to_delete(call, std::move(*command));
    return {};
}

Checked<void> show(const ZaqarCall& call) {
    const auto& text = call.path_parameter("message");
    const auto none = no_such_message(call.queue(), call.project(), text);
    const auto id = MessageId::parse(text);
    if (!id) return refuse(none);
    ask(
        call, GetMessages{call.queue(), {*id}},
        [form = form_of(call), none](const MessageList& list) {
            if (list.messages.empty()) return render(none);
            std::string body;
            append_message(body, form, list.messages.front());
            return json_response(200, std::move(body));
        },
        [none](const Error& error) {
            return error.code == ErrorCode::not_found ? none : fault_of(error);
        });
    return {};
}

Checked<void> remove(const ZaqarCall& call) {
    const auto id = MessageId::parse(call.path_parameter("message"));
    if (!id) {
        call.exchange()->respond(empty_response(204));
        return {};
    }
    const auto* claim = call.text("claim_id");
    auto command =
        deletion_of_one(call.queue(), *id, claim == nullptr ? std::nullopt : std::optional(*claim));
    if (!command) return refuse(fault_of_deletion(command.error()));
    ask_to_delete(call, std::move(*command));
    return {};
}

}  // namespace

void add_message_routes(RouteTable& routes) {
    for (const std::string place : {"/queues/:queue", "/topics/:topic"}) {
        const auto since =
            place.starts_with("/topics") ? RouteTable::Since::v2 : RouteTable::Since::v1_1;
        routes.add(HttpMethod::post, place + "/messages", post, since);
        routes.add(HttpMethod::get, place + "/messages", list, since);
        routes.add(HttpMethod::erase, place + "/messages", remove_many, since);
        routes.add(HttpMethod::get, place + "/messages/:message", show, since);
        routes.add(HttpMethod::erase, place + "/messages/:message", remove, since);
    }
}

}  // namespace signalbox::zaqar
