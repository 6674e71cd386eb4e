#include "cli/cli_fixture.h"

namespace signalbox {

using namespace std::chrono_literals;

Subprocess::Spec CliFixture::spec(Words words, bool on_terminal) const {
    words.insert(words.begin(), ServerProcess::program());
    return {.words = std::move(words),
            .environment = {{"SIGNALBOX_URL", server_.url()},
                            {"SIGNALBOX_TOKEN", ""},
                            {"SIGNALBOX_TENANT", ""},
                            {"SIGNALBOX_OWNER", ""}},
            .on_terminal = on_terminal};
}

CliFixture::Words CliFixture::acquire(const Words& flags, const Words& command) {
    Words words{"ticket", "acquire", "--scope", "vm", "--id", "a"};
    words.insert(words.end(), flags.begin(), flags.end());
    words.emplace_back("--");
    words.insert(words.end(), command.begin(), command.end());
    return words;
}

CliFixture::Words CliFixture::shell(const std::string& before_ready) {
    return {"sh", "-c", before_ready + "\ntail -f /dev/null & echo ready; while :; do wait; done"};
}

client::Ticket CliFixture::create(const std::string& id) {
    client::TicketRequest request;
    request.resource = {.scope = "vm", .id = id};
    request.ttl = 1h;
    const auto created = client_.create_ticket(request);
    if (!created) throw std::runtime_error(created.error().text());
    return created->ticket;
}

client::Line CliFixture::line(const std::string& id) {
    const auto line = client_.get_line({.scope = "vm", .id = id});
    if (!line) throw std::runtime_error(line.error().text());
    return *line;
}

void CliFixture::release(const client::Ticket& ticket) {
    const auto released = client_.release_ticket(ticket.uuid);
    if (!released) throw std::runtime_error(released.error().text());
}

void CliFixture::wait_for_queued(uint64_t count) {
    wait_for_line([count](const client::Line& line) { return line.queued == count; });
}

void CliFixture::wait_for_holders(uint64_t count) {
    wait_for_line([count](const client::Line& line) { return line.holders == count; });
}

// Looks again at each event, and at the first bookmark, behind which none is missed.
void CliFixture::wait_for_line(const std::function<bool(const client::Line&)>& wanted) {
    client::FollowOptions options;
    options.call.deadline = std::chrono::steady_clock::now() + Subprocess::patience;
    const auto followed = client_.follow(
        {.scope = "vm", .id = "a"}, [&](const client::Event&) { return !wanted(line()); }, options);
    if (!followed) throw std::runtime_error(followed.error().text());
}

nlohmann::json CliFixture::parse(const std::string& text) {
    return nlohmann::json::parse(text);
}

}  // namespace signalbox
