#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/log.h"
#include "sim/scenario.h"

// sim --seed N [--rounds M]: one run, twice, which must be the same.
// sim --seeds COUNT [--from N]: that many runs; the first one that fails ends it.

namespace {

int run_one(uint64_t seed, uint64_t rounds, bool verbose) {
    const auto report = signalbox::Scenario(seed, rounds).run();
    if (verbose || !report.complaints.empty()) {
        std::printf(
            "seed %llu: %llu events, %llu crashes, %llu resyncs, latest expiry %lld ms, "
            "digest %016llx\n",
            static_cast<unsigned long long>(seed), static_cast<unsigned long long>(report.events),
            static_cast<unsigned long long>(report.crashes),
            static_cast<unsigned long long>(report.resyncs),
            static_cast<long long>(report.worst_lateness.count()),
            static_cast<unsigned long long>(report.digest));
    }
    for (const auto& complaint : report.complaints) std::printf("  %s\n", complaint.c_str());
    if (!report.complaints.empty()) {
        std::printf("again with: sim --seed %llu --rounds %llu\n",
                    static_cast<unsigned long long>(seed), static_cast<unsigned long long>(rounds));
        return 1;
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Runs Signalbox in a virtual world and looks for anything that may not happen");
    uint64_t seed = 0;
    uint64_t seeds = 0;
    uint64_t from = 1;
    uint64_t rounds = 2000;
    app.add_option("--seed", seed, "Run this seed only, twice");
    app.add_option("--seeds", seeds, "Run so many seeds");
    app.add_option("--from", from, "The first of them [1]");
    app.add_option("--rounds", rounds, "How long a run is [2000]");
    CLI11_PARSE(app, argc, argv);
    // Misfortune is planned here; what the server says of it would only be noise.
    signalbox::log::configure(signalbox::log::Level::off, signalbox::log::Format::logfmt);
    if (seed != 0) {
        const auto first = signalbox::Scenario(seed, rounds).run();
        const auto second = signalbox::Scenario(seed, rounds).run();
        if (first.digest != second.digest) {
            std::printf("seed %llu is not deterministic\n", static_cast<unsigned long long>(seed));
            return 1;
        }
        return run_one(seed, rounds, true);
    }
    for (uint64_t i = 0; i < seeds; ++i) {
        if (run_one(from + i, rounds, false) != 0) return 1;
    }
    std::printf("%llu seeds of %llu rounds: all is well\n", static_cast<unsigned long long>(seeds),
                static_cast<unsigned long long>(rounds));
    return 0;
}
