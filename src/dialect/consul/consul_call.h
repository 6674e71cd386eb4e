#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_reader.h"
#include "codec/url.h"
#include "dialect/consul/consul_options.h"
#include "dialect/router.h"

namespace signalbox::consul {

using OptionsPtr = std::shared_ptr<const Options>;

// How a read wants to be answered.
struct ReadWishes {
    uint64_t index = 0;  // wait for one that is greater; zero: do not wait
    Duration wait{};     // at most, without the share that is added by chance
    bool is_pretty = false;
    const char* consistency = "leader";
};

// One request: its query, in Consul's ways of writing it, and its body.
class ConsulCall {
public:
    // Fails when the query is malformed, or asks for another datacenter or for what only other
    // products have.
    static Result<ConsulCall> of(const Call& call, OptionsPtr options);

    [[nodiscard]] const ExchangePtr& exchange() const { return call_->exchange; }
    [[nodiscard]] const std::string& tenant() const { return call_->exchange->identity().tenant; }
    [[nodiscard]] const Options& options() const { return *options_; }
    [[nodiscard]] const OptionsPtr& shared_options() const { return options_; }
    [[nodiscard]] const std::string& path(std::string_view name) const {
        return call_->parameter(name);
    }
    [[nodiscard]] std::string_view body() const { return call_->request.body; }

    // The first of that name.
    [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
    // All of that name, without empty ones.
    [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;
    // Present, whatever it says.
    [[nodiscard]] bool has(std::string_view name) const;
    // Present; what is written there must be a truth value, as in Go.
    [[nodiscard]] Result<bool> flag(std::string_view name) const;
    [[nodiscard]] Result<std::optional<uint64_t>> number(std::string_view name) const;
    [[nodiscard]] Result<ReadWishes> wishes() const;
    // The name of the server's own node is not what it is called, see NodeName.
    [[nodiscard]] std::string node_of(std::string_view shown) const;
    // The body as JSON; an empty one as `otherwise`.
    [[nodiscard]] Result<JsonDocument> json(std::string_view otherwise) const;

private:
    ConsulCall(const Call& call, OptionsPtr options) : call_(&call), options_(std::move(options)) {}

    const Call* call_;
    OptionsPtr options_;
    QueryParameters query_;
};

// The members of an object. Names match in any case, with underscores or without; null is absent.
class Members {
public:
    static Result<Members> of(const JsonValue& object);

    [[nodiscard]] std::optional<JsonValue> value(std::string_view name);
    Result<std::optional<std::string>> text(std::string_view name);
    Result<std::optional<int64_t>> integer(std::string_view name, int64_t min, int64_t max);
    Result<std::optional<uint64_t>> unsigned_integer(std::string_view name);
    Result<std::optional<bool>> boolean(std::string_view name);
    Result<std::vector<std::string>> texts(std::string_view name);
    Result<std::vector<JsonValue>> array(std::string_view name);
    Result<std::optional<JsonValue>> object(std::string_view name);
    // "10s", or a number of nanoseconds.
    Result<std::optional<Duration>> duration(std::string_view name);
    // Fails and names the first member that nobody has asked for.
    [[nodiscard]] Result<void> only_known() const;

private:
    struct Member {
        std::string name;  // as it is compared
        std::string_view written;
        JsonValue value;
        bool known = false;
    };
    std::vector<Member> members_;
};

// To where a path with an empty part, or one that leads out, should have gone.
std::optional<HttpResponse> redirection(const HttpRequest& request);

// "10s", "1h30m", "4.97s"; a unit is required.
Result<Duration> parse_go_duration(std::string_view text, std::string_view field);

// Registers a handler that may fail before it has answered.
using ConsulHandler = Result<void> (*)(const ConsulCall& call);
class RouteTable {
public:
    RouteTable(Router& router, OptionsPtr options)
        : router_(router), options_(std::move(options)) {}

    void add(HttpMethod method, std::string_view path, ConsulHandler handle,
             Access access = Access::by_method);
    [[nodiscard]] const OptionsPtr& options() const { return options_; }

private:
    Router& router_;
    OptionsPtr options_;
};

}  // namespace signalbox::consul
