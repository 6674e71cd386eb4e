#include "sim/response_reader.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace signalbox {
namespace {

std::string lower_case(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

// Reads chunks from `rest`; returns how much it took, and whether the last one was there.
size_t read_chunks(std::string_view rest, std::string& body, bool& complete) {
    size_t taken = 0;
    for (;;) {
        const size_t line_end = rest.find("\r\n", taken);
        if (line_end == std::string_view::npos) return taken;
        const std::string digits(rest.substr(taken, line_end - taken));
        const size_t size = std::strtoull(digits.c_str(), nullptr, 16);
        const size_t data = line_end + 2;
        if (rest.size() < data + size + 2) return taken;
        body += rest.substr(data, size);
        taken = data + size + 2;
        if (size == 0) {
            complete = true;
            return taken;
        }
    }
}

}  // namespace

std::string SimResponse::field(std::string_view name) const {
    for (const auto& [known, value] : fields) {
        if (known == name) return value;
    }
    return {};
}

std::optional<ResponseReader::Parsed> ResponseReader::parse() {
    const size_t head_end = input_.find("\r\n\r\n");
    if (head_end == std::string::npos) return std::nullopt;
    Parsed parsed;
    const std::string_view head = std::string_view(input_).substr(0, head_end);
    size_t line_end = head.find("\r\n");
    const auto status_line = head.substr(0, line_end);
    if (!status_line.starts_with("HTTP/1.1 ") || status_line.size() < 12) {
        broken_ = true;
        return std::nullopt;
    }
    parsed.response.status = std::atoi(std::string(status_line.substr(9, 3)).c_str());
    while (line_end != std::string_view::npos) {
        const size_t start = line_end + 2;
        line_end = head.find("\r\n", start);
        const auto line = head.substr(
            start, line_end == std::string_view::npos ? std::string_view::npos : line_end - start);
        const size_t colon = line.find(": ");
        if (colon == std::string_view::npos) {
            broken_ = true;
            return std::nullopt;
        }
        parsed.response.fields.emplace_back(lower_case(line.substr(0, colon)),
                                            std::string(line.substr(colon + 2)));
    }
    const size_t body_start = head_end + 4;
    const std::string_view rest = std::string_view(input_).substr(body_start);
    const int status = parsed.response.status;
    if (head_only_ || status == 204 || status == 304 || status == 100 || status == 101) {
        parsed.complete = true;
        parsed.consumed = body_start;
    } else if (parsed.response.field("transfer-encoding") == "chunked") {
        const size_t taken = read_chunks(rest, parsed.response.body, parsed.complete);
        parsed.consumed = body_start + taken;
    } else {
        const auto length =
            std::strtoull(parsed.response.field("content-length").c_str(), nullptr, 10);
        parsed.complete = rest.size() >= length;
        parsed.response.body = rest.substr(0, length);
        parsed.consumed = body_start + std::min<size_t>(rest.size(), length);
    }
    return parsed;
}

std::optional<SimResponse> ResponseReader::take() {
    auto parsed = parse();
    if (!parsed || !parsed->complete) return std::nullopt;
    input_.erase(0, parsed->consumed);
    return std::move(parsed->response);
}

std::optional<SimResponse> ResponseReader::take_stream_head() {
    auto parsed = parse();
    if (!parsed || parsed->response.field("transfer-encoding") != "chunked") return std::nullopt;
    input_.erase(0, input_.find("\r\n\r\n") + 4);
    stream_ended_ = false;
    parsed->response.body.clear();
    return std::move(parsed->response);
}

std::string ResponseReader::take_stream_body() {
    std::string body;
    const size_t taken = read_chunks(input_, body, stream_ended_);
    input_.erase(0, taken);
    return body;
}

}  // namespace signalbox
