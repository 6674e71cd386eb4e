#include "dialect/zaqar/message_input.h"

#include <fmt/format.h>

#include "codec/json_reader.h"
#include "codec/json_text.h"
#include "dialect/zaqar/zaqar_checks.h"

namespace signalbox::zaqar {
namespace {

Fault not_parsed() {
    return invalid_body("Request body could not be parsed.");
}

Fault too_large() {
    return invalid_body("JSON contains integer that is too large.");
}

Fault must_be_int(std::string_view name) {
    return invalid_body(fmt::format("The value of the \"{}\" field must be a int.", name));
}

bool has_large_integer(std::string_view text) {
    JsonTextReader reader(text);
    reader.take();
    return reader.has_large_integer();
}

// Everything that any reader of this text relies on, but for large integers, which it finds itself.
Checked<void> validate(std::string_view text) {
    const auto document = JsonDocument::parse(text);
    // The parser refuses integers of more than 64 bits, signed or not; of a text with such a one
    // the reader may tell nonsense, but nothing worse than another reason.
    if (!document) return refuse(has_large_integer(text) ? too_large() : not_parsed());
    const auto kind = document->root().kind();
    if (kind != JsonKind::object && kind != JsonKind::array) return refuse(not_parsed());
    return {};
}

// Reads the messages of an array in one pass. What is wrong with the types of fields goes before
// what is out of range, whichever message it is in, as with Zaqar.
class MessageReader {
public:
    MessageReader(const ZaqarLimits& limits, bool takes_delay)
        : limits_(limits), takes_delay_(takes_delay) {}

    void read_array(JsonTextReader& reader) {
        // Given twice, the last one counts.
        messages_.clear();
        wrong_type_.reset();
        out_of_range_.reset();
        if (reader.kind() != JsonKind::array) {
            reader.take();
            wrong_type_ = invalid_body("Document type not supported.");
            return;
        }
        reader.enter();
        while (reader.next_element()) read_one(reader);
    }

    [[nodiscard]] const std::optional<Fault>& fault() const {
        return wrong_type_ ? wrong_type_ : out_of_range_;
    }
    std::vector<NewMessage> take() { return std::move(messages_); }

private:
    void read_one(JsonTextReader& reader) {
        if (reader.kind() != JsonKind::object) {
            reader.take();
            note(wrong_type_, invalid_body("Each of the \"messages\" must be a JSON object."));
            return;
        }
        std::string_view body;
        std::optional<std::string_view> ttl;
        std::optional<std::string_view> delay;
        reader.enter();
        while (const auto name = reader.next_member()) {
            const auto value = reader.take();
            if (is_json_name(*name, "body")) {
                body = value;
            } else if (is_json_name(*name, "ttl")) {
                ttl = value;
            } else if (takes_delay_ && is_json_name(*name, "delay")) {
                delay = value;
            }
        }
        auto& message = messages_.emplace_back();
        if (ttl) message.ttl = read_span(*ttl, "ttl", check_message_ttl);
        if (body.empty()) note(wrong_type_, invalid_body("Missing \"body\" field."));
        message.body = body;
        if (delay) message.delay = read_span(*delay, "delay", check_message_delay);
    }

    std::optional<Duration> read_span(std::string_view written, std::string_view name,
                                      Checked<void> (*check)(int64_t, const ZaqarLimits&)) {
        const auto number = json_integer(written);
        if (!number) {
            note(wrong_type_, must_be_int(name));
            return std::nullopt;
        }
        if (auto checked = check(*number, limits_); !checked) {
            note(out_of_range_, std::move(checked.error()));
            return std::nullopt;
        }
        return std::chrono::seconds(*number);
    }

    static void note(std::optional<Fault>& place, Fault fault) {
        if (!place) place = std::move(fault);
    }

    const ZaqarLimits& limits_;
    const bool takes_delay_;
    std::vector<NewMessage> messages_;
    std::optional<Fault> wrong_type_;
    std::optional<Fault> out_of_range_;
};

}  // namespace

Checked<void> check_json(std::string_view text) {
    if (auto valid = validate(text); !valid) return valid;
    if (has_large_integer(text)) return refuse(too_large());
    return {};
}

Checked<std::vector<NewMessage>> read_messages(std::string_view text, const ZaqarLimits& limits,
                                               bool takes_delay) {
    if (auto valid = validate(text); !valid) return refuse(std::move(valid.error()));
    JsonTextReader reader(text);
    MessageReader messages(limits, takes_delay);
    bool has_messages = false;
    if (reader.kind() == JsonKind::object) {
        reader.enter();
        while (const auto name = reader.next_member()) {
            if (is_json_name(*name, "messages")) {
                has_messages = true;
                messages.read_array(reader);
            } else {
                reader.take();
            }
        }
    } else {
        reader.take();
    }
    if (reader.has_large_integer()) return refuse(too_large());
    if (!has_messages) {
        return refuse(invalid_request("No messages were found in the request body."));
    }
    if (messages.fault()) return refuse(*messages.fault());
    auto read = messages.take();
    if (read.empty()) return refuse(invalid_request("No messages to enqueue."));
    return read;
}

Checked<ClaimTimes> read_claim_times(std::string_view text, const ZaqarLimits& limits) {
    const auto seconds = [](Duration span) {
        return std::chrono::duration_cast<std::chrono::seconds>(span).count();
    };
    ClaimTimes times{seconds(limits.claim_ttl), seconds(limits.claim_grace)};
    if (text.empty()) return times;
    if (auto checked = check_json(text); !checked) return refuse(std::move(checked.error()));
    JsonTextReader reader(text);
    if (reader.kind() != JsonKind::object) {
        return refuse(invalid_body("Document type not supported."));
    }
    std::optional<std::string_view> ttl;
    std::optional<std::string_view> grace;
    reader.enter();
    while (const auto name = reader.next_member()) {
        const auto value = reader.take();
        if (is_json_name(*name, "ttl")) ttl = value;
        if (is_json_name(*name, "grace")) grace = value;
    }
    if (ttl) {
        const auto number = json_integer(*ttl);
        if (!number) return refuse(must_be_int("ttl"));
        times.ttl = *number;
    }
    if (grace) {
        const auto number = json_integer(*grace);
        if (!number) return refuse(must_be_int("grace"));
        times.grace = *number;
    }
    return times;
}

Checked<PurgedTypes> read_purge(std::string_view text) {
    if (auto checked = check_json(text); !checked) return refuse(std::move(checked.error()));
    const auto document = JsonDocument::parse(text);
    std::optional<JsonValue> types;
    if (document) {
        for (const auto& [name, value] : document->root().members()) {
            if (name == "resource_types") types = value;
        }
    }
    if (!types) return refuse(invalid_request("Post body must contain key \"resource_types\"."));
    const auto wrong = [] {
        return refuse(
            invalid_request("Resource types must be a sub set of {'messages', 'subscriptions'}."));
    };
    if (types->kind() != JsonKind::array) return wrong();
    PurgedTypes purged;
    for (const auto& type : types->elements()) {
        const auto name = type.text();
        if (name == "messages") {
            purged.messages = true;
        } else if (name == "subscriptions") {
            purged.subscriptions = true;
        } else {
            return wrong();
        }
    }
    return purged;
}

}  // namespace signalbox::zaqar
