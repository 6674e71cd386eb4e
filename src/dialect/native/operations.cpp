#include <algorithm>

#include <fmt/format.h>

#include "codec/sse.h"
#include "codec/url.h"
#include "core/collection_events.h"
#include "core/operation_rows.h"
#include "core/tenants.h"
#include "dialect/feed_stream.h"
#include "dialect/native/native_call.h"
#include "dialect/native/native_routes.h"

// /api/v1/operations: what was begun by a change and takes its time.

namespace signalbox::native {
namespace {

constexpr int64_t page_limit_max = 1000;
constexpr int64_t page_limit_default = 100;
constexpr size_t rows_per_turn = 1024;
constexpr Duration wait_default = std::chrono::seconds(30);

HttpResponse operation_response(const OperationRecord& record) {
    std::string body;
    write_operation(body, record);
    auto response = json_response(200, std::move(body));
    if (!has_ended(record.state)) response.fields.emplace_back("Retry-After", "1");
    return response;
}

// "ID:verb", or an id alone.
struct Target {
    Uuid id;
    std::string verb;
};

Result<Target> target_of(const Call& call) {
    const std::string_view text = call.parameter("operation");
    const size_t colon = text.find(':');
    Target target;
    TRY_AS(target.id, parse_uuid(text.substr(0, colon), "operation"));
    if (colon != std::string_view::npos) target.verb = text.substr(colon + 1);
    return target;
}

Error no_such_verb(const std::string& verb) {
    return {ErrorCode::not_found,
            "operations know wait and cancel" + (verb.empty() ? "" : ", and no " + verb),
            {}};
}

Result<void> wait(const Call& call, const Uuid& id) {
    TRY_AS(auto query, Parameters::of(call.request.query));
    TRY_AS(const auto timeout, query.duration("timeout"));
    TRY(query.only_known());
    ask(call, WaitOperation{id, timeout.value_or(wait_default)}, operation_response);
    return {};
}

// Operations as an event stream has them: the oldest last, as lists do.
class OperationsState : public FeedState {
public:
    explicit OperationsState(OperationListing listing) : listing_(std::move(listing)) {}

    Result<std::optional<std::string>> next() override {
        if (at_end_) return std::optional<std::string>();
        TRY_AS(const auto page, listing_.next(rows_per_turn, rows_per_turn));
        at_end_ = page.at_end;
        std::string text;
        for (const auto& record : page.operations) {
            std::string data;
            write_operation(data, record);
            append_sse_event(text, {}, "operation", data);
        }
        return std::optional(std::move(text));
    }
    [[nodiscard]] Revision revision() const override { return listing_.revision(); }

private:
    OperationListing listing_;
    bool at_end_ = false;
};

class OneOperationState : public FeedState {
public:
    OneOperationState(const OperationRecord& record, Revision revision) : revision_(revision) {
        std::string data;
        write_operation(data, record);
        text_.emplace();
        append_sse_event(*text_, {}, "operation", data);
    }
    Result<std::optional<std::string>> next() override { return std::exchange(text_, {}); }
    [[nodiscard]] Revision revision() const override { return revision_; }

private:
    std::optional<std::string> text_;
    const Revision revision_;
};

// What a stream begins behind: a cursor of the query, or what the client saw last.
Result<std::optional<Cursor>> read_cursor(const Call& call, Parameters& query) {
    auto cursor = query.text("cursor");
    if (const auto last = call.request.field("last-event-id")) cursor = std::string(*last);
    if (!cursor || cursor->empty()) return std::optional<Cursor>();
    const auto parsed = Cursor::parse(*cursor);
    if (!parsed) {
        return fail(ErrorCode::invalid_argument, "must come from an earlier event", "cursor");
    }
    return parsed;
}

void follow(const Call& call, Topic topic, std::optional<Cursor> after,
            std::unique_ptr<FeedState> state, FeedStream::Render render) {
    FeedStream::Request stream;
    stream.tenant = tenant_of(call);
    stream.topics = {topic};
    stream.after = after;
    if (!after) stream.state = std::move(state);
    stream.render = std::move(render);
    FeedStream::open(
        call.exchange, std::move(stream),
        [](const ExchangePtr& exchange, const Error& error) { exchange->respond(problem(error)); });
}

std::string operation_frame(const Event& event, const std::string& cursor) {
    std::string text;
    const bool is_forgotten = event.type == "operation.forgotten";
    append_sse_event(text, cursor, is_forgotten ? "removed" : "operation", event.data);
    return text;
}

Result<bool> read_watch(Parameters& query) {
    const auto watch = query.text("watch");
    if (watch && *watch != "true") {
        return fail(ErrorCode::invalid_argument, "must be true", "watch");
    }
    return watch.has_value();
}

Result<void> show(const Call& call) {
    TRY_AS(const auto target, target_of(call));
    if (target.verb == "wait") return wait(call, target.id);
    if (!target.verb.empty()) return fail(no_such_verb(target.verb));
    TRY_AS(auto query, Parameters::of(call.request.query));
    TRY_AS(const bool is_watch, read_watch(query));
    TRY_AS(const auto cursor, read_cursor(call, query));
    TRY(query.only_known());
    if (!is_watch && query.text("cursor")) {
        return fail(ErrorCode::invalid_argument, "is for watch=true", "cursor");
    }
    const auto snapshot = call.exchange->frontend().node().partition_of(tenant_of(call)).snapshot();
    TRY_AS(const TenantId tenant, find_tenant(*snapshot, tenant_of(call)));
    TRY_AS(const auto record, find_operation(*snapshot, tenant, target.id));
    if (!record) {
        return fail(ErrorCode::not_found,
                    fmt::format("there is no operation {}", target.id.text()));
    }
    if (!is_watch) {
        call.exchange->respond(operation_response(*record));
        return {};
    }
    follow(call, operation_topic(target.id), cursor,
           std::make_unique<OneOperationState>(*record, snapshot->revision()), operation_frame);
    return {};
}

Result<void> act(const Call& call) {
    TRY_AS(const auto target, target_of(call));
    if (target.verb == "wait") return wait(call, target.id);
    if (target.verb != "cancel") return fail(no_such_verb(target.verb));
    TRY_AS(const auto query, Parameters::of(call.request.query));
    TRY(query.only_known());
    ask(call, CancelOperation{target.id}, operation_response);
    return {};
}

Result<OperationState> read_state(JsonMembers& members, OperationState otherwise) {
    TRY_AS(const auto text, members.text("state"));
    if (!text) return otherwise;
    const auto state = parse_operation_state(*text);
    if (!state) {
        return fail(ErrorCode::invalid_argument,
                    "must be pending, running, succeeded, failed or cancelled",
                    members.path("state"));
    }
    return *state;
}

Result<std::optional<uint64_t>> read_count(JsonMembers& members, std::string_view name) {
    TRY_AS(const auto count, members.integer(name, 0, INT64_MAX));
    if (!count) return std::optional<uint64_t>();
    return std::optional(static_cast<uint64_t>(*count));
}

Result<std::vector<OperationStep>> read_steps(JsonMembers& members, size_t steps_max) {
    std::vector<OperationStep> steps;
    TRY_AS(const auto elements, members.array("steps"));
    if (!elements) return steps;
    if (elements->size() > steps_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must be at most {} of an operation", steps_max), "steps");
    }
    for (size_t i = 0; i < elements->size(); ++i) {
        TRY_AS(auto one, JsonMembers::of((*elements)[i], fmt::format("steps[{}].", i)));
        OperationStep step;
        TRY_AS(const auto name, one.text("name"));
        step.name = name.value_or("");
        TRY_AS(step.state, read_state(one, OperationState::running));
        TRY_AS(const auto current, read_count(one, "current"));
        TRY_AS(const auto end, read_count(one, "end"));
        TRY_AS(const auto detail, one.text("detail"));
        step.current = current.value_or(0);
        step.end = end.value_or(0);
        step.detail = detail.value_or("");
        TRY(one.only_known());
        steps.push_back(std::move(step));
    }
    return steps;
}

Result<void> report(const Call& call) {
    ReportOperation command;
    TRY_AS(command.id, uuid_parameter(call, "operation"));
    TRY_AS(const auto document, parse_body(call));
    TRY_AS(auto members, JsonMembers::of(document.root()));
    TRY_AS(const auto applier, members.text("applier"));
    command.applier = applier.value_or("");
    TRY_AS(command.state, read_state(members, OperationState::running));
    TRY_AS(command.current, read_count(members, "current"));
    TRY_AS(command.end, read_count(members, "end"));
    TRY_AS(command.detail, members.text("detail"));
    const auto& limits = call.exchange->frontend().node().partition_of(tenant_of(call)).limits();
    TRY_AS(command.steps, read_steps(members, limits.operation.steps_max));
    TRY_AS(const auto error, members.object("error"));
    TRY_AS(const auto response, members.object("response"));
    TRY(members.only_known());
    if (error) command.error = error->json();
    if (response) command.response = response->json();
    if (error && command.state != OperationState::failed &&
        command.state != OperationState::cancelled) {
        return fail(ErrorCode::invalid_argument, "is for what has failed", "error");
    }
    if (response && command.state != OperationState::succeeded) {
        return fail(ErrorCode::invalid_argument, "is for what has succeeded", "response");
    }
    ask(call, std::move(command), operation_response);
    return {};
}

Result<void> forget(const Call& call) {
    TRY_AS(const auto id, uuid_parameter(call, "operation"));
    ask(call, ForgetOperation{id}, [](const OperationForgotten&) {
        HttpResponse response;
        response.status = 204;
        return response;
    });
    return {};
}

Result<std::vector<OperationState>> parse_states(std::string_view text) {
    std::vector<OperationState> states;
    while (!text.empty()) {
        const size_t comma = text.find(',');
        const auto state = parse_operation_state(text.substr(0, comma));
        if (!state) {
            return fail(ErrorCode::invalid_argument,
                        "must be a list of pending, running, succeeded, failed, cancelled",
                        "state");
        }
        states.push_back(*state);
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    }
    return states;
}

// Goes through operations, some at a time, with its turn on the thread given back in between.
class ListAnswer : public std::enable_shared_from_this<ListAnswer> {
public:
    ListAnswer(ExchangePtr exchange, OperationListing listing, size_t limit, size_t bytes_max,
               std::string link)
        : exchange_(std::move(exchange)),
          listing_(std::move(listing)),
          limit_(limit),
          bytes_max_(bytes_max),
          link_(std::move(link)) {}

    void go_on() {
        if (exchange_->is_gone()) return;
        auto page = listing_.next(rows_per_turn, limit_ - count_);
        if (!page) return exchange_->respond(problem(page.error()));
        bool has_more = !page->at_end;
        uint64_t reached = page->reached;
        for (const auto& record : page->operations) {
            if (body_.size() >= bytes_max_) {
                has_more = true;
                break;
            }
            if (count_ > 0) body_ += ',';
            write_operation(body_, record);
            reached = record.number;
            ++count_;
        }
        const bool is_full = count_ >= limit_ || body_.size() >= bytes_max_;
        if (has_more && !is_full) {
            return exchange_->frontend().run_later([self = shared_from_this()] { self->go_on(); });
        }
        body_ += ']';
        if (has_more) body_ += fmt::format(R"(,"next":"{}{}")", link_, reached);
        body_ += '}';
        exchange_->respond(json_response(200, std::move(body_)));
    }

private:
    const ExchangePtr exchange_;
    OperationListing listing_;
    const size_t limit_;
    const size_t bytes_max_;
    const std::string link_;
    std::string body_ = R"({"operations":[)";
    size_t count_ = 0;
};

// With `requester` and nothing else, what happens to them is found by that; else by what they
// change, or among all.
Topic topic_of(const OperationListing::Request& request) {
    if (request.requester) return requested_topic(*request.requester);
    return request.type.empty() ? operations_topic() : operations_of_topic(request.type);
}

Result<void> list(const Call& call) {
    TRY_AS(auto query, Parameters::of(call.request.query));
    OperationListing::Request request;
    std::string link = "/api/v1/operations?";
    if (const auto states = query.text("state")) {
        TRY_AS(request.states, parse_states(*states));
        link += "state=" + percent_encode(*states) + "&";
    }
    request.type = query.text("type").value_or("");
    request.item = query.text("item").value_or("");
    if (request.type.empty() && !request.item.empty()) {
        return fail(ErrorCode::invalid_argument, "is required with item", "type");
    }
    if (!request.type.empty()) link += "type=" + percent_encode(request.type) + "&";
    if (!request.item.empty()) link += "item=" + percent_encode(request.item) + "&";
    if (const auto requester = query.text("requester")) {
        if (*requester == "me") {
            request.requester = call.exchange->identity().user_uuid;
            if (!request.requester) {
                return fail(ErrorCode::invalid_argument, "is nobody: the credential names no user",
                            "requester");
            }
        } else {
            TRY_AS(request.requester, parse_uuid(*requester, "requester"));
        }
        link += "requester=" + percent_encode(*requester) + "&";
    }
    TRY_AS(const auto limit, query.integer("limit", 1, page_limit_max));
    TRY_AS(const auto before, query.integer("before", 0, INT64_MAX));
    if (before) request.before = static_cast<uint64_t>(*before);
    TRY_AS(const bool is_watch, read_watch(query));
    TRY_AS(const auto cursor, read_cursor(call, query));
    TRY(query.only_known());
    if (!is_watch && query.text("cursor")) {
        return fail(ErrorCode::invalid_argument, "is for watch=true", "cursor");
    }
    const auto snapshot = call.exchange->frontend().node().partition_of(tenant_of(call)).snapshot();
    TRY_AS(request.tenant, find_tenant(*snapshot, tenant_of(call)));
    if (is_watch) {
        // A state is left as soon as it is reached: a stream of one would tell half of the story.
        if (!request.states.empty() || !request.item.empty() || before || limit) {
            return fail(ErrorCode::invalid_argument, "goes with type and requester only", "watch");
        }
        const auto topic = topic_of(request);
        const auto type = request.requester ? request.type : std::string();
        follow(call, topic, cursor,
               std::make_unique<OperationsState>(OperationListing(snapshot, request)),
               [type](const Event& event, const std::string& position) {
                   const bool is_other =
                       !type.empty() && !event.is_about(operations_of_topic(type));
                   return is_other ? std::string() : operation_frame(event, position);
               });
        return {};
    }
    const auto page_limit = static_cast<size_t>(limit.value_or(page_limit_default));
    call.exchange->expect_lengthy();
    const auto& limits = call.exchange->frontend().node().partition_of(tenant_of(call)).limits();
    std::make_shared<ListAnswer>(call.exchange, OperationListing(snapshot, std::move(request)),
                                 page_limit, limits.collection.answer_bytes_max,
                                 fmt::format("{}limit={}&before=", link, page_limit))
        ->go_on();
    return {};
}

}  // namespace

void add_operation_routes(Router& router) {
    const auto add = [&](HttpMethod method, std::string_view pattern, Router::Handler handler) {
        router.add(Dialect::native, method, pattern, std::move(handler));
    };
    add(HttpMethod::get, "/api/v1/operations", handler(list));
    add(HttpMethod::get, "/api/v1/operations/:operation", handler(show));
    add(HttpMethod::post, "/api/v1/operations/:operation", handler(act));
    add(HttpMethod::patch, "/api/v1/operations/:operation", plain_handler(report));
    add(HttpMethod::erase, "/api/v1/operations/:operation", plain_handler(forget));
}

}  // namespace signalbox::native
