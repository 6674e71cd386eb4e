#include "dialect/native/collection_call.h"

#include <charconv>

#include <fmt/format.h>

#include "base/checksum.h"
#include "codec/url.h"
#include "core/collection_events.h"
#include "core/collection_rows.h"
#include "core/cursor.h"
#include "core/tenants.h"

namespace signalbox::native {
namespace {

constexpr int64_t page_limit_max = 1000;
constexpr int64_t page_limit_default = 100;
constexpr int64_t wait_seconds_max = 3600;

std::string_view trim(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// One after the other, without the spaces around them.
std::optional<std::string_view> next_element(std::string_view& list) {
    while (!list.empty()) {
        const size_t comma = list.find(',');
        const auto element = trim(list.substr(0, comma));
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
        if (!element.empty()) return element;
    }
    return std::nullopt;
}

// A tag that is none of ours is that of no revision.
Revision revision_of_tag(std::string_view tag) {
    constexpr Revision none(UINT64_MAX);
    if (tag.size() < 3 || tag.front() != '"' || tag.back() != '"') return none;
    tag = tag.substr(1, tag.size() - 2);
    uint64_t number = 0;
    const auto [stopped, error] = std::from_chars(tag.data(), tag.data() + tag.size(), number);
    return error == std::errc() && stopped == tag.data() + tag.size() ? Revision(number) : none;
}

std::string item_path(const CollectionCall& at, const std::string& id) {
    return at.base + "/" + percent_encode(id);
}

void add_operation_fields(HttpResponse& response, const OperationRecord& operation) {
    response.fields.emplace_back("Operation-Id", operation.id.text());
    response.fields.emplace_back("Operation-Location", "/api/v1/operations/" + operation.id.text());
    response.fields.emplace_back("Operation-State", operation_state_name(operation.state));
}

std::string item_body(const CollectionCall& at, const CollectionItem& item,
                      const std::optional<OperationRecord>& operation) {
    if (at.is_bare) return item.document;
    std::string body;
    JsonWriter json(body);
    write_item(json, item);
    if (operation) {
        body.back() = ',';
        body += R"("operation":)";
        write_operation(body, *operation);
        body += '}';
    }
    return body;
}

HttpResponse item_response(const CollectionCall& at, const ItemWritten& written,
                           const Preference& preference) {
    // Not done yet, and nobody wants to hear of the item before it is.
    const bool is_accepted =
        preference.is_asynchronous && written.operation && !has_ended(written.operation->state);
    std::string body;
    if (is_accepted) {
        write_operation(body, *written.operation);
    } else {
        body = item_body(at, written.item, written.operation);
    }
    const uint16_t status = is_accepted ? 202 : written.is_new ? 201 : 200;
    auto response = json_response(status, std::move(body));
    if (written.is_new || is_accepted) {
        response.fields.emplace_back("Location", item_path(at, written.item.id));
    }
    response.fields.emplace_back("ETag", entity_tag(written.item.revision));
    response.fields.emplace_back("Signalbox-Revision", std::to_string(written.item.revision.value));
    if (written.operation) add_operation_fields(response, *written.operation);
    if (is_accepted) response.fields.emplace_back("Retry-After", "1");
    if (const auto applied = preference.applied(); !applied.empty()) {
        response.fields.emplace_back("Preference-Applied", applied);
    }
    if (written.replayed) response.fields.emplace_back("Idempotent-Replay", "true");
    return response;
}

// What makes two requests the same: also whose they are, since the answer to a repetition shows the
// item.
uint64_t digest_of(const HttpRequest& request, const Requester& requester) {
    uint64_t digest = checksum(request.path, static_cast<uint64_t>(request.method));
    digest = checksum(request.body, digest);
    digest = checksum(requester.name, digest);
    return requester.user ? checksum(requester.user->raw(), digest) : digest;
}

Result<void> write(const Call& call, const CollectionCall& at, WriteItem command) {
    command.type = at.type;
    TRY_AS(command.precondition, read_precondition(call.request));
    TRY_AS(command.operation_id, read_operation_id(call.request));
    command.document = call.request.body;
    command.requester = requester_of(call, at);
    if (const auto key = call.request.field("idempotency-key")) command.idempotency_key = *key;
    command.request_digest = digest_of(call.request, command.requester);
    const auto preference = read_preference(call.request);
    const ExchangePtr exchange = call.exchange;
    exchange->ask(at.tenant, std::move(command), [exchange, at, preference](auto written) {
        if (!written) return exchange->respond(problem(written.error()));
        const auto answer = std::make_shared<ItemWritten>(std::move(*written));
        if (!preference.wait || !answer->operation || has_ended(answer->operation->state)) {
            return exchange->respond(item_response(at, *answer, preference));
        }
        // It is written, whatever comes of waiting.
        exchange->ask(at.tenant, WaitOperation{answer->operation->id, *preference.wait},
                      [exchange, at, preference, answer](auto operation) {
                          if (operation) answer->operation = std::move(*operation);
                          exchange->respond(item_response(at, *answer, preference));
                      });
    });
    return {};
}

}  // namespace

Result<Precondition> read_precondition(const HttpRequest& request) {
    Precondition precondition;
    if (const auto tags = request.field("if-match")) {
        std::string_view list = *tags;
        while (const auto tag = next_element(list)) {
            if (*tag == "*") {
                precondition.must_exist = true;
            } else {
                precondition.revisions.push_back(revision_of_tag(*tag));
            }
        }
        if (!precondition.must_exist && precondition.revisions.empty()) {
            return fail(ErrorCode::invalid_argument, "must be * or a list of tags", "If-Match");
        }
        if (precondition.must_exist) precondition.revisions.clear();
    }
    if (const auto tags = request.field("if-none-match")) {
        if (trim(*tags) != "*") {
            return fail(ErrorCode::invalid_argument, "must be * where something is changed",
                        "If-None-Match");
        }
        precondition.must_not_exist = true;
    }
    return precondition;
}

Requester requester_of(const Call& call, const CollectionCall& at) {
    const Identity& identity = call.exchange->identity();
    return {identity.user_uuid, identity.user, at.only_own};
}

Result<std::optional<Uuid>> read_operation_id(const HttpRequest& request) {
    const auto given = request.field("operation-id");
    if (!given) return std::optional<Uuid>();
    TRY_AS(const Uuid id, parse_uuid(*given, "Operation-Id"));
    return std::optional(id);
}

std::string Preference::applied() const {
    std::string text = is_asynchronous ? "respond-async" : "";
    if (wait) {
        if (!text.empty()) text += ", ";
        text +=
            fmt::format("wait={}", std::chrono::duration_cast<std::chrono::seconds>(*wait).count());
    }
    return text;
}

// What cannot be read is not preferred: a preference is no demand.
Preference read_preference(const HttpRequest& request) {
    Preference preference;
    const auto given = request.field("prefer");
    std::string_view list = given.value_or("");
    while (const auto element = next_element(list)) {
        if (*element == "respond-async") preference.is_asynchronous = true;
        constexpr std::string_view wait = "wait=";
        if (!element->starts_with(wait)) continue;
        const auto seconds =
            parse_integer(element->substr(wait.size()), 0, wait_seconds_max, "Prefer");
        if (seconds) preference.wait = std::chrono::seconds(*seconds);
    }
    return preference;
}

std::string entity_tag(Revision revision) {
    return fmt::format("\"{}\"", revision.value);
}

void write_item(JsonWriter& json, const CollectionItem& item) {
    json.begin_object();
    json.member("id", item.id);
    json.member("revision", item.revision.value);
    json.member("created_at", format_instant(item.created_at));
    json.member("updated_at", format_instant(item.updated_at));
    json.key("item");
    json.raw(item.document);
    json.end_object();
}

Result<void> show_item(const Call& call, const CollectionCall& at) {
    const auto snapshot = call.exchange->frontend().node().partition_of(at.tenant).snapshot();
    TRY_AS(const TenantId tenant, find_tenant(*snapshot, at.tenant));
    TRY_AS(const auto item, find_item(*snapshot, tenant, at.type, at.id));
    const auto& user = call.exchange->identity().user_uuid;
    const bool is_hidden = item && at.only_own && !is_owned_by(*item, user);
    if (!item || is_hidden) {
        return fail(ErrorCode::not_found, fmt::format("there is no {} {}", at.type, at.id));
    }
    const auto tag = entity_tag(item->revision);
    HttpResponse response;
    std::string_view known = call.request.field("if-none-match").value_or("");
    bool is_known = false;
    while (const auto each = next_element(known)) is_known = is_known || *each == tag;
    if (is_known) {
        response.status = 304;
    } else {
        response = json_response(200, item_body(at, *item, {}));
    }
    response.fields.emplace_back("ETag", tag);
    response.fields.emplace_back("Signalbox-Revision", std::to_string(item->revision.value));
    call.exchange->respond(std::move(response));
    return {};
}

Result<void> create_item(const Call& call, const CollectionCall& at) {
    return write(call, at, {});
}

Result<void> change_item(const Call& call, const CollectionCall& at, bool is_patch) {
    WriteItem command;
    command.id = at.id;
    command.is_patch = is_patch;
    return write(call, at, std::move(command));
}

Result<void> remove_item(const Call& call, const CollectionCall& at) {
    RemoveItem command;
    command.type = at.type;
    command.id = at.id;
    TRY_AS(command.precondition, read_precondition(call.request));
    TRY_AS(command.operation_id, read_operation_id(call.request));
    command.requester = requester_of(call, at);
    const ExchangePtr exchange = call.exchange;
    exchange->ask(at.tenant, std::move(command), [exchange](auto removed) {
        if (!removed) return exchange->respond(problem(removed.error()));
        HttpResponse response;
        response.status = 204;
        response.fields.emplace_back("Signalbox-Revision", std::to_string(removed->revision.value));
        if (removed->operation) add_operation_fields(response, *removed->operation);
        exchange->respond(std::move(response));
    });
    return {};
}

namespace {

// Goes through the items, some at a time, with its turn on the thread given back in between.
class ListAnswer : public std::enable_shared_from_this<ListAnswer> {
public:
    ListAnswer(ExchangePtr exchange, CollectionCall at, ItemListing listing, size_t limit,
               std::string link)
        : exchange_(std::move(exchange)),
          at_(std::move(at)),
          listing_(std::move(listing)),
          limit_(limit),
          link_(std::move(link)) {}

    void go_on() {
        if (exchange_->is_gone()) return;
        const auto& limits =
            exchange_->frontend().node().partition_of(at_.tenant).limits().collection;
        constexpr size_t rows_per_turn = 1024;
        auto page =
            listing_.next(rows_per_turn, limit_ + 1 - items_.size(),
                          limits.answer_bytes_max - std::min(bytes_, limits.answer_bytes_max - 1));
        if (!page) return exchange_->respond(problem(page.error()));
        for (auto& item : page->items) {
            bytes_ += item.document.size();
            items_.push_back(std::move(item));
        }
        const bool is_full = items_.size() > limit_ || bytes_ >= limits.answer_bytes_max;
        if (!page->at_end && !is_full) {
            return exchange_->frontend().run_later([self = shared_from_this()] { self->go_on(); });
        }
        has_more_ = !page->at_end || items_.size() > limit_;
        if (items_.size() > limit_) items_.pop_back();
        respond();
    }

private:
    void respond() {
        std::string body;
        JsonWriter json(body);
        json.begin_object();
        json.key("items");
        json.begin_array();
        for (const auto& item : items_) {
            if (at_.is_bare) {
                json.raw(item.document);
            } else {
                write_item(json, item);
            }
        }
        json.end_array();
        json.member("revision", listing_.revision().value);
        const auto& identity = exchange_->frontend().node().identity();
        json.member("cursor", Cursor{identity.history, end_of(listing_.revision())}.text());
        if (has_more_) json.member("next", link_ + "after=" + percent_encode(items_.back().id));
        json.end_object();
        exchange_->respond(json_response(200, std::move(body)));
    }

    const ExchangePtr exchange_;
    const CollectionCall at_;
    ItemListing listing_;
    const size_t limit_;
    const std::string link_;
    std::vector<CollectionItem> items_;
    size_t bytes_ = 0;
    bool has_more_ = false;
};

Result<std::optional<Uuid>> read_owner(const Call& call, const CollectionCall& at,
                                       Parameters& query) {
    const auto& user = call.exchange->identity().user_uuid;
    const auto given = query.text("owner");
    if (at.only_own || given == "me") {
        if (!user) {
            return fail(ErrorCode::forbidden,
                        "this is everybody's own, and the credential names no user");
        }
        if (at.only_own && given && given != "me") {
            return fail(ErrorCode::invalid_argument, "is known from the path", "owner");
        }
        return user;
    }
    if (!given) return std::optional<Uuid>();
    TRY_AS(const Uuid owner, parse_uuid(*given, "owner"));
    return std::optional(owner);
}

}  // namespace

Result<void> list_items(const Call& call, const CollectionCall& at) {
    TRY_AS(auto query, Parameters::of(call.request.query));
    TRY_AS(const auto owner, read_owner(call, at, query));
    const auto after = query.text("after");
    TRY_AS(const auto limit, query.integer("limit", 1, page_limit_max));
    const auto watch = query.text("watch");
    auto cursor = query.text("cursor");
    TRY_AS(const auto wait, query.duration("wait"));
    TRY(query.only_known());
    const auto page_limit = static_cast<size_t>(limit.value_or(page_limit_default));
    if (watch && *watch != "true") {
        return fail(ErrorCode::invalid_argument, "must be true", "watch");
    }
    if (wait && !cursor) {
        return fail(ErrorCode::invalid_argument, "is for reading on behind a cursor", "wait");
    }
    if (watch || cursor) {
        if (after) return fail(ErrorCode::invalid_argument, "is for lists", "after");
        if (const auto last = call.request.field("last-event-id"); last && watch) {
            cursor = std::string(*last);
        }
        return watch_items(
            call, at,
            {owner, cursor, watch.has_value(), wait.value_or(Duration::zero()), page_limit});
    }
    const auto snapshot = call.exchange->frontend().node().partition_of(at.tenant).snapshot();
    TRY_AS(const TenantId tenant, find_tenant(*snapshot, at.tenant));
    TRY_AS(const auto type, find_item_type(*snapshot, tenant, at.type));
    if (!type) return fail(ErrorCode::not_found, fmt::format("type {} is not declared", at.type));
    std::string link = fmt::format("{}?limit={}&", at.base, page_limit);
    if (owner && !at.only_own) link += "owner=" + owner->text() + "&";
    call.exchange->expect_lengthy();
    std::make_shared<ListAnswer>(
        call.exchange, at, ItemListing(snapshot, {tenant, at.type, owner, after.value_or("")}),
        page_limit, std::move(link))
        ->go_on();
    return {};
}

}  // namespace signalbox::native
