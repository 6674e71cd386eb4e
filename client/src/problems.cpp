#include "problems.h"

#include <nlohmann/json.hpp>

namespace signalbox::client {
namespace {

constexpr std::string_view type_prefix = "urn:signalbox:problem:";
constexpr size_t foreign_body_shown_bytes = 200;

std::string title_of(std::string_view name) {
    if (name == "unreachable") return "Server not reached";
    if (name == "cancelled") return "Cancelled";
    if (name == "timed_out") return "Time over";
    if (name == "invalid_argument") return "Invalid request";
    if (name == "lost") return "Lost";
    return "Unexpected answer";
}

std::string text_member(const nlohmann::json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// Something between us and the server, or the server before it understood the request.
std::string foreign_detail(int status, std::string_view body) {
    std::string shown(body.substr(0, foreign_body_shown_bytes));
    while (!shown.empty() && shown.back() == '\n') shown.pop_back();
    return "the server answered " + std::to_string(status) + (shown.empty() ? "" : ": ") + shown;
}

}  // namespace

bool Problem::is(std::string_view name) const {
    const size_t colon = type.rfind(':');
    return std::string_view(type).substr(colon == std::string::npos ? 0 : colon + 1) == name;
}

Problem local_problem(std::string_view name, std::string detail, std::string field) {
    Problem problem;
    problem.type = std::string(type_prefix) + std::string(name);
    problem.title = title_of(name);
    problem.detail = std::move(detail);
    problem.field = std::move(field);
    return problem;
}

Problem cancelled() {
    return local_problem("cancelled", "the call was cancelled");
}

Problem read_problem(int status, std::string_view body,
                     std::optional<std::chrono::seconds> retry_after) {
    Problem problem;
    problem.status = status;
    problem.retry_after = retry_after;
    const auto json = nlohmann::json::parse(body, nullptr, false);
    if (json.is_object()) {
        problem.type = text_member(json, "type");
        problem.title = text_member(json, "title");
        problem.detail = text_member(json, "detail");
        problem.field = text_member(json, "field");
    }
    if (problem.type.empty()) problem.type = "about:blank";
    if (problem.title.empty()) problem.title = "HTTP status " + std::to_string(status);
    if (problem.detail.empty()) problem.detail = foreign_detail(status, body);
    return problem;
}

Problem unexpected_answer(int status, std::string detail) {
    auto problem = local_problem("unexpected_answer", std::move(detail));
    problem.status = status;
    return problem;
}

}  // namespace signalbox::client
