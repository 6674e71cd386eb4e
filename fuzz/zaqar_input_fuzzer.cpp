#include "codec/json_reader.h"
#include "codec/json_text.h"
#include "codec/python_json.h"
#include "dialect/zaqar/message_input.h"
#include "dialect/zaqar/queue_metadata.h"
#include "dialect/zaqar/queue_patch.h"
#include "dialect/zaqar/retry_policy.h"
#include "dialect/zaqar/subscription_input.h"
#include "fuzz/fuzzing.h"

// Any bytes as the bodies that Zaqar's routes take: messages; times of a claim; subscriptions; and
// a queue's metadata and a patch of it, with 1e between the two.

namespace signalbox {
namespace {

constexpr char part_end = '\x1e';

// The two readers of JSON must find the same.
void compare(const JsonValue& value, std::string_view written) {
    JsonTextReader reader(written);
    ASSERT(reader.kind() == value.kind());
    if (value.kind() == JsonKind::array) {
        reader.enter();
        for (const auto& element : value.elements()) {
            ASSERT(reader.next_element());
            compare(element, reader.take());
        }
        ASSERT(!reader.next_element());
    } else if (value.is_object()) {
        reader.enter();
        for (const auto& [name, member] : value.members()) {
            const auto found = reader.next_member();
            ASSERT(found && is_json_name(*found, name));
            compare(member, reader.take());
        }
        ASSERT(!reader.next_member());
    } else if (const auto number = value.integer()) {
        // "-0" is an integer to one of them, and nobody minds.
        ASSERT(json_integer(reader.take()) == number);
    }
}

// Whatever it is, it is JSON in ASCII, and once more the same.
void write_as_python(const JsonValue& value) {
    std::string once;
    append_python_json(once, value);
    for (const char c : once) ASSERT(c >= ' ' && c <= '~');
    const auto document = JsonDocument::parse(once);
    ASSERT(document && document->root().kind() == value.kind());
    std::string twice;
    append_python_json(twice, document->root());
    ASSERT(once == twice);
}

void read_subscriptions(std::string_view input) {
    zaqar::Options options;
    const auto made = zaqar::read_new_subscription(input, options, Instant());
    ASSERT(made ? made->subscriber && !made->subscriber->empty() : made.error().status == 400);
    const auto patched = zaqar::read_subscription_patch(input, options, Instant());
    ASSERT(patched || patched.error().status == 400);
    if (patched && patched->options) {
        const auto document = JsonDocument::parse(*patched->options);
        ASSERT(document && document->root().is_object());
    }
    const auto confirmed = zaqar::read_confirmation(input);
    ASSERT(confirmed || confirmed.error().status == 400);
}

void read_bodies(std::string_view input) {
    const auto document = JsonDocument::parse(input);
    if (document) {
        compare(document->root(), input);
        write_as_python(document->root());
    }
    read_subscriptions(input);
    const auto checked = zaqar::check_json(input);
    ASSERT(!checked || document);
    const auto messages = zaqar::read_messages(input, {}, true);
    ASSERT(!messages || checked);
    if (messages) {
        ASSERT(!messages->empty());
        for (const auto& message : *messages) ASSERT(JsonDocument::parse(message.body));
    } else {
        ASSERT(messages.error().status == 400);
    }
    const auto times = zaqar::read_claim_times(input, {});
    ASSERT(times || times.error().status == 400);
    const auto purged = zaqar::read_purge(input);
    ASSERT(purged || purged.error().status == 400);
    if (checked) static_cast<void>(zaqar::check_retry_policy(input));
}

void patch(std::string_view metadata, std::string_view body) {
    const ZaqarLimits limits;
    for (const auto kind : {QueueKind::queue, QueueKind::topic}) {
        const auto content = zaqar::read_new_metadata(metadata, kind, limits);
        const auto operations = zaqar::read_patch(body, limits);
        if (!content || !operations) continue;
        QueueView view;
        view.queue = {kind, "q"};
        view.settings = content->settings;
        view.metadata = content->metadata;
        auto document = zaqar::MetadataDocument::of(view);
        if (!zaqar::apply_patch(document, kind, *operations)) continue;
        // Whatever it has become, it is JSON, and comes back as it is.
        const auto text = document.text();
        ASSERT(JsonDocument::parse(text));
        ASSERT(zaqar::MetadataDocument::parse(text).text() == text);
        const auto patched = zaqar::read_metadata(document, kind, view.settings, limits);
        if (!patched) continue;
        view.settings = patched->settings;
        view.metadata = patched->metadata;
        const auto again =
            zaqar::read_metadata(zaqar::MetadataDocument::of(view), kind, view.settings, limits);
        ASSERT(again && again->settings == patched->settings &&
               again->metadata == patched->metadata);
        ASSERT(JsonDocument::parse(zaqar::shown_metadata(zaqar::MetadataDocument::of(view), kind,
                                                         limits, std::chrono::hours(1))));
    }
}

}  // namespace

void fuzz_one(std::string_view input) {
    const size_t end = input.find(part_end);
    if (end == std::string_view::npos) {
        read_bodies(input);
    } else {
        patch(input.substr(0, end), input.substr(end + 1));
    }
}

}  // namespace signalbox
