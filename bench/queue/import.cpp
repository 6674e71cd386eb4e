#include <fmt/format.h>

#include "bench/harness/statistics.h"
#include "bench/queue/measurements.h"
#include "bench/queue/queue_client.h"

// A large import, a crash, and everything taken out again: nothing is lost and nothing comes twice.

namespace signalbox::bench {
namespace {

constexpr std::string_view queue = "import";
constexpr size_t connections = 16;
constexpr auto drain_timeout = std::chrono::minutes(10);

Result<uint64_t> total(LoadLoop& loop) {
    QueueRequests requests;
    TRY_AS(const auto reply, loop.ask(0, requests.stats(queue)));
    const auto count = read_number(reply.body, "total");
    if (!count) return fail(ErrorCode::internal, "the queue has no statistics");
    return *count;
}

// Claims and deletes until nothing is left; returns how many there were.
Result<uint64_t> drain(LoadLoop& loop) {
    QueueRequests requests;
    std::vector<std::vector<ZaqarId>> held(connections);
    uint64_t deleted = 0;
    std::optional<uint16_t> refused;
    const auto claim = [&](ConnectionIndex connection) {
        loop.send(connection, requests.claim(queue, QueueRequests::claim_max));
    };
    loop.on_answer([&](const Answer& answer) {
        auto& ids = held[answer.connection];
        if (!ids.empty()) {
            if (answer.status != QueueRequests::no_content_status) refused = answer.status;
            deleted += ids.size();
            ids.clear();
            return claim(answer.connection);
        }
        if (answer.status == QueueRequests::no_content_status) return;  // nothing left
        if (answer.status != QueueRequests::created_status) refused = answer.status;
        read_message_ids(answer.body, ids);
        if (!refused) loop.send(answer.connection, requests.erase(queue, ids));
    });
    for (ConnectionIndex c = 0; c < connections; ++c) claim(c);
    const auto ran = loop.run([&] { return refused || loop.outstanding() == 0; },
                              SteadyClock::now() + drain_timeout);
    loop.on_answer(nullptr);
    if (!ran) return fail(ran.error());
    if (refused) {
        return fail(ErrorCode::internal, fmt::format("the drain was answered {}", *refused));
    }
    if (!*ran) return fail(ErrorCode::internal, "the drain does not end");
    return deleted;
}

}  // namespace

Result<void> measure_import(Bench& bench) {
    const size_t count = bench.choose(10'000'000u, 200'000u);
    bench.report().begin(
        "Import, crash, drain",
        "Messages of 64 bytes in batches of 100 on 16 connections, each answered when it is "
        "durable; then kill -9, a restart, and 16 consumers that claim 20 and delete them until "
        "there is nothing left. The limit is the number of messages that were acknowledged.");
    const auto messages = static_cast<double>(count);
    const auto rate = [&](SteadyClock::time_point since) {
        return short_number(messages / seconds_of(SteadyClock::now() - since)) + "/s";
    };
    {
        TRY_AS(const auto server, bench.start_signalbox("import"));
        TRY_AS(const auto loop, LoadLoop::connect(server->endpoint(), connections));
        const auto started = SteadyClock::now();
        TRY(fill_queue(*loop, {queue, count, {100, 64}}));
        bench.report().add({fmt::format("import of {}", short_number(messages)), rate(started), "",
                            "", "", Verdict::none});
        server->kill();
    }
    TRY_AS(const auto server, bench.start_signalbox("import"));
    TRY_AS(const auto loop, LoadLoop::connect(server->endpoint(), connections));
    bench.report().add({"restart after kill -9",
                        fmt::format("{:.0f} ms", milliseconds_of(server->start_time())), "", "", "",
                        Verdict::none});
    TRY_AS(const auto kept, total(*loop));
    const auto check = [&](std::string what, uint64_t found) {
        bench.report().add({std::move(what), std::to_string(found), std::to_string(count), "",
                            "equal", verdict(found == count)});
    };
    check("messages then", kept);
    const auto started = SteadyClock::now();
    TRY_AS(const auto drained, drain(*loop));
    bench.report().add({"drain", rate(started), "", "", "", Verdict::none});
    check("messages drained", drained);
    TRY(server->stop());
    bench.forget("import");
    return {};
}

}  // namespace signalbox::bench
