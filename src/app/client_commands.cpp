#include "app/client_commands.h"

namespace signalbox {

void add_client_commands(CLI::App& app, TrailingWords& trailing, int& status) {
    add_ticket_commands(app, trailing, status);
    add_line_commands(app, status);
    add_session_commands(app, status);
    add_queue_commands(app, status);
    add_message_commands(app, trailing, status);
    add_top_command(app, status);
    add_token_commands(app, status);
    add_wait_command(app, status);
    add_exec_command(app, trailing, status);
    add_register_command(app, trailing, status);
}

}  // namespace signalbox
