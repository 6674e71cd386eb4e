#include "runtime/data_directory.h"

#include <charconv>
#include <map>
#include <sstream>

#include <fmt/format.h>

namespace signalbox {
namespace {

constexpr const char* file_name = "META";
constexpr const char* format_version = "1";

std::string render(const DataDirectory& directory) {
    return fmt::format("signalbox {}\nhistory {:016x}\nnode {}\npartitions {}\n", format_version,
                       directory.history, directory.node.text(), directory.partitions);
}

template <class Number>
bool read_number(const std::string& text, Number& number, int base) {
    const auto* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number, base);
    return error == std::errc() && stopped == end;
}

Result<DataDirectory> parse(const std::string& content) {
    std::map<std::string, std::string> values;
    std::istringstream lines(content);
    std::string name;
    std::string value;
    while (lines >> name >> value) values[name] = value;
    if (values["signalbox"] != format_version) {
        return fail(ErrorCode::internal,
                    "META is damaged, or the data directory was made by a newer version");
    }
    DataDirectory directory;
    const auto node = Uuid::parse(values["node"]);
    if (!node || !read_number(values["history"], directory.history, 16) ||
        !read_number(values["partitions"], directory.partitions, 10) || directory.partitions == 0) {
        return fail(ErrorCode::internal, "META is damaged; restore it from a backup");
    }
    directory.node = *node;
    return directory;
}

}  // namespace

Result<DataDirectory> DataDirectory::open(Disk& disk, size_t partitions_wanted, Random& random) {
    auto content = read_file(disk, file_name);
    if (content) {
        TRY_AS(const auto directory, parse(*content));
        if (directory.partitions != partitions_wanted) {
            return fail(
                ErrorCode::conflict,
                fmt::format("the data directory has {} and keeps them", directory.partitions),
                "partitions");
        }
        return directory;
    }
    if (content.error().code != ErrorCode::not_found) return fail(std::move(content).error());
    DataDirectory directory;
    directory.history = random.next();
    directory.node = random.uuid();
    directory.partitions = partitions_wanted;
    TRY(write_file_atomically(disk, "", file_name, render(directory)));
    return directory;
}

}  // namespace signalbox
