#include "dialect/zaqar/list_queues.h"

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>
#include <re2/re2.h>

#include "codec/json_writer.h"
#include "core/queue_listing.h"
#include "core/queue_rows.h"
#include "core/tenants.h"
#include "dialect/zaqar/queue_metadata.h"
#include "dialect/zaqar/zaqar_checks.h"
#include "storage/keys.h"

namespace signalbox::zaqar {
namespace {

constexpr size_t rows_per_slice = 500;
// An expression takes time linear in what it looks at, and this much memory at most.
constexpr int64_t expression_bytes_max = 1 << 20;
constexpr std::array<std::string_view, 5> own_parameters{"marker", "limit", "detailed",
                                                         "with_count", "name"};

struct Filters {
    std::unique_ptr<RE2> name;  // null: any
    QueryParameters metadata;

    [[nodiscard]] bool is_empty() const { return !name && metadata.empty(); }
    [[nodiscard]] bool match(const QueueView& view) const {
        if (name && !RE2::PartialMatch(view.queue.name, *name)) return false;
        if (metadata.empty()) return true;
        const auto document = MetadataDocument::of(view);
        return std::all_of(metadata.begin(), metadata.end(), [&](const auto& filter) {
            return matches_filter(document, filter.first, filter.second);
        });
    }
};

Checked<Filters> read_filters(const ZaqarCall& call) {
    Filters filters;
    const auto& limits = call.limits();
    if (const auto* name = call.text("name")) {
        if (name->size() > limits.filter_bytes_max) {
            return refuse(invalid_parameter(
                "name", fmt::format("It has more than {} bytes.", limits.filter_bytes_max)));
        }
        RE2::Options options;
        options.set_log_errors(false);
        options.set_max_mem(expression_bytes_max);
        filters.name = std::make_unique<RE2>(*name, options);
        if (!filters.name->ok()) {
            return refuse(invalid_parameter(
                "name", fmt::format("It is no regular expression: {}.", filters.name->error())));
        }
    }
    for (const auto& [name, value] : call.query()) {
        const bool is_own =
            std::find(own_parameters.begin(), own_parameters.end(), name) != own_parameters.end();
        if (!is_own && !value.empty()) filters.metadata.emplace_back(name, value);
    }
    if (filters.metadata.size() > limits.filters_max) {
        return refuse(invalid_request(
            fmt::format("There must be no more than {} filters.", limits.filters_max)));
    }
    return filters;
}

struct Request {
    QueueKind kind = QueueKind::queue;
    std::string path;  // of the list
    std::string marker;
    size_t limit = 0;
    bool detailed = false;
    bool with_count = false;
    bool shows_defaults = false;  // of metadata
    Filters filters;
    NextLink next{""};
};

// A list on its way.
class Listing : public std::enable_shared_from_this<Listing> {
public:
    Listing(const ZaqarCall& call, Request request)
        : exchange_(call.exchange()),
          options_(call.shared_options()),
          request_(std::move(request)),
          message_ttl_(default_message_ttl(exchange_->frontend().node())) {}

    void begin(const std::string& project) {
        snapshot_ = exchange_->frontend().node().partition_of(project).snapshot();
        const auto tenant = find_tenant(*snapshot_, project);
        if (!tenant) return answer(fault_of(tenant.error()));
        tenant_ = *tenant;
        exchange_->expect_lengthy();
        QueueListing::Request read;
        read.tenant = tenant_;
        read.kind = request_.kind;
        if (!request_.marker.empty()) read.after = request_.marker;
        read.limit = request_.limit;
        if (!request_.filters.is_empty()) {
            read.matches = [this](const QueueView& view) { return request_.filters.match(view); };
        }
        listing_.emplace(snapshot_, std::move(read));
        go_on();
    }

private:
    void go_on() {
        if (exchange_->is_gone()) return;
        const auto complete = others_ ? count_slice() : listing_->read(rows_per_slice);
        if (!complete) return answer(fault_of(complete.error()));
        if (*complete && !others_ && request_.with_count) {
            begin_count();
        } else if (*complete) {
            return respond();
        }
        exchange_->frontend().run_later([self = shared_from_this()] { self->go_on(); });
    }

    // Of all that there are, whatever the filters say. How many queues and topics there are
    // together is known, and topics, or queues, are those that are few.
    void begin_count() {
        const auto other = request_.kind == QueueKind::queue ? QueueKind::topic : QueueKind::queue;
        const auto prefix = queue_row_prefix(tenant_, other);
        others_ = snapshot_->scan(prefix, prefix_end(prefix));
    }

    Result<bool> count_slice() {
        for (size_t rows = 0; rows < rows_per_slice; ++rows, others_->next(), ++other_count_) {
            if (others_->valid()) continue;
            TRY(others_->status());
            TRY_AS(const uint64_t all, count_queues(*snapshot_, tenant_));
            count_ = all - std::min(all, other_count_);
            return true;
        }
        return false;
    }

    void append_queue(std::string& out, const QueueView& view) const {
        out += R"({"name":)";
        append_json_string(out, view.queue.name);
        out += R"(,"href":)";
        append_json_string(out, request_.path + "/" + view.queue.name);
        if (request_.detailed) {
            out += R"(,"metadata":)";
            auto document = MetadataDocument::of(view);
            out += request_.shows_defaults ? shown_metadata(std::move(document), request_.kind,
                                                            options_->limits, message_ttl_)
                                           : document.text();
        }
        out += '}';
    }

    void respond() {
        std::string body = request_.kind == QueueKind::topic ? R"({"topics":[)" : R"({"queues":[)";
        const auto& queues = listing_->queues();
        for (const auto& view : queues) {
            if (&view != &queues.front()) body += ',';
            append_queue(body, view);
        }
        body += "],";
        if (queues.empty()) {
            body += no_links;
        } else {
            request_.next.add("marker", queues.back().queue.name);
            body += request_.next.links();
        }
        if (count_ > 0) body += fmt::format(R"(,"count":{})", count_);
        body += '}';
        exchange_->respond(json_response(200, std::move(body)));
    }

    void answer(const Fault& fault) const { exchange_->respond(render(fault)); }

    const ExchangePtr exchange_;
    const std::shared_ptr<const Options> options_;
    Request request_;
    const Duration message_ttl_;
    std::shared_ptr<const StoreSnapshot> snapshot_;
    TenantId tenant_;
    std::optional<QueueListing> listing_;
    std::unique_ptr<RowScan> others_;  // of the snapshot, while they are counted
    uint64_t other_count_ = 0;
    uint64_t count_ = 0;
};

Checked<void> list(const ZaqarCall& call, QueueKind kind) {
    Request request;
    request.kind = kind;
    request.path = fmt::format("/{}/{}", version_text(call.version()),
                               kind == QueueKind::topic ? "topics" : "queues");
    request.next = NextLink(request.path);
    const auto limit = call.integer("limit");
    if (!limit) return refuse(limit.error());
    const auto page = check_queue_limit(*limit, call.limits());
    if (!page) return refuse(page.error());
    request.limit = *page;
    const auto detailed = call.flag("detailed");
    if (!detailed) return refuse(detailed.error());
    request.detailed = detailed->value_or(false);
    if (const auto* marker = call.text("marker")) request.marker = *marker;
    request.next.add_number("limit", *limit);
    request.next.add_flag("detailed", *detailed);
    if (call.version() == Version::v2) {
        request.shows_defaults = true;
        const auto with_count = call.flag("with_count");
        if (!with_count) return refuse(with_count.error());
        request.with_count = with_count->value_or(false);
        request.next.add_flag("with_count", *with_count);
        auto filters = read_filters(call);
        if (!filters) return refuse(std::move(filters.error()));
        if (const auto* name = call.text("name")) request.next.add("name", *name);
        for (const auto& [name, value] : filters->metadata) request.next.add(name, value);
        request.filters = std::move(*filters);
    }
    std::make_shared<Listing>(call, std::move(request))->begin(call.project());
    return {};
}

}  // namespace

Duration default_message_ttl(const Node& node) {
    const auto& limits = node.partitions().front()->limits().queue;
    return std::min(limits.ttl_default, limits.ttl_max);
}

Checked<void> list_queues(const ZaqarCall& call) {
    return list(call, QueueKind::queue);
}

Checked<void> list_topics(const ZaqarCall& call) {
    return list(call, QueueKind::topic);
}

}  // namespace signalbox::zaqar
