#include "documents.h"
#include "documents_writing.h"
#include "problems.h"

namespace signalbox::client {
namespace {

Json settings_of(const QueueSettings& settings) {
    Json document = Json::object();
    set(document, "ttl", settings.ttl);
    set(document, "delay", settings.delay);
    set(document, "post_bytes_max", settings.post_bytes_max);
    set(document, "messages_max", settings.messages_max);
    set(document, "bytes_max", settings.bytes_max);
    set(document, "dedup_window", settings.dedup_window);
    set(document, "claims_max", settings.claims_max);
    set(document, "dead_letter_queue", settings.dead_letter_queue);
    set(document, "dead_letter_ttl", settings.dead_letter_ttl);
    return document;
}

Result<std::string> with_settings(const Json& settings, const std::string& metadata) {
    Json document = Json::object();
    if (!settings.empty()) document["settings"] = settings;
    auto text = text_of(document);
    if (!text || metadata == "{}" || metadata.empty()) return text;
    return with_object(std::move(*text), "metadata", metadata);
}

}  // namespace

Result<std::string> write_queue_request(const QueueRequest& request) {
    return with_settings(settings_of(request.settings), request.metadata);
}

Result<std::string> write_queue_change(const QueueChange& change) {
    auto settings = settings_of(change.settings);
    for (const auto& name : change.unset) settings[name] = nullptr;
    return with_settings(settings, change.metadata);
}

Result<std::string> write_messages(const std::vector<NewMessage>& messages) {
    std::string text = R"({"messages":[)";
    for (size_t i = 0; i < messages.size(); ++i) {
        const auto& message = messages[i];
        Json document = Json::object();
        set(document, "ttl", message.ttl);
        set(document, "delay", message.delay);
        set(document, "deliver_at", message.deliver_at);
        if (!message.group.empty()) document["group"] = message.group;
        if (message.priority != 0) document["priority"] = message.priority;
        if (!message.dedup.empty()) document["dedup"] = message.dedup;
        auto members = text_of(document);
        if (!members) return members;
        if (!Json::accept(message.body)) {
            const auto field = "messages[" + std::to_string(i) + "].body";
            return tl::unexpected(
                local_problem("invalid_argument", field + " must be a JSON value", field));
        }
        // The body as it is: read and written again, its numbers might not be the same.
        if (i > 0) text += ',';
        text += R"({"body":)" + message.body;
        if (members->size() > 2) text += "," + members->substr(1, members->size() - 2);
        text += '}';
    }
    return text + "]}";
}

Result<std::string> write_ids(const std::vector<std::string>& ids, const std::string& claim) {
    Json document = Json::object();
    document["ids"] = ids;
    if (!claim.empty()) document["claim"] = claim;
    return text_of(document);
}

std::string write_claim_request(const ClaimRequest& request) {
    Json document = {{"limit", request.limit}};
    set(document, "ttl", request.ttl);
    set(document, "grace", request.grace);
    return document.dump();
}

std::string write_claim_renewal(const ClaimRenewal& renewal) {
    Json document = Json::object();
    set(document, "ttl", renewal.ttl);
    set(document, "grace", renewal.grace);
    return document.dump();
}

Result<std::string> write_claim_release(const ClaimRelease& release) {
    Json document = Json::object();
    if (!release.ids.empty()) document["ids"] = release.ids;
    set(document, "delay", release.delay);
    if (release.failed) document["failed"] = true;
    return text_of(document);
}

}  // namespace signalbox::client
