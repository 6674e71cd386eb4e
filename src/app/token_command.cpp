#include <memory>

#include "app/client_commands.h"
#include "app/client_flags.h"
#include "app/exit_code.h"
#include "app/listing.h"
#include "app/ticket_text.h"

// signalbox token create | list | revoke | show

namespace signalbox {
namespace {

struct CreateFlags : ClientFlags {
    client::TokenRequest request;
    std::optional<Duration> expires;

    void add_to(CLI::App& command) {
        ClientFlags::add_to(command, retry_changes_for);
        // Everywhere else it says for whom the command is run; here, for whom the token is.
        command.get_option("--tenant")->description("The tenant it is for (SIGNALBOX_TENANT)");
        command.add_option("--user", request.user, "Who will use it")->type_name("NAME");
        command
            .add_option("--user-uuid", request.user_uuid,
                        "The UUID of that user [one that follows from the name]")
            ->type_name("UUID");
        command.add_option("--role", request.roles, "admin, reader or another one, once or more")
            ->type_name("ROLE")
            ->type_size(1)
            ->allow_extra_args(false);
        command
            .add_option("--acl", request.acl,
                        "A pattern of what it may do, such as queues.orders.#, once or more; "
                        "without any, everything")
            ->type_name("PATTERN")
            ->type_size(1)
            ->allow_extra_args(false);
        add_duration(command, "--expires", expires, "How long it is good for [for ever]");
    }
};

struct OneFlags : ClientFlags {
    std::string token;

    void add_to(CLI::App& command) {
        ClientFlags::add_to(command, retry_changes_for);
        command.add_option("id", token, "Its id, which is not the token itself")
            ->required()
            ->type_name("UUID");
    }
};

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ",") + word;
    return text;
}

int create(const CreateFlags& flags) {
    auto request = flags.request;
    request.tenant = flags.options.tenant;
    request.expires_in = flags.expires;
    auto options = flags.options;
    options.tenant.clear();
    const auto token = client::Client(options).create_token(request);
    if (!token) return complain(token.error());
    // The token alone, so that it can be taken as it is; its id is in the list.
    print_line(flags.json ? token->json : token->token);
    return exit_code::done;
}

int list(const ClientFlags& flags) {
    const auto tokens = flags.connect().list_tokens(1000).rest();
    if (!tokens) return complain(tokens.error());
    if (flags.json) {
        print_json_list("tokens", *tokens, false);
        return exit_code::done;
    }
    const Instant now = wall_time();
    Table table({"ID", "TENANT", "USER", "ROLES", "ACL", "CREATED", "BY", "EXPIRES"});
    for (const auto& token : *tokens) {
        table.add({token.id, token.tenant, token.user, joined(token.roles), joined(token.acl),
                   relative_time(token.created_at, now), token.created_by,
                   token.expires_at ? relative_time(*token.expires_at, now) : "never"});
    }
    if (!table.empty()) print(table.text());
    return exit_code::done;
}

int revoke(const OneFlags& flags) {
    const auto revoked = flags.connect().revoke_token(flags.token);
    if (!revoked) return complain(revoked.error());
    print_line(flags.json ? R"({"id":")" + flags.token + R"(","revoked":true})"
                          : "token " + flags.token + " is good for nothing any more");
    return exit_code::done;
}

int show(const ClientFlags& flags) {
    const auto identity = flags.connect().identity();
    if (!identity) return complain(identity.error());
    if (flags.json) {
        print_line(identity->json);
        return exit_code::done;
    }
    Fields fields;
    fields.add("tenant", identity->tenant);
    fields.add("user", identity->user);
    fields.add("roles", joined(identity->roles));
    fields.add("acl", joined(identity->acl));
    fields.add("admin", identity->admin ? "yes" : "no");
    fields.add("expires",
               identity->expires_at ? relative_time(*identity->expires_at, wall_time()) : "never");
    print(fields.text());
    return exit_code::done;
}

}  // namespace

void add_token_commands(CLI::App& app, int& status) {
    auto* token = app.add_subcommand("token", "Give out credentials, and take them back");
    token->require_subcommand(1);

    const auto created = std::make_shared<CreateFlags>();
    auto* create_command = token->add_subcommand("create", "Make a token, and say it once");
    created->add_to(*create_command);
    run_with(*create_command, status, created, create);

    const auto listed = std::make_shared<ClientFlags>();
    auto* list_command = token->add_subcommand("list", "Show what is known of tokens");
    listed->add_to(*list_command, retry_reads_for);
    run_with(*list_command, status, listed, list);

    const auto revoked = std::make_shared<OneFlags>();
    auto* revoke_command = token->add_subcommand("revoke", "Make a token good for nothing");
    revoked->add_to(*revoke_command);
    run_with(*revoke_command, status, revoked, revoke);

    const auto shown = std::make_shared<ClientFlags>();
    auto* show_command = token->add_subcommand("show", "Show whom the server takes you for");
    shown->add_to(*show_command, retry_reads_for);
    run_with(*show_command, status, shown, show);
}

}  // namespace signalbox
