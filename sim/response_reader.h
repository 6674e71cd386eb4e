#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace signalbox {

// An answer as a client sees it.
struct SimResponse {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> fields;  // names in lower case
    std::string body;

    [[nodiscard]] std::string field(std::string_view name) const;
};

// The client's side of HTTP/1.1: turns bytes into answers. Of its own, so that the server's
// codec is not tested against itself.
class ResponseReader {
public:
    // How the next answer is read; HEAD and streams differ.
    void expect(bool head_only) { head_only_ = head_only; }

    void feed(std::string_view bytes) { input_ += bytes; }
    // The next whole answer, if it is there.
    std::optional<SimResponse> take();
    // For answers that go on: the head once it is whole, then the body as it comes. A whole
    // answer of another kind is left for take().
    std::optional<SimResponse> take_stream_head();
    std::string take_stream_body();
    [[nodiscard]] bool stream_has_ended() const { return stream_ended_; }
    // What came behind the last answer that was taken; for what is no HTTP any more.
    std::string take_rest() { return std::exchange(input_, {}); }
    [[nodiscard]] bool is_broken() const { return broken_; }
    [[nodiscard]] bool is_empty() const { return input_.empty(); }

private:
    struct Parsed {
        SimResponse response;
        size_t consumed = 0;
        bool complete = false;
    };
    std::optional<Parsed> parse();

    std::string input_;
    bool head_only_ = false;
    bool broken_ = false;
    bool stream_ended_ = false;
};

}  // namespace signalbox
