#include "dialect/zaqar/list_queues.h"

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>
#include <re2/re2.h>

#include "codec/json_writer.h"
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

    [[nodiscard]] bool needs_metadata() const { return !metadata.empty(); }
    [[nodiscard]] bool match_name(const std::string& text) const {
        return !name || RE2::PartialMatch(text, *name);
    }
    [[nodiscard]] bool match(const MetadataDocument& document) const {
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
        const Node& node = exchange_->frontend().node();
        snapshot_ = node.partition_of(project).snapshot();
        const auto tenant = find_tenant(*snapshot_, project);
        if (!tenant) return answer(fault_of(tenant.error()));
        prefix_ = queue_row_prefix(*tenant, request_.kind);
        std::string lower = prefix_ + request_.marker;
        if (!request_.marker.empty()) lower.push_back('\0');
        scan_ = snapshot_->scan(lower, prefix_end(prefix_));
        go_on();
    }

private:
    void go_on() {
        if (exchange_->is_gone()) return;
        const auto complete = is_counting_ ? count_slice() : read_slice();
        if (!complete) return answer(fault_of(complete.error()));
        if (*complete && !is_counting_ && request_.with_count) {
            // All that there are, whatever the filters say.
            is_counting_ = true;
            scan_ = snapshot_->scan(prefix_, prefix_end(prefix_));
        } else if (*complete) {
            return respond();
        }
        exchange_->frontend().run_later([self = shared_from_this()] { self->go_on(); });
    }

    Result<bool> read_slice() {
        for (size_t rows = 0; rows < rows_per_slice; ++rows, scan_->next()) {
            if (shown_ == request_.limit) return true;
            if (!scan_->valid()) return at_end();
            TRY(look_at_row());
        }
        return false;
    }

    Result<bool> count_slice() {
        for (size_t rows = 0; rows < rows_per_slice; ++rows, scan_->next(), ++count_) {
            if (!scan_->valid()) return at_end();
        }
        return false;
    }

    Result<bool> at_end() {
        TRY(scan_->status());
        return true;
    }

    Result<void> look_at_row() {
        std::string name(scan_->key().substr(prefix_.size()));
        if (!request_.filters.match_name(name)) return {};
        MetadataDocument document;
        if (request_.detailed || request_.filters.needs_metadata()) {
            auto row = decode_queue(scan_->value());
            if (!row) return fail(ErrorCode::internal, "a row of a queue is damaged");
            QueueView view;
            view.queue = {request_.kind, name};
            view.settings = std::move(row->settings);
            view.metadata = std::move(row->metadata);
            document = MetadataDocument::of(view);
            if (!request_.filters.match(document)) return {};
        }
        if (shown_++ > 0) queues_ += ',';
        queues_ += R"({"name":)";
        append_json_string(queues_, name);
        queues_ += R"(,"href":)";
        append_json_string(queues_, request_.path + "/" + name);
        if (request_.detailed) {
            queues_ += R"(,"metadata":)";
            queues_ +=
                shown_metadata(std::move(document), request_.kind, options_->limits, message_ttl_);
        }
        queues_ += '}';
        last_name_ = std::move(name);
        return {};
    }

    void respond() {
        std::string body = request_.kind == QueueKind::topic ? R"({"topics":[)" : R"({"queues":[)";
        body += queues_;
        body += "],";
        if (shown_ > 0) {
            request_.next.add("marker", last_name_);
            body += request_.next.links();
        } else {
            body += no_links;
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
    std::string prefix_;
    std::unique_ptr<RowScan> scan_;  // of the snapshot
    bool is_counting_ = false;
    std::string queues_;
    size_t shown_ = 0;
    size_t count_ = 0;
    std::string last_name_;
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
    return node.partitions().front()->limits().queue.ttl_default;
}

Checked<void> list_queues(const ZaqarCall& call) {
    return list(call, QueueKind::queue);
}

Checked<void> list_topics(const ZaqarCall& call) {
    return list(call, QueueKind::topic);
}

}  // namespace signalbox::zaqar
