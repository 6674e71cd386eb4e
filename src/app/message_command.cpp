#include <memory>

#include <fmt/format.h>

#include "app/client_commands.h"
#include "app/client_flags.h"
#include "app/exit_code.h"
#include "app/listing.h"
#include "app/message_input.h"
#include "app/queue_text.h"
#include "app/ticket_text.h"
#include "codec/json_reader.h"

// signalbox message post | list | claim | ack | release | pop | delete; tail, import, export and
// consume have files of their own.

namespace signalbox {
namespace {

struct QueueFlags : ClientFlags {
    std::string queue;

    void add_to(CLI::App& command, Duration retry_for) {
        ClientFlags::add_to(command, retry_for);
        command.add_option("queue", queue, "The queue")->required()->type_name("QUEUE");
    }
};

struct PostFlags : QueueFlags {
    std::vector<std::string> bodies;
    std::string file;
    bool is_ndjson = false;
    bool is_text = false;
    client::NewMessage common;
    std::string deliver_at;
    std::string key;
};

client::Result<std::vector<std::string>> bodies_of(const PostFlags& flags) {
    if (!flags.bodies.empty()) {
        if (!flags.file.empty() || flags.is_ndjson) {
            return tl::unexpected(usage_problem("bodies come as words or from a file, not both"));
        }
        return flags.bodies;
    }
    auto input = InputFile::open(flags.file.empty() ? "-" : flags.file);
    if (!input) return tl::unexpected(input.error());
    auto all = input->read_all();
    if (!all) return tl::unexpected(all.error());
    if (!flags.is_ndjson) {
        // What a shell puts at the end of a file is not part of a text.
        if (all->ends_with('\n')) all->pop_back();
        return std::vector{std::move(*all)};
    }
    std::vector<std::string> bodies;
    for (size_t begin = 0; begin < all->size();) {
        const size_t end = std::min(all->find('\n', begin), all->size());
        if (end > begin) bodies.push_back(all->substr(begin, end - begin));
        begin = end + 1;
    }
    return bodies;
}

client::Result<std::vector<client::NewMessage>> messages_of(const PostFlags& flags) {
    auto bodies = bodies_of(flags);
    if (!bodies) return tl::unexpected(bodies.error());
    std::vector<client::NewMessage> messages;
    for (auto& body : *bodies) {
        auto message = flags.common;
        if (flags.is_text) {
            auto text = json_text(body);
            if (!text) return tl::unexpected(text.error());
            message.body = std::move(*text);
        } else if (!JsonDocument::parse(body)) {
            return tl::unexpected(
                usage_problem("a body must be JSON; with --text it is taken as it is"));
        } else {
            message.body = std::move(body);
        }
        messages.push_back(std::move(message));
    }
    return messages;
}

int post(const PostFlags& flags) {
    auto messages = messages_of(flags);
    if (!messages) return complain(messages.error());
    if (!flags.deliver_at.empty()) {
        const auto at = parse_instant(flags.deliver_at);
        if (!at) return complain_about_usage("--deliver-at " + at.error().message);
        for (auto& message : *messages) message.deliver_at = *at;
    }
    const auto posted =
        flags.connect().post_messages(flags.queue, *messages, {.idempotency_key = flags.key});
    if (!posted) return complain(posted.error());
    if (!flags.json) {
        for (const auto& id : posted->ids) print_line(id);
        return exit_code::done;
    }
    std::string ids;
    for (const auto& id : posted->ids) ids += (ids.empty() ? "\"" : ",\"") + id + "\"";
    print_line(fmt::format(R"({{"ids":[{}],"replayed":{}}})", ids, posted->replayed));
    return exit_code::done;
}

struct ListFlags : QueueFlags, ListingFlags {
    client::MessageFilter filter;
};

int list(const ListFlags& flags) {
    constexpr size_t page_items_max = 1000;
    auto filter = flags.filter;
    filter.page_items = flags.all ? page_items_max : std::min(flags.limit + 1, page_items_max);
    auto listing = take(flags.connect().list_messages(flags.queue, filter), flags.shown());
    if (!listing) return complain(listing.error());
    auto& [messages, more] = *listing;
    if (flags.json) {
        print_json_list("messages", messages, more);
        return exit_code::done;
    }
    if (!messages.empty()) print(messages_table(messages, wall_time()));
    tell_of_more(more);
    return exit_code::done;
}

struct ClaimFlags : QueueFlags {
    client::ClaimRequest request;
    std::optional<Duration> wait;
};

int claim(const ClaimFlags& flags) {
    auto request = flags.request;
    request.wait = flags.wait.value_or(Duration::zero());
    const auto claim = flags.connect().claim_messages(flags.queue, request);
    if (!claim) return complain(claim.error());
    if (flags.json) {
        print_line(claim->json);
    } else if (*claim) {
        print(fmt::format("claim {} expires {}\n", claim->id,
                          relative_time(claim->expires_at, wall_time())));
        print(messages_table(claim->messages, wall_time()));
    }
    return *claim ? exit_code::done : exit_code::try_later;
}

struct ClaimedFlags : QueueFlags {
    std::string claim;
    std::vector<std::string> ids;

    void add_to(CLI::App& command, Duration retry_for) {
        QueueFlags::add_to(command, retry_for);
        command.add_option("claim", claim, "The claim")->required()->type_name("CLAIM");
        command.add_option("ids", ids, "Which messages [all of the claim]")->type_name("MESSAGE");
    }
};

void print_count(const ClientFlags& flags, const std::string& what, uint64_t count) {
    print_line(flags.json ? fmt::format(R"({{"{}":{}}})", what, count)
                          : fmt::format("{} {} {}", grouped(count),
                                        count == 1 ? "message" : "messages", what));
}

int acknowledge(const ClaimedFlags& flags) {
    const auto count = flags.connect().acknowledge(flags.queue, flags.claim, flags.ids);
    if (!count) return complain(count.error());
    print_count(flags, "acknowledged", *count);
    return exit_code::done;
}

struct ReleaseFlags : ClaimedFlags {
    std::optional<Duration> delay;
    bool failed = false;
};

int release(const ReleaseFlags& flags) {
    const auto count =
        flags.connect().release_claim(flags.queue, flags.claim,
                                      {.ids = flags.ids,
                                       .delay = flags.delay.value_or(Duration::zero()),
                                       .failed = flags.failed});
    if (!count) return complain(count.error());
    print_count(flags, "released", *count);
    return exit_code::done;
}

struct PopFlags : QueueFlags {
    size_t limit = 1;
};

int pop(const PopFlags& flags) {
    const auto messages = flags.connect().pop_messages(flags.queue, flags.limit);
    if (!messages) return complain(messages.error());
    for (const auto& message : *messages) print_line(flags.json ? message.json : message.body);
    return messages->empty() ? exit_code::try_later : exit_code::done;
}

struct DeleteFlags : QueueFlags {
    std::vector<std::string> ids;
    std::string claim;
};

int remove(const DeleteFlags& flags) {
    const auto count = flags.connect().delete_messages(flags.queue, flags.ids, flags.claim);
    if (!count) return complain(count.error());
    print_count(flags, "deleted", *count);
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

void add_post(CLI::App& message, int& status) {
    const auto flags = std::make_shared<PostFlags>();
    auto& command =
        add_verb(message, status, "post", "Post messages; their bodies are words, or the input",
                 flags, retry_changes_for, post);
    command.add_option("bodies", flags->bodies, "Each a message, as JSON")->type_name("BODY");
    command.add_option("--file", flags->file, "Read from here [the standard input]")
        ->type_name("FILE");
    command.add_flag("--ndjson", flags->is_ndjson, "Each line of the input is a message");
    command.add_flag("--text", flags->is_text, "Bodies are text, and no JSON");
    add_duration(command, "--ttl", flags->common.ttl, "How long they live [the queue's]");
    add_duration(command, "--delay", flags->common.delay, "After this they can be claimed");
    command.add_option("--deliver-at", flags->deliver_at, "The same as a time")->type_name("TIME");
    command.add_option("--group", flags->common.group, "Within it one after another")
        ->type_name("NAME");
    add_priority(command, flags->common.priority);
    command.add_option("--key", flags->key, "Posting again with the same key posts nothing")
        ->type_name("TEXT");
}

void add_list(CLI::App& message, int& status) {
    const auto flags = std::make_shared<ListFlags>();
    auto& command =
        add_verb(message, status, "list", "Show messages, without taking them; those that are free",
                 flags, retry_reads_for, list);
    command.add_option("--limit", flags->limit, "So many at most [100]")
        ->check(CLI::Range(size_t{1}, size_t{1'000'000}))
        ->type_name("N");
    command.add_flag("--all", flags->all, "However many there are");
    command.add_flag("--claimed", flags->filter.include_claimed, "Claimed ones too");
    command.add_flag("--delayed", flags->filter.include_delayed, "Delayed ones too");
    command.add_option("--after", flags->filter.after, "Behind the message of this number")
        ->type_name("N");
    command.add_option("--reader", flags->filter.reader, "From where that reader is")
        ->type_name("NAME");
}

void add_claims(CLI::App& message, int& status) {
    const auto claimed = std::make_shared<ClaimFlags>();
    auto& claim_command =
        add_verb(message, status, "claim",
                 "Take messages for a while; the exit code is 75 when there is none", claimed,
                 retry_changes_for, claim);
    claim_command.add_option("--limit", claimed->request.limit, "So many at most [10]")
        ->type_name("N");
    add_duration(claim_command, "--ttl", claimed->request.ttl, "For how long [5m]");
    add_duration(claim_command, "--grace", claimed->request.grace,
                 "How long they outlive the claim [1m]");
    add_duration(claim_command, "--wait", claimed->wait, "Wait for a message [0]");

    add_verb(message, status, "ack", "Delete messages of a claim: they are done",
             std::make_shared<ClaimedFlags>(), retry_changes_for, acknowledge);

    const auto released = std::make_shared<ReleaseFlags>();
    auto& release_command = add_verb(message, status, "release", "Give messages of a claim back",
                                     released, retry_changes_for, release);
    add_duration(release_command, "--delay", released->delay, "Not to be claimed for so long");
    release_command.add_flag("--failed", released->failed, "Count it like a claim that expired");
}

}  // namespace

void add_message_commands(CLI::App& app, TrailingWords& trailing, int& status) {
    auto* message = app.add_subcommand("message", "Post, claim and look at messages of queues");
    message->require_subcommand(1);
    add_post(*message, status);
    add_list(*message, status);
    add_tail_command(*message, status);
    add_claims(*message, status);

    const auto popped = std::make_shared<PopFlags>();
    add_verb(*message, status, "pop",
             "Take the oldest messages and delete them; the exit code is 75 when there is none",
             popped, Duration::zero(), pop)
        .add_option("--limit", popped->limit, "So many at most [1]")
        ->type_name("N");

    const auto deleted = std::make_shared<DeleteFlags>();
    auto& delete_command =
        add_verb(*message, status, "delete", "Delete messages", deleted, retry_changes_for, remove);
    delete_command.add_option("ids", deleted->ids, "Which")->required()->type_name("MESSAGE");
    delete_command.add_option("--claim", deleted->claim, "That holds them")->type_name("CLAIM");

    add_import_command(*message, status);
    add_export_command(*message, status);
    add_consume_command(*message, trailing, status);
}

}  // namespace signalbox
