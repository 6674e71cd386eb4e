#include "dialect/zaqar/zaqar_call.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "codec/json_text.h"
#include "codec/json_writer.h"
#include "dialect/zaqar/zaqar_checks.h"

namespace signalbox::zaqar {
namespace {

constexpr size_t client_id_bytes_min = 10;
constexpr size_t client_id_bytes_max = 36;

std::string_view media_type(std::string_view field) {
    field = field.substr(0, field.find(';'));
    const size_t first = field.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return field.substr(first, field.find_last_not_of(" \t") - first + 1);
}

// Whether a range of media types has a weight of 0, which refuses them.
bool is_refusal(std::string_view range) {
    for (size_t at = range.find(';'); at != std::string_view::npos; at = range.find(';', at + 1)) {
        const auto parameter = media_type(range.substr(at + 1));
        if (parameter.size() < 3 || !equals_ignoring_case(parameter.substr(0, 2), "q=")) continue;
        return parameter.substr(2).find_first_not_of("0.") == std::string_view::npos;
    }
    return false;
}

// How closely a range of media types speaks of JSON; 0: not at all.
int closeness_to_json(std::string_view type) {
    if (type == "*/*") return 1;
    if (equals_ignoring_case(type, "application/*")) return 2;
    return equals_ignoring_case(type, "application/json") ? 3 : 0;
}

bool admits_json(std::string_view accept) {
    int closest = 0;
    bool admits = false;
    while (!accept.empty()) {
        const size_t comma = accept.find(',');
        const auto range = accept.substr(0, comma);
        const int closeness = closeness_to_json(media_type(range));
        if (closeness > closest) {
            closest = closeness;
            admits = !is_refusal(range);
        }
        accept.remove_prefix(comma == std::string_view::npos ? accept.size() : comma + 1);
    }
    return admits;
}

// The 32 digits of a UUID, with dashes or without.
bool read_uuid_digits(std::string_view text, std::string& bytes) {
    std::array<char, 32> digits{};
    size_t count = 0;
    for (const char c : text) {
        if (c == '-') continue;
        if (count == digits.size()) return false;
        digits[count++] = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    bytes.resize(digits.size() / 2);
    return count == digits.size() &&
           read_hex({digits.data(), count}, reinterpret_cast<uint8_t*>(bytes.data()), bytes.size());
}

// One look at the fields for all that is asked of them.
struct KnownFields {
    explicit KnownFields(const HttpRequest& request) {
        for (const auto& field : request.fields) {
            switch (field.name.size()) {
                case 6: take(field, "accept", accept); break;
                case 9: take(field, "client-id", client_id); break;
                case 12:
                    take(field, "content-type", content_type);
                    take(field, "x-project-id", project_id);
                    break;
                default: break;
            }
        }
    }

    std::optional<std::string_view> accept;
    std::optional<std::string_view> client_id;
    std::optional<std::string_view> content_type;
    std::optional<std::string_view> project_id;

private:
    static void take(const HttpField& field, std::string_view name,
                     std::optional<std::string_view>& place) {
        if (!place && equals_ignoring_case(field.name, name)) place = field.value;
    }
};

Checked<void> check_project_id(const std::optional<std::string_view>& given) {
    if (!given) {
        return refuse({400, "Project-Id Missing", "The header X-PROJECT-ID was missing"});
    }
    if (given->empty()) {
        return refuse({400, "Empty project header not allowed",
                       "X-PROJECT-ID cannot be an empty string. Specify the right header "
                       "X-PROJECT-ID and retry."});
    }
    return {};
}

}  // namespace

Checked<void> check_client_id(const std::optional<std::string_view>& given, const Options& options,
                              std::string& client) {
    if (!given || given->empty()) {
        return refuse({400, "Missing header value", "The \"Client-ID\" header is required."});
    }
    if (options.client_ids_are_uuids) {
        if (read_uuid_digits(*given, client)) return {};
        return refuse({400, "Wrong UUID value", "Malformed hexadecimal UUID."});
    }
    if (given->size() < client_id_bytes_min || given->size() > client_id_bytes_max) {
        return refuse(
            {400, fmt::format("Length of client id must be at least {} and no greater than {}.",
                              client_id_bytes_min, client_id_bytes_max)});
    }
    client = *given;
    return {};
}

std::string_view version_text(Version version) {
    return version == Version::v2 ? "v2" : "v1.1";
}

Checked<void> RequestChecks::check(std::string& client) const {
    const KnownFields fields(request);
    if (request.has_body && fields.content_type &&
        equals_ignoring_case(media_type(*fields.content_type),
                             "application/x-www-form-urlencoded")) {
        return refuse({400, "Invalid Content-Type",
                       "Endpoint does not accept `application/x-www-form-urlencoded` content; "
                       "currently supported media type is `application/json`; specify proper "
                       "client-side media type with the \"Content-Type\" header."});
    }
    if (fields.accept && !fields.accept->empty() && !admits_json(*fields.accept)) {
        Fault fault{406, "Not Acceptable", {}};
        fault.is_bare = true;
        return refuse(std::move(fault));
    }
    if (auto checked = check_client_id(fields.client_id, options, client); !checked) return checked;
    return project_is_known ? Checked<void>() : check_project_id(fields.project_id);
}

Checked<void> check_queue(const QueueName& queue, std::string_view project,
                          const Options& options) {
    const bool is_topic = queue.kind == QueueKind::topic;
    constexpr size_t project_bytes_max = 256;
    if (project.size() <= project_bytes_max &&
        check_name(queue.name, is_topic ? "Topic" : "Queue", options.limits)) {
        return {};
    }
    const std::string_view kind = is_topic ? "topic" : "queue";
    return refuse(
        {400, fmt::format("Invalid {} identification", kind),
         fmt::format("The format of the submitted {} name or project id is not valid.", kind)});
}

Checked<ZaqarCall> ZaqarCall::of(const Call& call, Version version,
                                 const std::shared_ptr<const Options>& options) {
    ZaqarCall zaqar(call, version, options);
    const bool is_proved = !call.exchange->identity().proof.empty();
    if (auto checked = RequestChecks{call.request, *options, is_proved}.check(zaqar.client_);
        !checked) {
        return refuse(std::move(checked.error()));
    }
    for (const auto& [name, value] : call.path) {
        if (name != "queue" && name != "topic") continue;
        zaqar.queue_ = {name == "topic" ? QueueKind::topic : QueueKind::queue, value};
        if (auto checked = check_queue(zaqar.queue_, zaqar.project(), *options); !checked) {
            return refuse(std::move(checked.error()));
        }
    }
    if (!call.request.query.empty()) {
        auto query = parse_query(call.request.query);
        if (!query) return refuse({400, "Invalid parameter", "The query is not well-formed."});
        zaqar.query_ = std::move(*query);
    }
    return zaqar;
}

Checked<void> ZaqarCall::check_admin() const {
    const auto& identity = call_.exchange->identity();
    // Where nobody has to prove anything, whoever says nothing may do much; but Zaqar asks for the
    // role.
    if (identity.may_administer && (!identity.roles.empty() || !identity.proof.empty())) return {};
    return refuse(forbidden());
}

const std::string* ZaqarCall::text(std::string_view name) const {
    const std::string* found = nullptr;
    for (const auto& [known, value] : query_) {
        if (known == name && !value.empty()) found = &value;
    }
    return found;
}

Checked<std::optional<int64_t>> ZaqarCall::integer(std::string_view name) const {
    const auto* given = text(name);
    if (given == nullptr) return std::optional<int64_t>();
    const auto number = json_integer(*given);
    if (!number) return refuse(invalid_parameter(name, "The value must be an integer."));
    return number;
}

Checked<std::optional<bool>> ZaqarCall::flag(std::string_view name) const {
    static constexpr std::array<std::string_view, 7> yes{"true", "True", "t", "yes",
                                                         "y",    "1",    "on"};
    static constexpr std::array<std::string_view, 7> no{"false", "False", "f",  "no",
                                                        "n",     "0",     "off"};
    const auto* given = text(name);
    if (given == nullptr) return std::optional<bool>();
    if (std::find(yes.begin(), yes.end(), *given) != yes.end()) return std::optional(true);
    if (std::find(no.begin(), no.end(), *given) != no.end()) return std::optional(false);
    return refuse(
        invalid_parameter(name, "The value of the parameter must be \"true\" or \"false\"."));
}

std::optional<std::vector<std::string>> ZaqarCall::list(std::string_view name) const {
    std::optional<std::vector<std::string>> elements;
    for (const auto& [known, value] : query_) {
        if (known != name || value.empty()) continue;
        if (!elements) elements.emplace();
        std::string_view rest = value;
        while (!rest.empty()) {
            const size_t comma = rest.find(',');
            if (comma != 0) elements->emplace_back(rest.substr(0, comma));
            rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
        }
    }
    return elements;
}

void NextLink::add(std::string_view name, std::string_view value) {
    link_ += has_query_ ? '&' : '?';
    has_query_ = true;
    link_ += percent_encode(name);
    link_ += '=';
    link_ += percent_encode(value);
}

void NextLink::add_flag(std::string_view name, const std::optional<bool>& flag) {
    if (flag) add(name, *flag ? "true" : "false");
}

void NextLink::add_number(std::string_view name, const std::optional<int64_t>& number) {
    if (number) add(name, std::to_string(*number));
}

std::string NextLink::links() const {
    std::string out = R"("links":[{"rel":"next","href":)";
    append_json_string(out, link_);
    out += "}]";
    return out;
}

HttpResponse json_response(uint16_t status, std::string body) {
    HttpResponse response;
    response.status = status;
    response.content_type = "application/json";
    response.body = std::move(body);
    return response;
}

HttpResponse empty_response(uint16_t status) {
    HttpResponse response;
    response.status = status;
    return response;
}

}  // namespace signalbox::zaqar
