#include "dialect/zaqar/queue_metadata.h"

#include <algorithm>
#include <array>
#include <functional>

#include <fmt/format.h>

#include "codec/json_reader.h"
#include "codec/json_text.h"
#include "codec/json_writer.h"
#include "dialect/zaqar/message_input.h"
#include "dialect/zaqar/retry_policy.h"
#include "dialect/zaqar/zaqar_checks.h"

namespace signalbox::zaqar {
namespace {

using Read = tl::expected<void, std::string>;

int64_t seconds(Duration span) {
    return std::chrono::duration_cast<std::chrono::seconds>(span).count();
}

std::string quoted(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

// What counts as not given, wherever a value is optional in Zaqar.
bool is_falsy(std::string_view value) {
    if (value == "null" || value == "false" || value == "\"\"" || value == "0") return true;
    JsonTextReader reader(value);
    if (reader.kind() == JsonKind::number) {
        return value.substr(0, value.find_first_of("eE")).find_first_of("123456789") ==
               std::string_view::npos;
    }
    if (reader.kind() == JsonKind::array) {
        reader.enter();
        return !reader.next_element();
    }
    if (reader.kind() == JsonKind::object) {
        reader.enter();
        return !reader.next_member();
    }
    return false;
}

tl::expected<std::optional<int64_t>, std::string> read_number(
    const std::string& name, const std::string& value, int64_t min, int64_t max,
    const std::function<std::string()>& out_of_range) {
    if (is_falsy(value)) return std::optional<int64_t>();
    const auto number = json_integer(value);
    if (!number) return tl::unexpected(fmt::format("{} must be integer.", name));
    if (*number < min || *number > max) return tl::unexpected(out_of_range());
    return number;
}

Read read_span(std::optional<Duration>& place, const std::string& name, const std::string& value,
               Duration min, Duration max) {
    auto number = read_number(name, value, seconds(min), seconds(max), [&] {
        return fmt::format("{} can not exceed {} seconds, and must be at least {} seconds long.",
                           name, seconds(max), seconds(min));
    });
    if (!number) return tl::unexpected(std::move(number.error()));
    place.reset();
    if (*number) place = std::chrono::seconds(**number);
    return {};
}

Read read_count(std::optional<int64_t>& place, const std::string& name, const std::string& value,
                int64_t max) {
    auto number = read_number(name, value, 1, max, [&] {
        return fmt::format("{} can not exceed {}, and must be at least greater than 0.", name, max);
    });
    if (!number) return tl::unexpected(std::move(number.error()));
    place = *number;
    return {};
}

Read read_dead_letter_queue(std::optional<std::string>& place, const std::string& name,
                            const std::string& value, const ZaqarLimits& limits) {
    place.reset();
    if (is_falsy(value)) return {};
    auto text = json_string(value);
    if (!text || !check_name(*text, "Queue", limits)) {
        return tl::unexpected(fmt::format("{} must be the name of a queue.", name));
    }
    place = std::move(*text);
    return {};
}

Read read_flavor(std::optional<std::string>& place, const std::string& name,
                 const std::string& value) {
    place.reset();
    if (is_falsy(value)) return {};
    auto text = json_string(value);
    if (!text) return tl::unexpected(fmt::format("{} must be string.", name));
    place = std::move(*text);
    return {};
}

Read read_encrypt(std::optional<bool>& place, const std::string& name, const std::string& value) {
    place.reset();
    if (is_falsy(value)) return {};
    if (value != "true") return tl::unexpected(fmt::format("{} must be boolean.", name));
    place = true;
    return {};
}

Read read_retry_policy(std::optional<std::string>& place, const std::string& value) {
    place.reset();
    if (is_falsy(value)) return {};
    if (auto checked = check_retry_policy(value); !checked) return checked;
    place = value;
    return {};
}

// One reserved name: how it is kept, and how it shows.
struct Reserved {
    std::string name;
    bool is_of_topics = false;
    bool is_always_shown = true;
    // Its default, as JSON.
    std::string (*otherwise)(const ZaqarLimits&, Duration ttl);
    Read (*read)(QueueSettings&, const std::string& name, const std::string& value,
                 const ZaqarLimits&);
    // As JSON; nothing when it is not set.
    std::optional<std::string> (*show)(const QueueSettings&);
};

std::string null_text(const ZaqarLimits& /*limits*/, Duration /*ttl*/) {
    return "null";
}

std::optional<std::string> span_text(const std::optional<Duration>& span) {
    if (!span || seconds(*span) == 0) return std::nullopt;
    return std::to_string(seconds(*span));
}

std::optional<std::string> count_text(const std::optional<int64_t>& count) {
    if (!count) return std::nullopt;
    return std::to_string(*count);
}

std::optional<std::string> name_text(const std::optional<std::string>& name) {
    if (!name) return std::nullopt;
    return quoted(*name);
}

using S = QueueSettings;
using N = const std::string&;
using L = const ZaqarLimits&;

const std::array<Reserved, 9>& reserved_names() {
    static const std::array<Reserved, 9> names{{
        {"_max_messages_post_size", true, true,
         [](L limits, Duration) { return std::to_string(limits.post_bytes_max); },
         [](S& to, N name, N value, L limits) {
             return read_count(to.post_bytes_max, name, value,
                               static_cast<int64_t>(limits.post_bytes_max));
         },
         [](const S& of) { return count_text(of.post_bytes_max); }},
        {"_default_message_ttl", true, true,
         [](L limits, Duration ttl) {
             return std::to_string(seconds(std::min(ttl, limits.message_ttl_max)));
         },
         [](S& to, N name, N value, L limits) {
             return read_span(to.ttl, name, value, limits.message_ttl_min, limits.message_ttl_max);
         },
         [](const S& of) { return span_text(of.ttl); }},
        {"_default_message_delay", true, true, [](L, Duration) { return std::string("0"); },
         [](S& to, N name, N value, L limits) {
             return read_span(to.delay, name, value, Duration(0), limits.message_delay_max);
         },
         [](const S& of) { return span_text(of.delay); }},
        {"_dead_letter_queue", false, true, null_text,
         [](S& to, N name, N value, L limits) {
             return read_dead_letter_queue(to.dead_letter_queue, name, value, limits);
         },
         [](const S& of) { return name_text(of.dead_letter_queue); }},
        {"_dead_letter_queue_messages_ttl", false, true, null_text,
         [](S& to, N name, N value, L limits) {
             return read_span(to.dead_letter_ttl, name, value, limits.message_ttl_min,
                              limits.message_ttl_max);
         },
         [](const S& of) { return span_text(of.dead_letter_ttl); }},
        {"_max_claim_count", false, true, null_text,
         [](S& to, N name, N value, L) {
             return read_count(to.claims_max, name, value, INT32_MAX);
         },
         [](const S& of) { return count_text(of.claims_max); }},
        {"_enable_encrypt_messages", false, true, [](L, Duration) { return std::string("false"); },
         [](S& to, N name, N value, L) { return read_encrypt(to.encrypt, name, value); },
         [](const S& of) {
             return of.encrypt.value_or(false) ? std::optional<std::string>("true") : std::nullopt;
         }},
        {"_flavor", false, false, null_text,
         [](S& to, N name, N value, L) { return read_flavor(to.flavor, name, value); },
         [](const S& of) { return name_text(of.flavor); }},
        {"_retry_policy", false, false, null_text,
         [](S& to, N, N value, L) { return read_retry_policy(to.retry_policy, value); },
         [](const S& of) { return of.retry_policy; }},
    }};
    return names;
}

const Reserved* find_reserved(const std::string& name, QueueKind kind) {
    const auto& names = reserved_names();
    const auto found = std::find_if(names.begin(), names.end(),
                                    [&](const Reserved& known) { return known.name == name; });
    if (found == names.end() || (kind == QueueKind::topic && !found->is_of_topics)) return nullptr;
    return &*found;
}

}  // namespace

MetadataDocument MetadataDocument::parse(std::string_view object) {
    MetadataDocument document;
    JsonTextReader reader(object);
    if (reader.kind() != JsonKind::object) return document;
    reader.enter();
    while (const auto written = reader.next_member()) {
        std::string name(*written);
        if (name.find('\\') != std::string::npos) {
            name = json_string("\"" + name + "\"").value_or(std::move(name));
        }
        document.set(name, std::string(reader.take()));
    }
    return document;
}

MetadataDocument MetadataDocument::of(const QueueView& view) {
    auto document = parse(view.metadata);
    for (const auto& reserved : reserved_names()) {
        if (view.queue.kind == QueueKind::topic && !reserved.is_of_topics) continue;
        document.remove(reserved.name);
        if (auto value = reserved.show(view.settings)) document.set(reserved.name, *value);
    }
    document.touched_.clear();
    return document;
}

const std::string* MetadataDocument::find(const std::string& name) const {
    const auto found = places_.find(name);
    return found == places_.end() ? nullptr : &members_[found->second].value;
}

void MetadataDocument::set(const std::string& name, std::string value) {
    touched_.insert(name);
    const auto [place, is_new] = places_.try_emplace(name, members_.size());
    if (is_new) {
        members_.push_back({name, std::move(value)});
    } else {
        members_[place->second].value = std::move(value);
    }
}

bool MetadataDocument::remove(const std::string& name) {
    touched_.insert(name);
    const auto found = places_.find(name);
    if (found == places_.end()) return false;
    members_[found->second].value.clear();
    places_.erase(found);
    return true;
}

std::string MetadataDocument::text() const {
    std::string out = "{";
    for (const auto& member : members_) {
        if (member.value.empty()) continue;
        if (out.size() > 1) out += ',';
        append_json_string(out, member.name);
        out += ':';
        out += member.value;
    }
    out += '}';
    return out;
}

bool is_reserved(std::string_view name) {
    const auto& names = reserved_names();
    return std::any_of(names.begin(), names.end(),
                       [&](const Reserved& known) { return known.name == name; });
}

bool is_always_shown(const std::string& name, QueueKind kind) {
    const auto* reserved = find_reserved(name, kind);
    return reserved != nullptr && reserved->is_always_shown;
}

std::string shown_metadata(MetadataDocument document, QueueKind kind, const ZaqarLimits& limits,
                           Duration ttl) {
    for (const auto& reserved : reserved_names()) {
        if (!is_always_shown(reserved.name, kind)) continue;
        if (document.find(reserved.name) == nullptr) {
            document.set(reserved.name, reserved.otherwise(limits, ttl));
        }
    }
    return document.text();
}

tl::expected<QueueContent, std::string> read_metadata(const MetadataDocument& document,
                                                      QueueKind kind, QueueSettings before,
                                                      const ZaqarLimits& limits) {
    QueueContent content{std::move(before), {}};
    MetadataDocument kept;
    static const std::string nothing = "null";
    for (const auto& reserved : reserved_names()) {
        if (find_reserved(reserved.name, kind) == nullptr) continue;
        if (!document.is_touched(reserved.name)) continue;
        const auto* value = document.find(reserved.name);
        auto read = reserved.read(content.settings, reserved.name,
                                  value == nullptr ? nothing : *value, limits);
        if (!read) return tl::unexpected(std::move(read.error()));
    }
    for (const auto& member : document.members()) {
        if (member.value.empty() || find_reserved(member.name, kind) != nullptr) continue;
        kept.set(member.name, member.value);
    }
    content.metadata = kept.text();
    if (content.metadata.size() > limits.metadata_bytes_max) {
        return tl::unexpected(
            fmt::format("Queue metadata is too large. Max size: {}", limits.metadata_bytes_max));
    }
    return content;
}

Checked<QueueContent> read_new_metadata(std::string_view body, QueueKind kind,
                                        const ZaqarLimits& limits) {
    if (auto checked = check_metadata_bytes(body.size(), limits); !checked) {
        return refuse(std::move(checked.error()));
    }
    if (body.empty()) return QueueContent{{}, "{}"};
    if (auto checked = check_json(body); !checked) return refuse(std::move(checked.error()));
    if (JsonTextReader(body).kind() != JsonKind::object) {
        return refuse(invalid_body("Document type not supported."));
    }
    auto content = read_metadata(MetadataDocument::parse(body), kind, {}, limits);
    if (!content) return refuse(invalid_request(std::move(content.error())));
    return std::move(*content);
}

bool matches_filter(const MetadataDocument& document, const std::string& name,
                    const std::string& value) {
    const auto* stored = document.find(name);
    if (stored == nullptr) return false;
    if (const auto number = json_integer(value)) return json_integer(*stored) == number;
    return json_string(*stored) == value;
}

}  // namespace signalbox::zaqar
