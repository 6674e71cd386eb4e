#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "codec/url.h"
#include "core/line_key.h"
#include "core/ticket.h"

namespace signalbox {

// The parameters of a query, by name, each at most once; errors name them. As with
// JsonMembers, only_known() refuses what no getter was asked for.
class Parameters {
public:
    // Fails when the query is malformed or gives a name twice.
    static Result<Parameters> of(std::string_view query);

    std::optional<std::string> text(std::string_view name);
    Result<std::optional<int64_t>> integer(std::string_view name, int64_t min, int64_t max);
    Result<std::optional<Duration>> duration(std::string_view name);
    Result<std::optional<Uuid>> uuid(std::string_view name);
    Result<std::optional<ServerId>> server(std::string_view name);
    [[nodiscard]] Result<void> only_known() const;

private:
    struct Parameter {
        std::string name;
        std::string value;
        bool known = false;
    };
    std::vector<Parameter> parameters_;
};

// The same rules for values from anywhere.
Result<Uuid> parse_uuid(std::string_view text, std::string_view field);
Result<ServerId> parse_server(std::string_view text, std::string_view field);
Result<int64_t> parse_integer(std::string_view text, int64_t min, int64_t max,
                              std::string_view field);

}  // namespace signalbox
