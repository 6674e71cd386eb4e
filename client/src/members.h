#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "signalbox/client/ticket.h"

namespace signalbox::client {

// In the server's order, so that what a person is shown looks like what the server said.
using Json = nlohmann::ordered_json;

// The members of one JSON object from the server. Each getter gives the default for what is
// absent or null; for what has the wrong type it remembers the name as well, so that the
// reader of a whole document needs to look once, at its end.
class Members {
public:
    explicit Members(const Json& object) : object_(object) {
        if (!object_.is_object()) wrong_ = "the document";
    }

    std::string text(const char* name);
    std::optional<std::string> optional_text(const char* name);
    uint64_t number(const char* name);
    std::optional<uint64_t> optional_number(const char* name);
    int64_t signed_number(const char* name);
    bool flag(const char* name);
    Instant instant(const char* name);
    std::optional<Instant> optional_instant(const char* name);
    Duration duration(const char* name);                     // as text
    std::optional<Duration> milliseconds(const char* name);  // as a number
    TicketStatus ticket_status(const char* name);
    // The members server_uuid, scope and id.
    Resource resource();
    // As JSON again.
    std::string json(const char* name);
    // The elements of an array of texts.
    std::vector<std::string> texts(const char* name);
    // The elements of an array.
    std::vector<Json> elements(const char* name);
    const Json& object(const char* name);

    // The first member that was not understood; null when all were.
    [[nodiscard]] const char* wrong() const { return wrong_; }

private:
    // Null when it is absent or null.
    const Json* find(const char* name) const;
    void note(const char* name) {
        if (wrong_ == nullptr) wrong_ = name;
    }

    const Json& object_;
    const char* wrong_ = nullptr;
};

}  // namespace signalbox::client
