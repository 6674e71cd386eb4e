#include <fmt/format.h>

#include "codec/sse.h"
#include "core/collection_events.h"
#include "core/collection_rows.h"
#include "core/tenants.h"
#include "dialect/event_members.h"
#include "dialect/feed_stream.h"
#include "dialect/native/changes.h"
#include "dialect/native/collection_call.h"

// Lists that go on: the items as they are, and then what happens to them.

namespace signalbox::native {
namespace {

// The items as an event stream has them.
class ItemState : public FeedState {
public:
    ItemState(ItemListing listing, const CollectionLimits& limits)
        : listing_(std::move(listing)), limits_(limits) {}

    Result<std::optional<std::string>> next() override {
        if (at_end_) return std::optional<std::string>();
        constexpr size_t rows_per_turn = 256;
        constexpr size_t bytes_per_turn = 64u << 10;
        TRY_AS(const auto page, listing_.next(rows_per_turn, limits_.items_per_answer_max,
                                              std::min(bytes_per_turn, limits_.answer_bytes_max)));
        at_end_ = page.at_end;
        std::string text;
        for (const auto& item : page.items) {
            std::string data;
            JsonWriter json(data);
            write_item(json, item);
            append_sse_event(text, {}, "item", data);
        }
        return std::optional(std::move(text));
    }
    [[nodiscard]] Revision revision() const override { return listing_.revision(); }

private:
    ItemListing listing_;
    const CollectionLimits& limits_;
    bool at_end_ = false;
};

struct Change {
    bool is_removal = false;
    std::string data;
};

// What the event says to somebody who sees everything, or only what `owner` owns: to that one an
// item that is owned by somebody else now is gone.
Change change_of(const Event& event, const std::optional<Uuid>& owner) {
    const EventMembers data(event);
    const bool is_deleted = event.type == "item.deleted";
    const bool has_left =
        !is_deleted && owner && data.find("owners").find(owner->text()) == std::string_view::npos;
    Change change;
    change.is_removal = is_deleted || has_left;
    JsonWriter json(change.data);
    json.begin_object();
    json.key("id");
    json.raw(data.find("id"));
    json.key("revision");
    json.raw(data.find("revision"));
    if (const auto operation = data.find("operation_id"); !operation.empty()) {
        json.key("operation_id");
        json.raw(operation);
    }
    if (change.is_removal) {
        json.member("reason", is_deleted ? "deleted" : "left");
    } else {
        for (const auto* name : {"created_at", "updated_at", "item"}) {
            json.key(name);
            json.raw(data.find(name));
        }
    }
    json.end_object();
    return change;
}

}  // namespace

Result<void> watch_items(const Call& call, const CollectionCall& at, WatchRequest request) {
    auto& partition = call.exchange->frontend().node().partition_of(at.tenant);
    const auto snapshot = partition.snapshot();
    TRY_AS(const TenantId tenant, find_tenant(*snapshot, at.tenant));
    TRY_AS(const auto type, find_item_type(*snapshot, tenant, at.type));
    if (!type) return fail(ErrorCode::not_found, fmt::format("type {} is not declared", at.type));
    const auto topic =
        request.owner ? owned_topic(at.type, *request.owner) : collection_topic(at.type);
    std::optional<Cursor> cursor;
    if (request.cursor && !request.cursor->empty()) {
        cursor = Cursor::parse(*request.cursor);
        if (!cursor) {
            return fail(ErrorCode::invalid_argument, "must come from an earlier answer", "cursor");
        }
    }
    if (!request.is_stream) {
        if (!cursor) return fail(ErrorCode::invalid_argument, "must not be empty", "cursor");
        ChangesAnswer::open(call.exchange, {at.tenant,
                                            {topic},
                                            *cursor,
                                            [owner = request.owner](const Event& event) {
                                                auto change = change_of(event, owner);
                                                change.data.insert(1, change.is_removal
                                                                          ? R"("removed":true,)"
                                                                          : "");
                                                return change.data;
                                            },
                                            request.wait,
                                            request.limit});
        return {};
    }
    FeedStream::Request stream;
    stream.tenant = at.tenant;
    stream.topics = {topic};
    stream.after = cursor;
    stream.render = [owner = request.owner](const Event& event, const std::string& position) {
        const auto change = change_of(event, owner);
        std::string text;
        append_sse_event(text, position, change.is_removal ? "removed" : "item", change.data);
        return text;
    };
    if (!cursor) {
        stream.state =
            std::make_unique<ItemState>(ItemListing(snapshot, {tenant, at.type, request.owner, {}}),
                                        partition.limits().collection);
    }
    FeedStream::open(
        call.exchange, std::move(stream),
        [](const ExchangePtr& exchange, const Error& error) { exchange->respond(problem(error)); });
    return {};
}

}  // namespace signalbox::native
