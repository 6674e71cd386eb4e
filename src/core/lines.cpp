#include "core/lines.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "core/resource_json.h"
#include "core/ticket_topics.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr uint8_t settings_row_version = 1;

std::string settings_key(const LineKey& line) {
    std::string server;
    put_server(server, line.resource.server);
    return KeyBuilder(Table::line_settings)
        .tenant(line.tenant)
        .tail(server)
        .text(line.resource.scope)
        .text(line.resource.id)
        .take();
}

std::string encode(const LineSettings& settings) {
    std::string out;
    put_u8(out, settings_row_version);
    put_varint(out, settings.slots);
    put_u8(out, settings.paused ? 1 : 0);
    put_u8(out, settings.draining ? 1 : 0);
    put_bytes(out, settings.reason);
    put_varint(out, settings.declared_slots);
    return out;
}

std::optional<LineSettings> decode(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.u8() != settings_row_version) return std::nullopt;
    LineSettings settings;
    settings.slots = static_cast<uint32_t>(reader.varint());
    settings.paused = reader.u8() != 0;
    settings.draining = reader.u8() != 0;
    settings.reason = reader.bytes();
    settings.declared_slots = static_cast<uint32_t>(reader.varint());
    if (!reader.ok()) return std::nullopt;
    return settings;
}

Event settings_event(const Line& line, const Caller& by) {
    const LineKey& key = *line.key();
    Event event;
    event.tenant = key.tenant;
    event.type = "line.changed";
    event.subject =
        fmt::format("{}/{}/{}", key.resource.server.text(), key.resource.scope, key.resource.id);
    event.topics = line_topics(key.resource);
    const LineView view = line.view();
    JsonWriter json(event.data);
    json.begin_object();
    write_resource(json, key.resource);
    json.member("slots", view.slots);
    json.member("paused", view.paused);
    json.member("draining", view.draining);
    if (!view.reason.empty()) json.member("reason", view.reason);
    if (!by.name.empty()) json.member("by", by.name);
    if (!by.request_id.empty()) json.member("request_id", by.request_id);
    json.end_object();
    return event;
}

}  // namespace

LineView default_line_view(TenantId tenant, const Resource& resource) {
    LineView view;
    view.key.reset(new LineKey(tenant, resource));
    return view;
}

Result<void> Lines::load_settings(const RowReader& rows) {
    const auto prefix = KeyBuilder(Table::line_settings).take();
    const auto scan = rows.scan(prefix, prefix_end(prefix));
    for (; scan->valid(); scan->next()) {
        ByteReader key(scan->key());
        key.u8();
        const TenantId tenant(key.u32_be());
        Resource resource;
        resource.server = read_server(key);
        const bool named = read_key_text(key, resource.scope) && read_key_text(key, resource.id);
        auto settings = decode(scan->value());
        if (!named || !settings) {
            return fail(ErrorCode::internal, "a row of a line's settings is damaged");
        }
        if (!settings->is_default()) ++with_settings_;
        open(tenant, resource).set_settings(std::move(*settings));
    }
    return scan->status();
}

Line* Lines::find(TenantId tenant, const Resource& resource) const {
    const auto found = lines_.find(KeyRef{tenant, resource});
    return found == lines_.end() ? nullptr : found->second.get();
}

Line& Lines::open(TenantId tenant, const Resource& resource) {
    const auto found = lines_.find(KeyRef{tenant, resource});
    if (found != lines_.end()) return *found->second;
    const LineKeyPtr key(new LineKey(tenant, resource));
    return *lines_.emplace(key, std::make_unique<Line>(key)).first->second;
}

void Lines::drop_if_needless(Line& line) {
    if (!line.is_needless()) return;
    const auto erased = lines_.erase(line.key());
    ASSERT(erased == 1);
}

void Lines::save_settings(const Line& line, Step& step) {
    const LineSettings& settings = line.settings();
    const auto key = settings_key(*line.key());
    if (settings.is_default() && settings.declared_slots == 0) {
        step.ready.writes.erase(key);
    } else {
        step.ready.writes.put(key, encode(settings));
    }
}

Result<Line*> Lines::set(TenantId tenant, const SetLine& command, Step& step) {
    if (command.slots && *command.slots > limits_.slots_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must be at most {}", limits_.slots_max), "slots");
    }
    if (command.reason && command.reason->size() > limits_.name_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must have at most {} bytes", limits_.name_bytes_max), "reason");
    }
    const Line* present = find(tenant, command.resource);
    LineSettings settings = present != nullptr ? present->settings() : LineSettings();
    const bool had_settings = !settings.is_default();
    if (command.slots) settings.slots = *command.slots;
    if (command.paused) settings.paused = *command.paused;
    if (command.draining) settings.draining = *command.draining;
    if (command.reason) settings.reason = *command.reason;
    const bool has_settings = !settings.is_default();
    if (has_settings && !had_settings && with_settings_ >= limits_.line_settings_max) {
        return fail(ErrorCode::overloaded, "too many lines have settings");
    }
    Line& line = open(tenant, command.resource);
    with_settings_ += static_cast<size_t>(has_settings) - static_cast<size_t>(had_settings);
    line.set_settings(std::move(settings));
    save_settings(line, step);
    step.emit(settings_event(line, step.by));
    return &line;
}

LineList Lines::list(TenantId tenant, const ListLines& command) const {
    LineList list;
    const Resource first{command.server.value_or(ServerId{}), {}, {}};
    auto at = command.after ? lines_.upper_bound(KeyRef{tenant, *command.after})
                            : lines_.lower_bound(KeyRef{tenant, first});
    for (; at != lines_.end() && at->first->tenant == tenant; ++at) {
        if (command.server && at->first->resource.server != *command.server) break;
        if (list.lines.size() == command.limit) {
            list.more = true;
            break;
        }
        list.lines.push_back(at->second->view());
    }
    return list;
}

Line* Lines::next_of_server(TenantId tenant, ServerId server,
                            const std::optional<Resource>& after) const {
    const Resource first{server, {}, {}};
    const auto at = after ? lines_.upper_bound(KeyRef{tenant, *after})
                          : lines_.lower_bound(KeyRef{tenant, first});
    if (at == lines_.end() || at->first->tenant != tenant) return nullptr;
    return at->first->resource.server == server ? at->second.get() : nullptr;
}

void Lines::check() const {
    size_t with_settings = 0;
    for (const auto& [key, line] : lines_) {
        ASSERT(*key == *line->key());
        ASSERT(!line->is_needless());
        if (!line->settings().is_default()) ++with_settings;
        line->check();
    }
    ASSERT(with_settings == with_settings_);
}

}  // namespace signalbox
