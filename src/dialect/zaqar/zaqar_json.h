#pragma once

#include <string>
#include <string_view>

#include "core/queue_commands.h"

// What Zaqar's answers show of messages and queues. Clients break on members that they do not
// know: none is to be added.

namespace signalbox::zaqar {

// "/v2/queues/NAME"
std::string queue_path(std::string_view version, const QueueName& queue);

// How messages are shown.
struct MessageForm {
    std::string queue_path;  // hrefs begin with it
    bool checksum = false;
};
// {"id","href","ttl","age","body"[,"checksum"]}; the href names the claim that holds it.
void append_message(std::string& out, const MessageForm& form, const MessageView& message);
// The same, with a comma between each: the elements of an array.
void append_messages(std::string& out, const MessageForm& form,
                     const std::vector<MessageView>& messages);
// As a pop shows it, which leaves nothing to point at: {"id","age","ttl","body","claim_id",
// "claim_count"}.
void append_popped_message(std::string& out, const MessageView& message);
// As the WebSocket transport lists it: {"id","claim_id","ttl","age","body"}.
void append_listed_message(std::string& out, const MessageView& message);

// {"messages":{"claimed","free","total"[,"oldest","newest"]}}; of a topic only the total.
std::string stats_text(const QueueStats& stats, QueueKind kind, std::string_view queue_path);

int64_t whole_seconds(Duration span);

}  // namespace signalbox::zaqar
