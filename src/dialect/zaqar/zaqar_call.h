#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/url.h"
#include "dialect/router.h"
#include "dialect/zaqar/zaqar_fault.h"
#include "dialect/zaqar/zaqar_json.h"
#include "dialect/zaqar/zaqar_options.h"

namespace signalbox::zaqar {

enum class Version : uint8_t { v1_1, v2 };

std::string_view version_text(Version version);  // "v2"

// What Zaqar checks of every request to a route that exists, in its order: the type of a body, what
// the client accepts, its Client-ID and X-Project-ID, and the name of the queue or topic. `client`
// is filled with the id: the bytes of a UUID, or the text where any text will do.
struct RequestChecks {
    const HttpRequest& request;
    const Options& options;
    // The router has found out for whom the request is without a header that says so.
    bool project_is_known = false;

    Checked<void> check(std::string& client) const;
};
Checked<void> check_client_id(const std::optional<std::string_view>& given, const Options& options,
                              std::string& client);
Checked<void> check_queue(const QueueName& queue, std::string_view project, const Options& options);

// One request to a Zaqar route, which has passed those checks. It lives as long as the handler
// runs.
class ZaqarCall {
public:
    static Checked<ZaqarCall> of(const Call& call, Version version,
                                 const std::shared_ptr<const Options>& options);

    [[nodiscard]] const ExchangePtr& exchange() const { return call_.exchange; }
    [[nodiscard]] const HttpRequest& request() const { return call_.request; }
    [[nodiscard]] const Options& options() const { return *options_; }
    // For what outlives the call.
    [[nodiscard]] const std::shared_ptr<const Options>& shared_options() const { return options_; }
    [[nodiscard]] const ZaqarLimits& limits() const { return options_->limits; }
    [[nodiscard]] Version version() const { return version_; }
    [[nodiscard]] const std::string& project() const { return call_.exchange->identity().tenant; }
    [[nodiscard]] const std::string& client() const { return client_; }
    // The queue or topic that the path names.
    [[nodiscard]] const QueueName& queue() const { return queue_; }
    [[nodiscard]] std::string queue_path() const {
        return zaqar::queue_path(version_text(version_), queue_);
    }
    [[nodiscard]] const std::string& path_parameter(std::string_view name) const {
        return call_.parameter(name);
    }
    // 403 unless whoever asks has the role of an admin, by name.
    [[nodiscard]] Checked<void> check_admin() const;

    // Parameters of the query. Blank ones count as absent; of one that is given twice, the last
    // counts.
    [[nodiscard]] const std::string* text(std::string_view name) const;
    [[nodiscard]] Checked<std::optional<int64_t>> integer(std::string_view name) const;
    [[nodiscard]] Checked<std::optional<bool>> flag(std::string_view name) const;
    // "a,b", or given more than once: its elements, without empty ones.
    [[nodiscard]] std::optional<std::vector<std::string>> list(std::string_view name) const;
    [[nodiscard]] const QueryParameters& query() const { return query_; }

private:
    ZaqarCall(const Call& call, Version version, const std::shared_ptr<const Options>& options)
        : call_(call), version_(version), options_(options) {}

    const Call& call_;
    Version version_;
    // Of the route. Not counted for each request: io threads would fight over the counter.
    const std::shared_ptr<const Options>& options_;
    std::string client_;
    QueueName queue_;
    QueryParameters query_;
};

// The query of a link to the next page: what was given of it, and where that page begins.
class NextLink {
public:
    explicit NextLink(std::string path) : link_(std::move(path)) {}
    void add(std::string_view name, std::string_view value);
    void add_flag(std::string_view name, const std::optional<bool>& flag);
    void add_number(std::string_view name, const std::optional<int64_t>& number);
    // "links":[{"rel":"next","href":"..."}]
    [[nodiscard]] std::string links() const;

private:
    std::string link_;
    bool has_query_ = false;
};
inline constexpr std::string_view no_links = R"("links":[])";

HttpResponse json_response(uint16_t status, std::string body);
HttpResponse empty_response(uint16_t status);

// Asks the core, and answers with render(value), or with the fault that explain(error) makes.
template <class Body, class Render, class Explain>
void ask(const ZaqarCall& call, Body body, Render render, Explain explain) {
    const ExchangePtr exchange = call.exchange();
    exchange->ask(
        call.project(), std::move(body),
        [exchange, render = std::move(render), explain = std::move(explain)](auto answer) mutable {
            if (!answer) {
                return exchange->respond(zaqar::render(explain(answer.error())));
            }
            exchange->respond(render(*answer));
        });
}

template <class Body, class Render>
void ask(const ZaqarCall& call, Body body, Render render) {
    ask(call, std::move(body), std::move(render),
        [](const Error& error) { return fault_of(error); });
}

}  // namespace signalbox::zaqar
