#include "core/ticket_topics.h"

namespace signalbox {

Topic all_tickets_topic() {
    static const Topic topic = make_topic("tickets");
    return topic;
}

Topic server_topic(ServerId server) {
    return make_topic("server", {server.text()});
}

Topic line_topic(const Resource& resource) {
    return make_topic("line", {resource.server.text(), resource.scope, resource.id});
}

Topic ticket_topic(const Uuid& uuid) {
    return make_topic("ticket", {uuid.raw()});
}

std::vector<Topic> line_topics(const Resource& resource) {
    return {all_tickets_topic(), server_topic(resource.server), line_topic(resource)};
}

}  // namespace signalbox
