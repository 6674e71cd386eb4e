#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace signalbox::zaqar {

// One request of the WebSocket transport: {"action", "headers": {...}, "body": {...}}. The getters
// are for requests that keep to the schema of their action.
class WebSocketRequest {
public:
    // Of one that could not be read at all.
    WebSocketRequest() = default;
    // Fails with what to tell the client.
    static tl::expected<WebSocketRequest, std::string> parse(std::string text);

    // What it is called for people when it is no text.
    [[nodiscard]] const std::string& action() const { return action_; }
    // Whether headers and members of the body are those that the action needs, of the right types.
    // Nothing when there is no such action.
    [[nodiscard]] std::optional<bool> keeps_schema() const;

    [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
    // A header that is a list of texts.
    [[nodiscard]] std::vector<std::string> header_list(std::string_view name) const;
    // Members of the body; null counts as absent.
    [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
    [[nodiscard]] std::optional<int64_t> integer(std::string_view name) const;
    [[nodiscard]] bool flag(std::string_view name) const;
    // The texts of a list; nothing when it is absent or has something else in it.
    [[nodiscard]] std::optional<std::vector<std::string>> list(std::string_view name) const;
    // As it is written; empty when it is absent.
    [[nodiscard]] std::string member(std::string_view name) const;
    [[nodiscard]] const std::string& body() const { return body_; }

    // What an answer says it was asked.
    [[nodiscard]] std::string echo() const;

private:
    struct Member {
        std::string name;
        std::string value;  // as it is written
    };

    static std::vector<Member> members_of(std::string_view object);
    static const std::string* find(const std::vector<Member>& members, std::string_view name);

    std::string action_ = "None";
    std::string action_text_ = "null";  // as it is written, likewise below
    std::string headers_text_ = "{}";
    std::string body_ = "{}";
    bool has_headers_ = false;
    bool has_body_ = false;
    std::vector<Member> headers_;
    std::vector<Member> members_;
};

}  // namespace signalbox::zaqar
