#include <memory>

#include "app/client_commands.h"
#include "app/client_flags.h"
#include "app/exit_code.h"
#include "app/listing.h"
#include "app/ticket_text.h"

// signalbox session list | show | end

namespace signalbox {
namespace {

struct OneFlags : ClientFlags {
    std::string session;

    void add_to(CLI::App& command, Duration retry_for) {
        ClientFlags::add_to(command, retry_for);
        command.add_option("session", session, "Its UUID")->required()->type_name("UUID");
    }
};

int list(const ClientFlags& flags) {
    const auto sessions = flags.connect().list_sessions(1000).rest();
    if (!sessions) return complain(sessions.error());
    if (flags.json) {
        print_json_list("sessions", *sessions, false);
        return exit_code::done;
    }
    const Instant now = wall_time();
    Table table({"SESSION", "NAME", "TTL", "CONNECTIONS", "TICKETS", "CREATED", "ENDS"});
    for (const auto& session : *sessions) {
        table.add({session.id, session.name, format_duration(session.ttl),
                   std::to_string(session.connections), std::to_string(session.tickets),
                   relative_time(session.created_at, now),
                   session.ends_in ? "in " + rough_duration(*session.ends_in) : ""});
    }
    if (!table.empty()) print(table.text());
    return exit_code::done;
}

int show(const OneFlags& flags) {
    const auto session = flags.connect().get_session(flags.session);
    if (!session) return complain(session.error());
    if (flags.json) {
        print_line(session->json);
        return exit_code::done;
    }
    Fields fields;
    fields.add("session", session->id);
    fields.add("name", session->name);
    fields.add("ttl", format_duration(session->ttl));
    fields.add("grace", format_duration(session->grace));
    fields.add("created", relative_time(session->created_at, wall_time()));
    fields.add("connections", std::to_string(session->connections));
    fields.add("tickets", std::to_string(session->tickets));
    if (session->ends_in) fields.add("ends", "in " + rough_duration(*session->ends_in));
    print(fields.text());
    return exit_code::done;
}

int end(const OneFlags& flags) {
    const auto ended = flags.connect().end_session(flags.session);
    if (!ended) return complain(ended.error());
    print_line(flags.json ? R"({"id":")" + flags.session + R"(","ended":true})"
                          : "session " + flags.session + " has ended");
    return exit_code::done;
}

}  // namespace

void add_session_commands(CLI::App& app, int& status) {
    auto* session = app.add_subcommand("session", "Look at the sessions of clients");
    session->require_subcommand(1);

    const auto listed = std::make_shared<ClientFlags>();
    auto* list_command = session->add_subcommand("list", "Show sessions");
    listed->add_to(*list_command, retry_reads_for);
    run_with(*list_command, status, listed, list);

    const auto shown = std::make_shared<OneFlags>();
    auto* show_command = session->add_subcommand("show", "Show one session");
    shown->add_to(*show_command, retry_reads_for);
    run_with(*show_command, status, shown, show);

    const auto ended = std::make_shared<OneFlags>();
    auto* end_command = session->add_subcommand("end", "End a session, and its tickets with it");
    ended->add_to(*end_command, retry_changes_for);
    run_with(*end_command, status, ended, end);
}

}  // namespace signalbox
