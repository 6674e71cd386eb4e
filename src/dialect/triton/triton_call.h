#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_reader.h"
#include "codec/url.h"
#include "dialect/router.h"
#include "dialect/triton/triton_error.h"

namespace signalbox::triton {

template <class T>
using RestResult = tl::expected<T, RestError>;

// One request to a CNAPI route: checks what CNAPI's framework checks of every request, reads
// parameters from path, query and body with its precedence, and answers with its headers.
class RestCall {
public:
    static RestResult<RestCall> of(const Call& call);

    [[nodiscard]] const ExchangePtr& exchange() const { return exchange_; }
    [[nodiscard]] const std::string& tenant() const { return tenant_; }
    [[nodiscard]] const HttpRequest& request() const { return call_.request; }
    [[nodiscard]] const std::string& path_parameter(std::string_view name) const {
        return call_.parameter(name);
    }

    // A parameter of query or body, the query first. Present and of another kind than text:
    // `is_text` is false.
    struct Value {
        std::string text;
        bool is_text = true;
        bool is_object = false;
        std::string json;  // of an object
    };
    [[nodiscard]] std::optional<Value> parameter(std::string_view name) const;
    // How often the query gives it, and all its names.
    [[nodiscard]] size_t query_count(std::string_view name) const;
    [[nodiscard]] const QueryParameters& query() const { return query_; }

private:
    explicit RestCall(const Call& call);
    RestResult<void> check_headers() const;
    RestResult<void> read_body();

    const Call& call_;
    ExchangePtr exchange_;
    std::string tenant_;
    QueryParameters query_;
    QueryParameters form_;
    std::optional<JsonDocument> document_;
};

// Adds the headers that CNAPI's answers carry.
void respond(const ExchangePtr& exchange, HttpResponse response, const std::string& hostname);

}  // namespace signalbox::triton
