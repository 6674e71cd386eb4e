#include <array>

#include <fmt/format.h>

#include "codec/json_writer.h"
#include "dialect/zaqar/zaqar_routes.h"

// Documents that say what there is: the versions, and the home of v2 (json-home).

namespace signalbox::zaqar {
namespace {

struct HomeResource {
    std::string_view name;
    std::string_view path;       // behind the version, a template
    std::string_view variables;  // "NAME=VALUE NAME=VALUE", the values without "param/"
    std::string_view methods;    // "GET PUT"
    bool is_of_admins = false;
    bool is_of_pools = false;
};

constexpr std::string_view queue_variable = "queue_name=queue_name";

constexpr std::array resources{
    HomeResource{
        "queues", "/queues{?marker,limit,detailed,with_count,name}",
        "marker=marker limit=queue_limit detailed=detailed with_count=with_count name=name", "GET"},
    HomeResource{"queue", "/queues/{queue_name}", queue_variable, "GET PUT DELETE PATCH"},
    HomeResource{"queue_stats", "/queues/{queue_name}/stats", queue_variable, "GET"},
    HomeResource{"queue_share", "/queues/{queue_name}/share", queue_variable, "POST"},
    HomeResource{"queue_purge", "/queues/{queue_name}/purge", queue_variable, "POST"},
    HomeResource{
        "messages",
        "/queues/{queue_name}/messages{?marker,limit,echo,include_claimed,include_delayed}",
        "queue_name=queue_name marker=marker limit=messages_limit echo=echo "
        "include_claimed=include_claimed include_delayed=include_delayed",
        "GET"},
    HomeResource{"post_messages", "/queues/{queue_name}/messages", queue_variable, "POST"},
    HomeResource{"messages_delete", "/queues/{queue_name}/messages{?ids,pop}",
                 "queue_name=queue_name ids=ids pop=pop", "DELETE"},
    HomeResource{"message_delete", "/queues/{queue_name}/messages/{message_id}{?claim_id}",
                 "queue_name=queue_name message_id=message_id claim_id=claim_id", "DELETE"},
    HomeResource{"message_get", "/queues/{queue_name}/messages/{message_id}",
                 "queue_name=queue_name message_id=message_id", "GET"},
    HomeResource{"claim", "/queues/{queue_name}/claims/{claim_id}",
                 "queue_name=queue_name claim_id=claim_id", "GET"},
    HomeResource{"post_claim", "/queues/{queue_name}/claims{?limit}",
                 "queue_name=queue_name limit=claim_limit", "POST"},
    HomeResource{"patch_claim", "/queues/{queue_name}/claims/{claim_id}",
                 "queue_name=queue_name claim_id=claim_id", "PATCH"},
    HomeResource{"delete_claim", "/queues/{queue_name}/claims/{claim_id}",
                 "queue_name=queue_name claim_id=claim_id", "DELETE"},
    HomeResource{"topics", "/topics{?marker,limit,detailed}",
                 "marker=marker limit=topic_limit detailed=detailed", "GET"},
    HomeResource{"topic", "/topics/{topic_name}", "topic_name=topic_name", "GET PUT DELETE PATCH"},
    HomeResource{"topic_stats", "/topics/{topic_name}/stats", "topic_name=topic_name", "GET"},
    HomeResource{"topic_purge", "/topics/{topic_name}/purge", "topic_name=topic_name", "POST"},
    HomeResource{"topic_messages", "/topics/{topic_name}/messages", "topic_name=topic_name",
                 "GET POST DELETE"},
    HomeResource{"ping", "/ping", "", "GET"},
    HomeResource{"health", "/health", "", "GET", true, false},
    HomeResource{"pools", "/pools{?detailed,limit,marker}",
                 "detailed=detailed limit=pool_limit marker=marker", "GET", true, true},
    HomeResource{"pool", "/pools/{pool_name}", "pool_name=pool_name", "GET PUT PATCH DELETE", true,
                 true},
    HomeResource{"flavors", "/flavors{?detailed,limit,marker}",
                 "detailed=detailed limit=flavor_limit marker=marker", "GET", true, true},
    HomeResource{"flavor", "/flavors/{flavor_name}", "flavor_name=flavor_name",
                 "GET PUT PATCH DELETE", true, true},
};

// Calls visit(word) for each word of a list with spaces.
template <class Visit>
void each_word(std::string_view words, const Visit& visit) {
    while (!words.empty()) {
        const size_t space = words.find(' ');
        visit(words.substr(0, space));
        words.remove_prefix(space == std::string_view::npos ? words.size() : space + 1);
    }
}

void write_resource(JsonWriter& json, std::string_view version, const HomeResource& resource) {
    json.key(fmt::format("rel/{}", resource.name));
    json.begin_object();
    json.member(resource.variables.empty() ? "href" : "href-template",
                fmt::format("/{}{}", version, resource.path));
    if (!resource.variables.empty()) {
        json.key("href-vars");
        json.begin_object();
        each_word(resource.variables, [&](std::string_view word) {
            const size_t equals = word.find('=');
            json.member(word.substr(0, equals), fmt::format("param/{}", word.substr(equals + 1)));
        });
        json.end_object();
    }
    json.key("hints");
    json.begin_object();
    json.key("allow");
    json.begin_array();
    each_word(resource.methods, [&](std::string_view method) { json.value(method); });
    json.end_array();
    json.key("formats");
    json.raw(R"({"application/json":{}})");
    json.end_object();
    json.end_object();
}

// v1.1 has what v2 has but patches of queues, shares, purges and topics.
bool is_in(Version version, const HomeResource& resource) {
    return version == Version::v2 ||
           !(resource.name == "queue_share" || resource.name == "queue_purge" ||
             resource.name.starts_with("topic"));
}

Checked<void> home(const ZaqarCall& call) {
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    json.key("resources");
    json.begin_object();
    const auto& options = call.options();
    for (const auto& resource : resources) {
        if (!is_in(call.version(), resource)) continue;
        if (resource.is_of_admins && !options.admin_mode) continue;
        if (resource.is_of_pools && !options.pooling) continue;
        write_resource(json, version_text(call.version()), resource);
    }
    json.end_object();
    json.end_object();
    auto response = json_response(200, std::move(body));
    response.content_type = "application/json-home";
    response.fields.emplace_back("Cache-Control", "max-age=86400");
    call.exchange()->respond(std::move(response));
    return {};
}

void write_version(JsonWriter& json, std::string_view id, std::string_view status,
                   std::string_view updated, std::string_view path, std::string_view type) {
    json.begin_object();
    json.member("id", id);
    json.member("status", status);
    json.member("updated", updated);
    json.key("media-types");
    json.begin_array();
    json.begin_object();
    json.member("base", "application/json");
    json.member("type", fmt::format("application/vnd.openstack.messaging-{}+json", type));
    json.end_object();
    json.end_array();
    json.key("links");
    json.begin_array();
    json.begin_object();
    json.member("href", path);
    json.member("rel", "self");
    json.end_object();
    json.end_array();
    json.end_object();
}

HttpResponse versions(bool has_v1_1) {
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    json.key("versions");
    json.begin_array();
    if (has_v1_1) {
        write_version(json, "1.1", "DEPRECATED", "2016-7-29T02:22:47Z", "/v1.1/", "v1-1");
    }
    write_version(json, "2", "CURRENT", "2014-9-24T04:06:47Z", "/v2/", "v2");
    json.end_array();
    json.end_object();
    return json_response(300, std::move(body));
}

}  // namespace

void add_document_routes(RouteTable& routes) {
    routes.add(HttpMethod::get, "/", home);
    const bool has_v1_1 = routes.options().v1_1;
    routes.router().add(
        Dialect::zaqar, HttpMethod::get, "/",
        [has_v1_1](Call& call) { call.exchange->respond(versions(has_v1_1)); }, Access::open);
}

}  // namespace signalbox::zaqar
