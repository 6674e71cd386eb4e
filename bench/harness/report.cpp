#include "bench/harness/report.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include <fmt/format.h>

#include "base/assert.h"

namespace signalbox::bench {
namespace {

using Cells = std::array<std::string, 6>;

const Cells headings{"what", "figure", "limit", "ratio", "target", "met"};

std::string verdict_text(Verdict verdict) {
    switch (verdict) {
        case Verdict::none: return "";
        case Verdict::met: return "yes";
        case Verdict::missed: return "NO";
    }
    ASSERT(false);
}

Cells cells_of(const Figure& figure) {
    return {figure.what,  figure.value,  figure.limit,
            figure.ratio, figure.target, verdict_text(figure.verdict)};
}

std::string markdown_row(const Cells& cells) {
    std::string row = "|";
    for (const auto& cell : cells) row += " " + cell + " |";
    return row + "\n";
}

}  // namespace

void Report::begin(std::string heading, std::string how) {
    std::fprintf(stderr, "%s\n", heading.c_str());
    groups_.push_back({std::move(heading), std::move(how), {}});
}

void Report::add(Figure figure) {
    ASSERT(!groups_.empty());
    std::fprintf(stderr, "  %s: %s; limit %s; ratio %s %s\n", figure.what.c_str(),
                 figure.value.c_str(), figure.limit.c_str(), figure.ratio.c_str(),
                 figure.verdict == Verdict::missed ? "MISSED" : "");
    groups_.back().figures.push_back(std::move(figure));
}

std::string Report::text() const {
    std::array<size_t, headings.size()> widths{};
    const auto widen = [&](const Cells& cells) {
        for (size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
    };
    widen(headings);
    for (const auto& group : groups_) {
        for (const auto& figure : group.figures) widen(cells_of(figure));
    }
    const auto row = [&](const Cells& cells) {
        std::string line = " ";
        for (size_t i = 0; i < cells.size(); ++i)
            line += fmt::format(" {:<{}} ", cells[i], widths[i]);
        line.erase(line.find_last_not_of(' ') + 1);
        return line + "\n";
    };
    std::string out = row(headings);
    for (const auto& group : groups_) {
        out += group.heading + "\n";
        for (const auto& figure : group.figures) out += row(cells_of(figure));
    }
    return out;
}

std::string Report::document(const Machine& machine, const std::string& cores) const {
    std::string out = fmt::format(
        "# Performance\n\n"
        "Written by `script/bench`; run it to get the same table for another machine. Every "
        "figure stands beside a limit that was measured in the same run, in turns with it, "
        "because machines differ and are shared; compare the ratios. Figures and limits are "
        "medians of the rounds; a ratio is the median of the ratios of the rounds, with the "
        "least and the largest behind it. Times are as a client on the same machine saw them.\n\n"
        "| machine | |\n|---|---|\n"
        "| date | {} |\n| processor | {} |\n"
        "| cores | {} there; server and load generator together on {} |\n"
        "| kernel | {} |\n| file system | {} |\n| load average before | {} |\n\n",
        machine.date, machine.processor, machine.cores, cores, machine.kernel, machine.filesystem,
        machine.load);
    for (const auto& group : groups_) {
        out += fmt::format("## {}\n\n{}\n\n", group.heading, group.how);
        out += markdown_row(headings) + "|---|---|---|---|---|---|\n";
        for (const auto& figure : group.figures) out += markdown_row(cells_of(figure));
        out += "\n";
    }
    out.pop_back();
    return out;
}

size_t Report::missed() const {
    size_t missed = 0;
    for (const auto& group : groups_) {
        missed += static_cast<size_t>(
            std::count_if(group.figures.begin(), group.figures.end(),
                          [](const Figure& figure) { return figure.verdict == Verdict::missed; }));
    }
    return missed;
}

}  // namespace signalbox::bench
