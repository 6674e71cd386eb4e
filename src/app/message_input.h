#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "signalbox/client/problem.h"

namespace signalbox {

// A file to read from or to write to, or what stands for it: "-" is the standard one.
class InputFile {
public:
    static client::Result<InputFile> open(const std::string& name);

    // All that is left of it.
    client::Result<std::string> read_all();
    // The next bytes, as many as come at once; empty at the end.
    client::Result<std::string> read_some(size_t bytes_max);
    // Nothing when it is no regular file.
    [[nodiscard]] std::optional<uint64_t> size() const;

private:
    struct Closer {
        void operator()(std::FILE* file) const;
    };
    InputFile(std::string name, std::unique_ptr<std::FILE, Closer> file)
        : name_(std::move(name)), file_(std::move(file)) {}

    std::string name_;
    std::unique_ptr<std::FILE, Closer> file_;
};

// A problem with what the user gave, as if the server had refused it.
client::Problem usage_problem(std::string text);

// Text as a JSON string. Fails when it is not UTF-8.
client::Result<std::string> json_text(std::string_view text);

}  // namespace signalbox
