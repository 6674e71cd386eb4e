#include <filesystem>

#include <fmt/format.h>

#include "bench/harness/load_round.h"
#include "bench/load/line_load.h"
#include "bench/queue/measurements.h"
#include "bench/queue/queue_client.h"

// The same durable post by others, where they are installed.

namespace signalbox::bench {
namespace {

constexpr size_t connections = 64;
constexpr size_t body_bytes = 256;
constexpr std::string_view queue = "bench";

struct Peer {
    std::string name;
    std::string program;               // in /usr/bin
    std::vector<std::string> options;  // {dir} and {port} are filled in
    LineLoad load;
};

std::vector<Peer> known_peers() {
    const std::string body(body_bytes, 'x');
    const auto bulk = [](std::string_view text) {
        return fmt::format("${}\r\n{}\r\n", text.size(), text);
    };
    const std::vector<std::string> redis_options{
        "--port",       "{port}", "--bind",        "127.0.0.1", "--dir",  "{dir}",
        "--appendonly", "yes",    "--appendfsync", "always",    "--save", ""};
    return {
        {"Redis, list, appendfsync always",
         "redis-server",
         redis_options,
         {"*3\r\n" + bulk("RPUSH") + bulk("bench") + bulk(body), 1, ":", connections, {}}},
        {"Redis, stream, appendfsync always",
         "redis-server",
         redis_options,
         {"*5\r\n" + bulk("XADD") + bulk("bench") + bulk("*") + bulk("body") + bulk(body),
          2,
          "$",
          connections,
          {}}},
        {"beanstalkd, fsync of each job",
         "beanstalkd",
         {"-l", "127.0.0.1", "-p", "{port}", "-b", "{dir}", "-f", "0"},
         {fmt::format("put 0 0 60 {}\r\n{}\r\n", body.size(), body),
          1,
          "INSERTED",
          connections,
          {}}},
    };
}

Result<LineRound> measure(Bench& bench, const Peer& peer) {
    const std::string directory = bench.path_of("peer");
    bench.forget("peer");
    std::filesystem::create_directory(directory);
    Child::Plan plan;
    plan.command = {"/usr/bin/" + peer.program};
    TRY_AS(const auto endpoint, free_endpoint());
    for (const auto& option : peer.options) {
        plan.command.push_back(fmt::format(fmt::runtime(option), fmt::arg("dir", directory),
                                           fmt::arg("port", endpoint.port)));
    }
    plan.log = bench.log_of("peer");
    TRY_AS(const auto server, Child::start_at(plan, endpoint));
    LineLoad load = peer.load;
    load.span = bench.choose(std::chrono::milliseconds(2000), std::chrono::milliseconds(300));
    return run_line_load(endpoint, load);
}

}  // namespace

Result<void> measure_peers(Bench& bench) {
    bench.report().begin(
        "Peers",
        "One message of 256 bytes a request on 64 connections, durable when it is answered, by "
        "others that are installed here (Debian's packages), in their own protocols, and by us "
        "over HTTP. The limit is the limit server, in the same run.");
    QueueRequests requests;
    const LoadCalls calls{
        [&](ConnectionIndex) { return requests.post(queue, {1, body_bytes}); },
        [](const Answer& answer) { return answer.status == QueueRequests::created_status; }};
    const LoadPlan plan{
        bench.choose(std::chrono::milliseconds(1000), std::chrono::milliseconds(200)), 1};
    TRY_AS(const auto limit, bench.start_limit("peers-limit"));
    TRY_AS(const auto limit_loop, LoadLoop::connect(limit->endpoint(), connections));
    TRY_AS(const auto product, bench.start_signalbox("peers"));
    TRY_AS(const auto product_loop, LoadLoop::connect(product->endpoint(), connections));
    Series own;
    TRY_AS(const auto limit_round, run_round(*limit_loop, *limit, calls, plan));
    TRY_AS(const auto own_round, run_round(*product_loop, *product, calls, plan));
    own.add(own_round, limit_round);
    bench.report().add(own.figure("Signalbox, Zaqar's API over HTTP"));
    for (const auto& peer : known_peers()) {
        if (!std::filesystem::exists("/usr/bin/" + peer.program)) continue;
        TRY_AS(const auto round, measure(bench, peer));
        bench.report().add({peer.name,
                            fmt::format("{}/s, p50 {}, p99 {}", short_number(round.per_second),
                                        time_text(round.latency.percentile(0.5)),
                                        time_text(round.latency.percentile(0.99))),
                            short_number(limit_round.per_second) + "/s",
                            short_number(round.per_second / limit_round.per_second), "",
                            Verdict::none});
    }
    return {};
}

}  // namespace signalbox::bench
