#include <benchmark/benchmark.h>

#include "base/assert.h"
#include "dialect/zaqar/message_input.h"
#include "dialect/zaqar/zaqar_call.h"
#include "dialect/zaqar/zaqar_json.h"

// What a request costs in Zaqar's dialect, beside HTTP and the core.

namespace signalbox::zaqar {
namespace {

std::string post_body(int64_t messages) {
    std::string body = R"({"messages":[)";
    for (int64_t i = 0; i < messages; ++i) {
        if (i > 0) body += ',';
        body += R"({"ttl":300,"body":{"event":"instance.create","instance":)"
                R"("5f2a7c1e-8f1d-4b1a-9a35-1d2f7f0f8f11","state":"building","attempt":1}})";
    }
    return body + "]}";
}

HttpRequest request_to(std::string_view path) {
    HttpRequest request;
    request.method = HttpMethod::post;
    request.path = path;
    request.has_body = true;
    request.fields = {{"Host", "127.0.0.1:7400"},
                      {"User-Agent", "python-zaqarclient"},
                      {"Accept-Encoding", "gzip, deflate"},
                      {"Accept", "*/*"},
                      {"Connection", "keep-alive"},
                      {"Client-ID", "30387f00b39d11ee9ea30242ac120002"},
                      {"X-Project-ID", "9f0b2c4f1a7d4d3e8d2f5b6a7c8e9f01"},
                      {"content-type", "application/json"},
                      {"Content-Length", "150"}};
    return request;
}

void zaqar_check_request(benchmark::State& state) {
    const auto request = request_to("/v2/queues/orders/messages");
    const Options options;
    std::string client;
    for (auto each : state) {
        const auto checked = RequestChecks{request, options}.check(client);
        ASSERT(checked);
        benchmark::DoNotOptimize(client);
    }
}
BENCHMARK(zaqar_check_request);

void zaqar_read_messages(benchmark::State& state) {
    const auto body = post_body(state.range(0));
    const ZaqarLimits limits;
    for (auto each : state) {
        auto messages = read_messages(body, limits, true);
        ASSERT(messages);
        benchmark::DoNotOptimize(messages);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(body.size()));
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(zaqar_read_messages)->Arg(1)->Arg(10)->Arg(100);

void zaqar_write_messages(benchmark::State& state) {
    std::vector<MessageView> messages(static_cast<size_t>(state.range(0)));
    for (auto& message : messages) {
        message.ttl = std::chrono::seconds(300);
        message.age = std::chrono::seconds(17);
        message.claim = ClaimId();
        message.body = R"({"event":"instance.create","instance":"5f2a7c1e","attempt":1})";
    }
    const MessageForm form{"/v2/queues/orders", false};
    for (auto each : state) {
        std::string out;
        append_messages(out, form, messages);
        benchmark::DoNotOptimize(out);
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(zaqar_write_messages)->Arg(1)->Arg(10)->Arg(20);

}  // namespace
}  // namespace signalbox::zaqar
