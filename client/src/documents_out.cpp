#include "documents.h"
#include "documents_writing.h"
#include "problems.h"
#include "text.h"

namespace signalbox::client {
namespace {

Json resource_of(const Resource& resource) {
    Json document = {{"scope", resource.scope}, {"id", resource.id}};
    if (resource.server != "default") document["server_uuid"] = resource.server;
    return document;
}

}  // namespace

Result<std::string> text_of(const Json& document) {
    try {
        return document.dump();
    } catch (const Json::exception&) {
        return tl::unexpected(local_problem("invalid_argument", "all text must be UTF-8"));
    }
}

Result<std::string> with_object(std::string text, const std::string& name,
                                const std::string& object) {
    const size_t begin = object.find_first_not_of(" \t\r\n");
    if (!Json::accept(object) || begin == std::string::npos || object[begin] != '{') {
        return tl::unexpected(
            local_problem("invalid_argument", name + " must be a JSON object", name));
    }
    text.pop_back();
    if (text.size() > 1) text += ',';
    return text + '"' + name + "\":" + object + "}";
}

void set(Json& document, const char* name, const std::optional<Instant>& value) {
    if (value) document[name] = format_instant(*value);
}

void set(Json& document, const char* name, const std::optional<Duration>& value) {
    if (value) document[name] = format_duration(*value);
}

void set(Json& document, const char* name, Duration value) {
    if (value.count() != 0) document[name] = format_duration(value);
}

Result<std::string> write_ticket_request(const TicketRequest& request) {
    Json document = resource_of(request.resource);
    if (!request.more_resources.empty()) {
        Json resources = Json::array({std::move(document)});
        for (const auto& resource : request.more_resources) {
            resources.push_back(resource_of(resource));
        }
        document = {{"resources", std::move(resources)}};
    }
    set(document, "ttl", request.ttl);
    set(document, "expires_at", request.expires_at);
    if (!request.session.empty()) document["session"] = request.session;
    set(document, "hold_max", request.hold_max);
    if (request.mode == TicketMode::shared) document["mode"] = name_of(request.mode);
    set(document, "slots", request.slots);
    if (request.priority != 0) document["priority"] = request.priority;
    if (request.barge) document["barge"] = true;
    set(document, "owner", request.owner);
    set(document, "action", request.action);
    set(document, "reqid", request.reqid);
    auto text = text_of(document);
    if (!text || request.extra == "{}" || request.extra.empty()) return text;
    return with_object(std::move(*text), "extra", request.extra);
}

Result<std::string> write_renewal(const Renewal& renewal) {
    Json document = Json::object();
    if (renewal.ttl) document["ttl"] = format_duration(*renewal.ttl);
    set(document, "expires_at", renewal.expires_at);
    set(document, "token", renewal.token);
    return text_of(document);
}

Result<std::string> write_release(const Release& release) {
    Json document = Json::object();
    set(document, "token", release.token);
    if (release.force) document["force"] = true;
    if (!release.reason.empty()) document["reason"] = release.reason;
    return text_of(document);
}

Result<std::string> write_line_change(const LineChange& change) {
    Json document = Json::object();
    set(document, "slots", change.slots);
    set(document, "paused", change.paused);
    set(document, "draining", change.draining);
    set(document, "reason", change.reason);
    return text_of(document);
}

Result<std::string> write_session_request(const SessionRequest& request) {
    Json document = Json::object();
    if (!request.name.empty()) document["name"] = request.name;
    document["ttl"] = format_duration(request.ttl);
    if (request.grace) document["grace"] = format_duration(*request.grace);
    return text_of(document);
}

Result<std::string> write_token_request(const TokenRequest& request) {
    Json document = Json::object();
    document["tenant"] = request.tenant;
    if (!request.user.empty()) document["user"] = request.user;
    if (!request.user_uuid.empty()) document["user_uuid"] = request.user_uuid;
    if (!request.roles.empty()) document["roles"] = request.roles;
    if (!request.acl.empty()) document["acl"] = request.acl;
    if (request.expires_in) document["expires"] = format_duration(*request.expires_in);
    return text_of(document);
}

}  // namespace signalbox::client
