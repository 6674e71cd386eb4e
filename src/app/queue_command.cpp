#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "app/client_commands.h"
#include "app/client_flags.h"
#include "app/exit_code.h"
#include "app/listing.h"
#include "app/queue_text.h"
#include "app/ticket_text.h"

// signalbox queue create | list | show | update | purge | delete | stats

namespace signalbox {
namespace {

struct OneFlags : ClientFlags {
    std::string queue;

    void add_to(CLI::App& command, Duration retry_for) {
        ClientFlags::add_to(command, retry_for);
        command.add_option("queue", queue, "Its name")->required()->type_name("QUEUE");
    }
};

struct SettingsFlags : OneFlags {
    client::QueueSettings settings;
    std::string metadata = "{}";

    void add_to(CLI::App& command, Duration retry_for) {
        OneFlags::add_to(command, retry_for);
        add_duration(command, "--ttl", settings.ttl, "Of messages that name none");
        add_duration(command, "--delay", settings.delay, "Of messages that name none");
        add_number(command, "--messages-max", settings.messages_max,
                   "Messages to keep; the oldest go first");
        add_number(command, "--bytes-max", settings.bytes_max, "Likewise in bytes of their bodies");
        add_number(command, "--post-bytes-max", settings.post_bytes_max,
                   "Bytes of one request that posts");
        add_duration(command, "--dedup-window", settings.dedup_window,
                     "How long the same key posts nothing again");
        add_number(command, "--claims-max", settings.claims_max,
                   "Claims that may expire over a message before it is a dead letter");
        command.add_option("--dead-letter-queue", settings.dead_letter_queue, "Where it goes then")
            ->type_name("QUEUE");
        add_duration(command, "--dead-letter-ttl", settings.dead_letter_ttl,
                     "How long it is kept there");
        command.add_option("--metadata", metadata, "What else to keep with it, a JSON object")
            ->type_name("JSON");
    }

    static void add_number(CLI::App& command, const std::string& name,
                           std::optional<uint64_t>& target, const std::string& help) {
        command.add_option(name, target, help)->type_name("N");
    }
};

void show_queue(const ClientFlags& flags, const client::Queue& queue) {
    if (flags.json) return print_line(queue.json);
    print(queue_fields(queue, wall_time()));
}

struct CreateFlags : SettingsFlags {
    bool may_exist = false;
};

int create(const CreateFlags& flags) {
    const client::QueueRequest request{flags.settings, flags.metadata};
    const auto client = flags.connect();
    const auto queue = flags.may_exist ? client.put_queue(flags.queue, request)
                                       : client.create_queue(flags.queue, request);
    if (!queue) return complain(queue.error());
    show_queue(flags, *queue);
    return exit_code::done;
}

struct UpdateFlags : SettingsFlags {
    std::vector<std::string> unset;
    std::optional<uint64_t> if_version;
};

int update(const UpdateFlags& flags) {
    client::QueueChange change;
    change.settings = flags.settings;
    change.metadata = flags.metadata;
    for (auto name : flags.unset) {
        std::replace(name.begin(), name.end(), '-', '_');
        change.unset.push_back(std::move(name));
    }
    change.if_version = flags.if_version;
    const auto queue = flags.connect().change_queue(flags.queue, change);
    if (!queue) return complain(queue.error());
    show_queue(flags, *queue);
    return exit_code::done;
}

struct ListFlags : ClientFlags, ListingFlags {
    client::QueueFilter filter;
};

int list(const ListFlags& flags) {
    auto filter = flags.filter;
    filter.with_stats = true;
    auto listing = take(flags.connect().list_queues(filter), flags.shown());
    if (!listing) return complain(listing.error());
    auto& [queues, more] = *listing;
    if (flags.json) {
        print_json_list("queues", queues, more);
        return exit_code::done;
    }
    if (!queues.empty()) print(queues_table(queues, wall_time()));
    tell_of_more(more);
    return exit_code::done;
}

int show(const OneFlags& flags) {
    const auto client = flags.connect();
    const auto queue = client.get_queue(flags.queue);
    if (!queue) return complain(queue.error());
    show_queue(flags, *queue);
    if (flags.json) return exit_code::done;
    const auto stats = client.queue_stats(flags.queue);
    if (!stats) return complain(stats.error());
    print("\n" + stats_fields(*stats));
    return exit_code::done;
}

int stats(const OneFlags& flags) {
    const auto stats = flags.connect().queue_stats(flags.queue);
    if (!stats) return complain(stats.error());
    if (flags.json) {
        print_line(stats->json);
    } else {
        print(stats_fields(*stats));
    }
    return exit_code::done;
}

int purge(const OneFlags& flags) {
    const auto purged = flags.connect().purge_queue(flags.queue);
    if (!purged) return complain(purged.error());
    print_line(flags.json ? fmt::format(R"({{"purged":{}}})", *purged)
                          : fmt::format("{} messages deleted", grouped(*purged)));
    return exit_code::done;
}

int remove(const OneFlags& flags) {
    const auto deleted = flags.connect().delete_queue(flags.queue);
    if (!deleted) return complain(deleted.error());
    print_line(flags.json ? R"({"deleted":true})" : "queue " + printable(flags.queue) + " is gone");
    return exit_code::done;
}

template <class Flags>
CLI::App& add_verb(CLI::App& noun, int& status, const std::string& name, const std::string& help,
                   const std::shared_ptr<Flags>& flags, Duration retry_for,
                   int (*run)(const Flags&)) {
    auto* command = noun.add_subcommand(name, help);
    flags->add_to(*command, retry_for);
    run_with(*command, status, flags, run);
    return *command;
}

void add_list(CLI::App& queue, int& status) {
    const auto flags = std::make_shared<ListFlags>();
    auto& command = add_verb(queue, status, "list", "Show queues and what is in them", flags,
                             retry_reads_for, list);
    command.add_option("--prefix", flags->filter.prefix, "Only those whose names begin so")
        ->type_name("TEXT");
    command.add_option("--limit", flags->limit, "So many at most [100]")
        ->check(CLI::Range(size_t{1}, size_t{1'000'000}))
        ->type_name("N");
    command.add_flag("--all", flags->all, "However many there are");
}

}  // namespace

void add_queue_commands(CLI::App& app, int& status) {
    auto* queue = app.add_subcommand("queue", "Make queues, and look after them");
    queue->require_subcommand(1);

    const auto created = std::make_shared<CreateFlags>();
    add_verb(*queue, status, "create", "Make a queue", created, retry_changes_for, create)
        .add_flag("--may-exist", created->may_exist, "Or make the one that is there like this");

    add_list(*queue, status);
    add_verb(*queue, status, "show", "Show one queue", std::make_shared<OneFlags>(),
             retry_reads_for, show);

    const auto updated = std::make_shared<UpdateFlags>();
    auto& update_command = add_verb(*queue, status, "update", "Change settings and metadata",
                                    updated, retry_changes_for, update);
    update_command
        .add_option("--unset", updated->unset, "A setting to forget, such as dedup-window")
        ->type_name("NAME");
    update_command.add_option("--if-version", updated->if_version, "Only if that is its version")
        ->type_name("N");

    add_verb(*queue, status, "stats", "Count what is in a queue", std::make_shared<OneFlags>(),
             retry_reads_for, stats);
    add_verb(*queue, status, "purge", "Delete all messages of a queue, claimed ones too",
             std::make_shared<OneFlags>(), retry_changes_for, purge);
    add_verb(*queue, status, "delete", "Delete a queue and all that is in it",
             std::make_shared<OneFlags>(), retry_changes_for, remove);
}

}  // namespace signalbox
