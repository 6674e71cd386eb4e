#include "app/listing.h"

#include <cstdio>

#include <fmt/format.h>

#include "app/client_flags.h"

namespace signalbox {

void print_json_documents(const std::string& name, const std::vector<std::string>& documents,
                          bool more) {
    print_line(fmt::format(R"({{"{}":[{}],"more":{}}})", name, fmt::join(documents, ","), more));
}

void tell_of_more(bool more) {
    if (more) std::fprintf(stderr, "signalbox: there are more; --all shows them\n");
}

}  // namespace signalbox
