#include "core/collections.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "codec/json_merge.h"
#include "codec/json_writer.h"
#include "core/collection_events.h"
#include "core/collection_rows.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

bool is_id_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._~-").find(c) != std::string_view::npos;
}

Result<void> check_id(std::string_view id, size_t bytes_max) {
    const bool is_good =
        !id.empty() && id.size() <= bytes_max && std::all_of(id.begin(), id.end(), is_id_char);
    if (is_good && id != "." && id != "..") return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("must have 1 to {} letters, digits and . _ ~ -", bytes_max), "id");
}

Error no_such_item(std::string_view type, std::string_view id) {
    return {ErrorCode::not_found, fmt::format("there is no {} {}", type, id), {}};
}

Result<void> check_requester(const Requester& requester) {
    if (!requester.only_own || requester.user) return {};
    return fail(ErrorCode::forbidden, "this is everybody's own, and the credential names no user");
}

Result<void> check_precondition(const Precondition& precondition, const CollectionItem* before) {
    const auto failed = [](std::string message) {
        return fail(ErrorCode::precondition_failed, std::move(message));
    };
    if (precondition.must_not_exist && before != nullptr) {
        return failed(fmt::format("it exists, with revision {}", before->revision.value));
    }
    const auto& revisions = precondition.revisions;
    if (before == nullptr) {
        if (precondition.must_exist || !revisions.empty()) return failed("it does not exist");
        return {};
    }
    if (revisions.empty() ||
        std::find(revisions.begin(), revisions.end(), before->revision) != revisions.end()) {
        return {};
    }
    return failed(fmt::format("its revision is {}", before->revision.value));
}

// No deeper than it may be, and no name in it is there twice.
Result<JsonDocument> parse_body(std::string_view text) {
    auto document = JsonDocument::parse(text);
    if (!document) return fail(document.error().code, document.error().message, "body");
    TRY(check_unique_names(document->root()));
    return document;
}

// A UUID, or a list of them.
Result<std::vector<Uuid>> read_owners(const JsonValue& value, const std::string& field,
                                      size_t owners_max) {
    std::vector<Uuid> owners;
    std::vector<JsonValue> named;
    if (value.kind() == JsonKind::array) {
        named = value.elements();
    } else if (!value.is_null()) {
        named = {value};
    }
    for (const auto& each : named) {
        const auto text = each.text();
        const auto owner = text ? Uuid::parse(*text) : std::nullopt;
        if (!owner) {
            return fail(ErrorCode::invalid_argument, "must be a UUID, or a list of them", field);
        }
        owners.push_back(*owner);
    }
    if (owners.size() > owners_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must have at most {} elements", owners_max), field);
    }
    return owners;
}

void write_owners(JsonWriter& json, const ItemType& type, const std::vector<Uuid>& owners) {
    json.key(type.owner_field);
    if (!type.owner_list && owners.size() < 2) {
        if (owners.empty()) return json.null();
        return json.value(owners.front().text());
    }
    json.begin_array();
    for (const auto& owner : owners) json.value(owner.text());
    json.end_array();
}

// What a key of a client stands for.
struct Remembered {
    std::string id;
    std::optional<Uuid> operation;
};

std::string encode(const Remembered& remembered) {
    std::string out;
    // Never as long as a UUID alone, which means something else there.
    put_bytes(out, remembered.id);
    put_u8(out, remembered.operation ? 1 : 0);
    if (remembered.operation) out += remembered.operation->raw();
    if (out.size() == sizeof(Uuid)) put_u8(out, 0);
    return out;
}

Remembered decode(std::string_view bytes) {
    ByteReader reader(bytes);
    Remembered remembered;
    remembered.id = reader.bytes();
    if (reader.u8() != 0) {
        const auto raw = reader.fixed(sizeof(Uuid));
        if (reader.ok()) remembered.operation = Uuid::from_raw(raw);
    }
    return remembered;
}

}  // namespace

Result<std::optional<ItemWritten>> Collections::find_replay(TenantId tenant,
                                                            const WriteItem& command,
                                                            const Step& step) const {
    if (command.idempotency_key.empty()) return std::optional<ItemWritten>();
    TRY_AS(const auto known,
           idempotency_.find(tenant, command.idempotency_key, command.request_digest, step));
    if (!known) return std::optional<ItemWritten>();
    const auto remembered = decode(*known);
    TRY_AS(auto item, find_item(step.rows, tenant, command.type, remembered.id));
    // It was made and is not there any more, or not theirs any more: nothing may be made twice.
    const bool is_hidden =
        item && command.requester.only_own && !is_owned_by(*item, command.requester.user);
    if (!item || is_hidden) return fail(no_such_item(command.type, remembered.id));
    ItemWritten written;
    written.item = std::move(*item);
    written.replayed = true;
    if (remembered.operation) {
        TRY_AS(written.operation, find_operation(step.rows, tenant, *remembered.operation));
    }
    return std::optional(std::move(written));
}

Result<Collections::Composed> Collections::compose(const ItemTypes::Known& known,
                                                   const WriteItem& command, const std::string& id,
                                                   const CollectionItem* before) const {
    const ItemType& type = known.type;
    std::string text = command.document;
    if (command.is_patch) {
        ASSERT(before != nullptr);
        TRY_AS(const auto patch, parse_body(command.document));
        TRY_AS(const auto target, JsonDocument::parse(before->document));
        text = json_merge_patch(target.root(), patch.root());
    }
    TRY_AS(const auto document, parse_body(text));
    if (!document.root().is_object()) {
        return fail(ErrorCode::invalid_argument, "must be an object", "body");
    }
    // What is the server's to say is no part of what the schema speaks of.
    Composed composed;
    std::string own = "{";
    std::optional<JsonValue> owners;
    for (const auto& [name, value] : document.root().members()) {
        if (name == type.id_field) {
            if (value.text() != id && !value.is_null()) {
                return fail(ErrorCode::invalid_argument, "is given by the path, or by the server",
                            type.id_field);
            }
        } else if (!type.owner_field.empty() && name == type.owner_field) {
            owners = value;
        } else {
            if (own.size() > 1) own += ',';
            append_json_string(own, name);
            own += ':';
            own += value.json();
        }
    }
    own += '}';
    const auto too_large = [&]() -> Error {
        return {ErrorCode::too_large,
                fmt::format("must have at most {} bytes", limits_.document_bytes_max), "body"};
    };
    // What it takes to check it is bounded by how large it is.
    if (own.size() > limits_.document_bytes_max) return fail(too_large());
    const auto checked = JsonDocument::parse(own);
    ASSERT(checked);
    TRY(known.schema.validate(checked->root()));
    if (!type.owner_field.empty()) {
        if (command.requester.only_own) {
            composed.owners =
                before != nullptr ? before->owners : std::vector{*command.requester.user};
        } else if (owners) {
            TRY_AS(composed.owners, read_owners(*owners, type.owner_field, limits_.owners_max));
        }
    }
    JsonWriter json(composed.document);
    json.begin_object();
    json.member(type.id_field, id);
    if (!type.owner_field.empty()) write_owners(json, type, composed.owners);
    json.end_object();
    if (own.size() > 2) {
        composed.document.back() = ',';
        composed.document.append(own, 1);
    }
    if (composed.document.size() > limits_.document_bytes_max) {
        return fail(too_large());
    }
    return composed;
}

Result<ItemWritten> Collections::write(TenantId tenant, WriteItem command, Step& step) {
    TRY_AS(const auto* known, types_.require(tenant, command.type));
    const ItemType& type = known->type;
    TRY(check_requester(command.requester));
    TRY_AS(auto replay, find_replay(tenant, command, step));
    if (replay) return *std::move(replay);
    std::optional<CollectionItem> before;
    if (command.id) {
        TRY(check_id(*command.id, limits_.id_bytes_max));
        TRY_AS(before, find_item(step.rows, tenant, type.name, *command.id));
    }
    const bool is_hidden =
        before && command.requester.only_own && !is_owned_by(*before, command.requester.user);
    if (is_hidden || (command.is_patch && !before)) {
        return fail(no_such_item(type.name, *command.id));
    }
    const CollectionItem* const old = before ? &*before : nullptr;
    TRY(check_precondition(command.precondition, old));
    CollectionItem item;
    item.id = command.id ? *command.id : step.random.uuid().text();
    TRY_AS(auto composed, compose(*known, command, item.id, old));
    if (!before && known->items >= limits_.items_max) {
        return fail(ErrorCode::overloaded, "too many items of this type");
    }
    TRY(operations_.check_begin(tenant, type, command.operation_id, step));
    item.document = std::move(composed.document);
    item.owners = std::move(composed.owners);
    item.revision = step.revision();
    item.created_at = before ? before->created_at : step.now.wall;
    item.updated_at = step.now.wall;
    step.ready.writes.put(item_key(tenant, type.name, item.id), encode_item(item));
    if (!before) types_.count_item(tenant, type.name, true, step);
    ItemWritten written;
    written.is_new = !before;
    const auto operation_id = operations_.propose_id(type, command.operation_id, step);
    const ItemChange change{type, old, &item, command.requester.user, operation_id, item.revision};
    step.emit(item_event(tenant, change));
    if (auto left = item_left_event(tenant, change)) step.emit(std::move(*left));
    if (operation_id) {
        written.operation = operations_.begin(
            tenant,
            {*operation_id, type, item.id, before ? OperationVerb::update : OperationVerb::create,
             command.requester},
            step);
        appliers_.tell(tenant, type, *written.operation, item.document, step);
    }
    if (!command.idempotency_key.empty()) {
        idempotency_.remember(tenant, command.idempotency_key, command.request_digest,
                              encode({item.id, operation_id}), step);
    }
    written.item = std::move(item);
    return written;
}

Result<ItemRemoved> Collections::remove(TenantId tenant, const RemoveItem& command, Step& step) {
    TRY_AS(const auto* known, types_.require(tenant, command.type));
    const ItemType& type = known->type;
    TRY(check_requester(command.requester));
    TRY_AS(const auto before, find_item(step.rows, tenant, type.name, command.id));
    if (!before || (command.requester.only_own && !is_owned_by(*before, command.requester.user))) {
        return fail(no_such_item(type.name, command.id));
    }
    TRY(check_precondition(command.precondition, &*before));
    TRY(operations_.check_begin(tenant, type, command.operation_id, step));
    step.ready.writes.erase(item_key(tenant, type.name, command.id));
    types_.count_item(tenant, type.name, false, step);
    ItemRemoved removed{command.id, step.revision(), {}};
    const auto operation_id = operations_.propose_id(type, command.operation_id, step);
    step.emit(item_event(
        tenant, {type, &*before, nullptr, command.requester.user, operation_id, removed.revision}));
    if (operation_id) {
        removed.operation = operations_.begin(
            tenant, {*operation_id, type, command.id, OperationVerb::remove, command.requester},
            step);
        appliers_.tell(tenant, type, *removed.operation, {}, step);
    }
    return removed;
}

}  // namespace signalbox
