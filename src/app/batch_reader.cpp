#include "app/batch_reader.h"

#include <algorithm>

#include <fmt/format.h>

namespace signalbox {
namespace {

constexpr size_t read_bytes = 1u << 20;

}  // namespace

bool MessageBatchReader::take_line(std::string_view& line) {
    const auto rest = std::string_view(buffer_).substr(at_);
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos && (!at_end_ || rest.empty())) return false;
    line = rest.substr(0, end);
    return true;
}

client::Result<void> MessageBatchReader::fill() {
    buffer_.erase(0, at_);
    at_ = 0;
    auto piece = input_.read_some(read_bytes);
    if (!piece) return tl::unexpected(piece.error());
    at_end_ = piece->empty();
    buffer_ += *piece;
    return {};
}

client::Result<std::optional<MessageBatchReader::Batch>> MessageBatchReader::next() {
    Batch batch;
    batch.number = batches_;
    batch.first_line = lines_taken_ + 1;
    while (batch.lines < limits_.messages) {
        std::string_view line;
        if (!take_line(line)) {
            if (at_end_) break;
            if (auto filled = fill(); !filled) return tl::unexpected(filled.error());
            continue;
        }
        std::string quoted;
        auto shown = line;
        if (is_text_) {
            auto text = json_text(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
            if (!text) {
                return tl::unexpected(usage_problem(
                    fmt::format("line {}: {}", lines_taken_ + 1, text.error().text())));
            }
            quoted = std::move(*text);
            shown = quoted;
        }
        if (batch.lines > 0 && batch.text.size() + shown.size() + 1 > limits_.bytes) break;
        batch.text += shown;
        batch.text += '\n';
        ++batch.lines;
        ++lines_taken_;
        const size_t taken = std::min(line.size() + 1, buffer_.size() - at_);
        at_ += taken;
        bytes_taken_ += taken;
    }
    if (batch.lines == 0) return std::optional<Batch>();
    ++batches_;
    return std::optional(std::move(batch));
}

std::optional<double> MessageBatchReader::share() const {
    const auto size = input_.size();
    if (!size || *size == 0) return std::nullopt;
    return static_cast<double>(bytes_taken_) / static_cast<double>(*size);
}

}  // namespace signalbox
