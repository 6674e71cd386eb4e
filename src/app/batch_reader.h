#pragma once

#include <optional>
#include <string>

#include "app/message_input.h"

namespace signalbox {

// Cuts an input with one message a line into pieces that a request can carry. The same input and
// the same limits make the same pieces. One thread.
class MessageBatchReader {
public:
    struct Limits {
        size_t bytes = 0;     // a longer line is a batch of its own
        size_t messages = 0;  // lines
    };
    struct Batch {
        std::string text;         // whole lines
        uint64_t number = 0;      // of the batch, from 0
        uint64_t first_line = 0;  // its number in the input, from 1
        uint64_t lines = 0;
    };

    // With `is_text`, lines are text and become JSON strings.
    MessageBatchReader(InputFile input, Limits limits, bool is_text)
        : input_(std::move(input)), limits_(limits), is_text_(is_text) {}

    // Nothing behind the last one.
    client::Result<std::optional<Batch>> next();
    // How much of the input the batches so far have taken, when that is known.
    [[nodiscard]] std::optional<double> share() const;

private:
    client::Result<void> fill();
    // The next line without its end; false when there is none, or it is not whole yet.
    bool take_line(std::string_view& line);

    InputFile input_;
    const Limits limits_;
    const bool is_text_;
    std::string buffer_;
    size_t at_ = 0;        // of the buffer, what was taken
    bool at_end_ = false;  // of the input
    uint64_t bytes_taken_ = 0;
    uint64_t lines_taken_ = 0;
    uint64_t batches_ = 0;
};

}  // namespace signalbox
