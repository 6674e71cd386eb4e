#pragma once

#include <map>
#include <memory>
#include <optional>

#include "base/limits.h"
#include "core/line.h"
#include "core/step.h"

namespace signalbox {

// The lines of a partition, by key. A line exists while tickets stand in it or an operator's
// settings differ from the defaults; the settings are durable. Core thread.
class Lines {
public:
    explicit Lines(const TicketLimits& limits) : limits_(limits) {}

    Result<void> load_settings(const RowReader& rows);

    // Null when nothing is known of it.
    [[nodiscard]] Line* find(TenantId tenant, const Resource& resource) const;
    Line& open(TenantId tenant, const Resource& resource);
    void drop_if_needless(Line& line);
    // Its settings have changed: writes them down.
    static void save_settings(const Line& line, Step& step);

    // Changes what the command names. `overloaded` when too many lines have settings.
    Result<Line*> set(TenantId tenant, const SetLine& command, Step& step);
    [[nodiscard]] LineList list(TenantId tenant, const ListLines& command) const;
    // The lines of one server in the order of their keys: the first one, or the next behind
    // `after`. Null when there is none.
    [[nodiscard]] Line* next_of_server(TenantId tenant, ServerId server,
                                       const std::optional<Resource>& after) const;

    // Calls visit(Line&) for each line, in the order of their keys; none may be dropped meanwhile.
    template <class Visit>
    void visit(const Visit& visit) {
        for (const auto& [key, line] : lines_) visit(*line);
    }

    [[nodiscard]] size_t count() const { return lines_.size(); }
    void check() const;

private:
    struct KeyRef {
        TenantId tenant;
        const Resource& resource;
    };
    // Lines sort by tenant, then by resource; looked up without a copy of the names.
    struct Before {
        using is_transparent = void;
        bool operator()(const LineKeyPtr& a, const LineKeyPtr& b) const { return *a < *b; }
        bool operator()(const LineKeyPtr& a, const KeyRef& b) const {
            if (a->tenant != b.tenant) return a->tenant < b.tenant;
            return a->resource < b.resource;
        }
        bool operator()(const KeyRef& a, const LineKeyPtr& b) const {
            if (a.tenant != b->tenant) return a.tenant < b->tenant;
            return a.resource < b->resource;
        }
    };

    const TicketLimits& limits_;
    std::map<LineKeyPtr, std::unique_ptr<Line>, Before> lines_;
    size_t with_settings_ = 0;
};

// The view of a line that nothing is known of.
LineView default_line_view(TenantId tenant, const Resource& resource);

}  // namespace signalbox
