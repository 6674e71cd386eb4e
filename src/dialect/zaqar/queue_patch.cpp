#include "dialect/zaqar/queue_patch.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "codec/http_message.h"
#include "codec/json_reader.h"
#include "codec/json_text.h"
#include "dialect/zaqar/message_input.h"
#include "dialect/zaqar/zaqar_checks.h"

namespace signalbox::zaqar {
namespace {

constexpr std::string_view space = " \t\n\r\f\v";

std::string_view trim(std::string_view text) {
    const size_t first = text.find_first_not_of(space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

// "a~1b" -> "a/b"
std::string unescape(std::string_view part) {
    std::string out;
    for (size_t i = 0; i < part.size(); ++i) {
        if (part[i] == '~') {
            out += part[++i] == '1' ? '/' : '~';
        } else {
            out += part[i];
        }
    }
    return std::string(trim(out));
}

Checked<std::vector<std::string>> read_pointer(const std::string& pointer) {
    const auto wrong = [&](std::string_view what) {
        return refuse(invalid_body(fmt::format("Pointer `{}` {}", pointer, what)));
    };
    if (!pointer.starts_with('/')) return wrong("does not start with \"/\".");
    for (size_t at = pointer.find('~'); at != std::string::npos; at = pointer.find('~', at + 1)) {
        if (at + 1 == pointer.size() || (pointer[at + 1] != '0' && pointer[at + 1] != '1')) {
            return wrong("contains \"~\" not part of a recognized escape sequence.");
        }
    }
    if (pointer.size() > 1 && pointer.ends_with('/')) return wrong("end with \"/\".");
    std::string_view rest(pointer);
    rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
    std::vector<std::string> parts;
    for (;;) {
        const size_t slash = rest.find('/');
        const auto part = rest.substr(0, slash);
        if (trim(part).empty()) return wrong("contains adjacent \"/\".");
        parts.push_back(unescape(part));
        if (slash == std::string_view::npos) return parts;
        rest.remove_prefix(slash + 1);
    }
}

Checked<PatchKind> read_kind(const std::optional<std::string_view>& written) {
    constexpr std::string_view choices = "It must be one of the following: add, remove, replace.";
    if (!written) {
        return refuse(
            invalid_body(fmt::format("Unable to find `op` in JSON Schema change. {}", choices)));
    }
    const auto op = json_string(*written);
    if (op == "add") return PatchKind::add;
    if (op == "remove") return PatchKind::remove;
    if (op == "replace") return PatchKind::replace;
    return refuse(invalid_body(
        fmt::format("Invalid operation: `{}`. {}", op.value_or(std::string(*written)), choices)));
}

// Of a JSON object: its members that an operation knows.
Checked<PatchOperation> read_operation(JsonTextReader& reader) {
    std::optional<std::string_view> op;
    std::optional<std::string_view> path;
    std::optional<std::string_view> value;
    reader.enter();
    while (const auto name = reader.next_member()) {
        const auto written = reader.take();
        if (is_json_name(*name, "op")) op = written;
        if (is_json_name(*name, "path")) path = written;
        if (is_json_name(*name, "value")) value = written;
    }
    PatchOperation operation;
    auto kind = read_kind(op);
    if (!kind) return refuse(std::move(kind.error()));
    operation.kind = *kind;
    if (!path) return refuse(invalid_body("Unable to find 'path' in JSON Schema change"));
    const auto pointer = json_string(*path);
    if (!pointer) return refuse(invalid_body("The 'path' of a change must be a string."));
    auto parts = read_pointer(*pointer);
    if (!parts) return refuse(std::move(parts.error()));
    if (parts->size() != 2) {
        return refuse(invalid_body(fmt::format(
            "Invalid JSON pointer for this resource: '{}, e.g /metadata/key'", *pointer)));
    }
    operation.name = std::move(parts->back());
    if (operation.kind == PatchKind::remove) return operation;
    if (!value) {
        return refuse(invalid_body(fmt::format(
            "Operation \"{}\" requires a member named \"value\".", json_string(*op).value_or(""))));
    }
    if (!equals_ignoring_case(parts->front(), "metadata")) {
        return refuse(invalid_body("The root of path must be metadata, e.g /metadata/key."));
    }
    operation.value = *value;
    return operation;
}

}  // namespace

Checked<std::vector<PatchOperation>> read_patch(std::string_view body, const ZaqarLimits& limits) {
    if (auto checked = check_metadata_bytes(body.size(), limits); !checked) {
        return refuse(invalid_body(std::move(checked.error().description)));
    }
    if (body.empty()) return refuse(invalid_body("PATCH body could not be empty for update."));
    if (auto checked = check_json(body); !checked) return refuse(std::move(checked.error()));
    JsonTextReader reader(body);
    if (reader.kind() != JsonKind::array) {
        return refuse(invalid_body("Request body must be a JSON array of operation objects."));
    }
    std::vector<PatchOperation> operations;
    reader.enter();
    while (reader.next_element()) {
        if (reader.kind() != JsonKind::object) {
            return refuse(invalid_body("Operations must be JSON objects."));
        }
        auto operation = read_operation(reader);
        if (!operation) return refuse(std::move(operation.error()));
        operations.push_back(std::move(*operation));
    }
    return operations;
}

Checked<void> apply_patch(MetadataDocument& document, QueueKind kind,
                          const std::vector<PatchOperation>& operations) {
    for (const auto& operation : operations) {
        switch (operation.kind) {
            case PatchKind::add: document.set(operation.name, operation.value); break;
            case PatchKind::replace:
                if (document.find(operation.name) == nullptr &&
                    !is_always_shown(operation.name, kind)) {
                    return refuse(conflict(
                        fmt::format("Can't replace non-existent object {}.", operation.name)));
                }
                document.set(operation.name, operation.value);
                break;
            case PatchKind::remove:
                if (!document.remove(operation.name) && !is_always_shown(operation.name, kind)) {
                    return refuse(conflict(
                        fmt::format("Can't remove non-existent object {}.", operation.name)));
                }
                break;
        }
    }
    return {};
}

}  // namespace signalbox::zaqar
