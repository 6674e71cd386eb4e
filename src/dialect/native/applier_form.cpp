#include "dialect/native/applier_form.h"

#include "codec/json_writer.h"

namespace signalbox::native {

WebhookContent ApplierForm::message_webhook(const Effect& effect,
                                            const Notification& notification) const {
    if (effect.queue.kind != QueueKind::applier) {
        return others_.message_webhook(effect, notification);
    }
    WebhookContent content;
    JsonWriter json(content.body);
    json.begin_object();
    json.member("specversion", "1.0");
    json.member("id", notification.message.text());
    json.member("source", "/signalbox/types/" + effect.queue.name);
    json.member("type", "signalbox.item.apply");
    json.member("tenantuuid", effect.tenant);
    json.member("time", format_instant(notification.posted_at));
    json.member("datacontenttype", "application/json");
    json.key("data");
    json.raw(notification.body);
    json.end_object();
    content.fields.emplace_back("Content-Type", "application/cloudevents+json");
    return content;
}

}  // namespace signalbox::native
