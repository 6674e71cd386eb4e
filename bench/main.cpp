#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>

#include "bench/feed/measurements.h"
#include "bench/notify/measurements.h"
#include "bench/queue/measurements.h"
#include "bench/registry/measurements.h"
#include "bench/ticket/measurements.h"

namespace signalbox::bench {
namespace {

struct Measurement {
    std::string name;
    Result<void> (*run)(Bench&);

    [[nodiscard]] bool is_wanted(const std::vector<std::string>& names) const {
        return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
    }
};

const std::vector<Measurement> measurements{{"throughput", measure_throughput},
                                            {"hand-over", measure_hand_over},
                                            {"depth", measure_depth},
                                            {"expiry", measure_expiry},
                                            {"memory", measure_memory},
                                            {"connections", measure_connections},
                                            {"start", measure_start},
                                            {"queue", measure_queue_throughput},
                                            {"queue-depth", measure_queue_depth},
                                            {"queue-memory", measure_queue_memory},
                                            {"import", measure_import},
                                            {"feed", measure_feed},
                                            {"notify", measure_notify},
                                            {"peers", measure_peers},
                                            {"registry", measure_registry},
                                            {"micro", measure_micro}};

struct Arguments {
    Programs programs;
    std::string directory;
    std::string document;
    std::vector<std::string> names;
    bool quick = false;
};

int run(const Arguments& arguments) {
    raise_descriptor_limit();
    const auto cores = use_two_cores();
    const auto machine = Machine::look(arguments.directory);
    Bench bench(arguments.programs, arguments.directory, arguments.quick);
    int outcome = 0;
    for (const auto& measurement : measurements) {
        if (!measurement.is_wanted(arguments.names)) continue;
        if (const auto measured = measurement.run(bench); !measured) {
            std::fprintf(stderr, "bench: %s: %s\n", measurement.name.c_str(),
                         measured.error().message.c_str());
            outcome = 1;
        }
    }
    std::printf("%s, %s, %zu cores of which %s are used, %s, %s, load %s before\n%s",
                machine.date.c_str(), machine.processor.c_str(), machine.cores, cores.c_str(),
                machine.kernel.c_str(), machine.filesystem.c_str(), machine.load.c_str(),
                bench.report().text().c_str());
    std::printf("%zu targets missed\n", bench.report().missed());
    if (outcome == 0 && !arguments.document.empty()) {
        std::ofstream(arguments.document) << bench.report().document(machine, cores);
    }
    return outcome;
}

}  // namespace
}  // namespace signalbox::bench

// Run by script/bench. Ends with 1 when something could not be measured; a missed target is a
// result, not a failure.
int main(int count, char** values) {
    using namespace signalbox::bench;
    Arguments arguments;
    CLI::App app("Measures Signalbox beside a limit");
    app.add_option("--signalbox", arguments.programs.signalbox)->required();
    app.add_option("--limit", arguments.programs.limit)->required();
    app.add_option("--micro", arguments.programs.micro)->required();
    app.add_option("--directory", arguments.directory, "Where to keep data; exists")->required();
    app.add_option("--document", arguments.document, "Where to write the table as Markdown");
    app.add_flag("--quick", arguments.quick);
    std::vector<std::string> known;
    for (const auto& measurement : measurements) known.push_back(measurement.name);
    app.add_option("names", arguments.names)->check(CLI::IsMember(known));
    CLI11_PARSE(app, count, values);
    return run(arguments);
}
