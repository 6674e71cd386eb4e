#include "dialect/consul/consul_answer.h"

#include "base/assert.h"

namespace signalbox::consul {
namespace {

// Semantic refusals are 500 with Consul, whose clients ask no more than whether it is 200. What its
// later versions call 404 is that here, too.
uint16_t status_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument: return 400;
        case ErrorCode::unauthenticated:
        case ErrorCode::forbidden: return 403;
        case ErrorCode::not_found: return 404;
        case ErrorCode::conflict:
        case ErrorCode::key_reused:
        case ErrorCode::precondition_failed: return 409;
        case ErrorCode::too_large: return 413;
        case ErrorCode::overloaded: return 429;
        case ErrorCode::unavailable: return 503;
        case ErrorCode::internal: return 500;
    }
    ASSERT(false);
}

}  // namespace

HttpResponse text_answer(uint16_t status, std::string text) {
    HttpResponse response;
    response.status = status;
    response.content_type = "text/plain; charset=utf-8";
    response.body = std::move(text);
    return response;
}

HttpResponse error_answer(const Error& error) {
    if (error.code == ErrorCode::unauthenticated) return text_answer(403, "ACL not found");
    if (error.code == ErrorCode::forbidden) {
        return text_answer(403, "Permission denied: " + error.message);
    }
    std::string text = error.message;
    // What is named in the message already need not be named again.
    const bool is_sentence = error.code != ErrorCode::invalid_argument || error.field.empty() ||
                             (!text.empty() && text.front() >= 'A' && text.front() <= 'Z');
    if (!is_sentence) text.insert(0, error.field + " ");
    auto response = text_answer(status_of(error.code), std::move(text));
    // Nothing was done, and it may pass.
    const bool may_pass =
        error.code == ErrorCode::overloaded || error.code == ErrorCode::unavailable;
    if (may_pass) response.fields.emplace_back("Retry-After", "1");
    return response;
}

HttpResponse json_answer(std::string body) {
    HttpResponse response;
    response.content_type = "application/json";
    response.body = std::move(body);
    return response;
}

HttpResponse empty_answer() {
    return {};
}

HttpResponse bool_answer(bool value) {
    return json_answer(value ? "true" : "false");
}

std::string pretty(std::string_view json) {
    std::string out;
    size_t depth = 0;
    bool in_text = false;
    const auto new_line = [&] { out.append("\n").append(depth * 4, ' '); };
    for (size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (in_text) {
            out += c;
            if (c == '\\') {
                out += json[++i];
            } else if (c == '"') {
                in_text = false;
            }
            continue;
        }
        const bool is_empty = i + 1 < json.size() && (json[i + 1] == ']' || json[i + 1] == '}');
        switch (c) {
            case '"':
                in_text = true;
                out += c;
                break;
            case '[':
            case '{':
                out += c;
                if (is_empty) {
                    out += json[++i];
                    break;
                }
                ++depth;
                new_line();
                break;
            case ']':
            case '}':
                --depth;
                new_line();
                out += c;
                break;
            case ',':
                out += c;
                new_line();
                break;
            case ':': out += ": "; break;
            default: out += c;
        }
    }
    return out;
}

}  // namespace signalbox::consul
