#include <fmt/format.h>

#include "codec/url.h"
#include "core/queue_listing.h"
#include "core/tenants.h"
#include "dialect/native/native_routes.h"
#include "dialect/native/queue_call.h"

// GET /api/v1/queues

namespace signalbox::native {
namespace {

constexpr int64_t page_limit_max = 1000;
constexpr int64_t page_limit_default = 100;
// Each costs the core a question.
constexpr int64_t page_with_stats_max = 100;
constexpr size_t rows_per_slice = 2000;

// One page, on its way: rows are read in slices between which others get their turn, then the
// core is asked for the figures of each queue, if they are wanted.
class Page : public std::enable_shared_from_this<Page> {
public:
    Page(const Call& call, std::string link, bool with_stats)
        : exchange_(call.exchange),
          tenant_(tenant_of(call)),
          link_(std::move(link)),
          with_stats_(with_stats) {}

    Result<void> start(QueueListing::Request request) {
        exchange_->expect_lengthy();
        auto snapshot = exchange_->frontend().node().partition_of(tenant_).snapshot();
        TRY_AS(request.tenant, find_tenant(*snapshot, tenant_));
        listing_.emplace(std::move(snapshot), std::move(request));
        go_on();
        return {};
    }

private:
    void go_on() {
        if (exchange_->is_gone()) return;
        const auto complete = listing_->read(rows_per_slice);
        if (!complete) return exchange_->respond(problem(complete.error()));
        if (*complete) return with_stats_ ? ask_stats() : respond();
        exchange_->frontend().run_later([self = shared_from_this()] { self->go_on(); });
    }

    void ask_stats() {
        const auto& queues = listing_->queues();
        stats_.resize(queues.size());
        missing_ = queues.size() + 1;
        for (size_t i = 0; i < queues.size(); ++i) {
            Command command;
            command.tenant = tenant_;
            command.caller = exchange_->caller();
            command.body = GetQueueStats{queues[i].queue};
            exchange_->frontend().submit(
                std::move(command), [self = shared_from_this(), i](Reply reply) {
                    self->stats_[i] = std::get<Result<QueueStats>>(std::move(reply));
                    self->count_answer();
                });
        }
        count_answer();
    }

    void count_answer() {
        if (--missing_ > 0) return;
        for (const auto& stats : stats_) {
            const bool is_gone = !*stats && stats->error().code == ErrorCode::not_found;
            if (!*stats && !is_gone) return exchange_->respond(problem(stats->error()));
        }
        respond();
    }

    void respond() {
        const auto& queues = listing_->queues();
        std::string body;
        JsonWriter json(body);
        json.begin_object();
        json.key("queues");
        json.begin_array();
        for (size_t i = 0; i < queues.size(); ++i) {
            if (!with_stats_) {
                write_queue(json, queues[i]);
                continue;
            }
            // It was deleted meanwhile.
            if (!*stats_[i]) continue;
            std::string queue;
            JsonWriter members(queue);
            write_queue(members, queues[i]);
            queue.pop_back();
            queue += R"(,"stats":)";
            JsonWriter stats(queue);
            stats.begin_object();
            write_stats_members(stats, **stats_[i]);
            stats.end_object();
            json.raw(queue + "}");
        }
        json.end_array();
        if (listing_->has_more() && !queues.empty()) {
            json.member("next", link_ + percent_encode(queues.back().queue.name));
        }
        json.end_object();
        exchange_->respond(json_response(200, std::move(body)));
    }

    const ExchangePtr exchange_;
    const std::string tenant_;
    const std::string link_;
    const bool with_stats_;
    std::optional<QueueListing> listing_;
    std::vector<std::optional<Result<QueueStats>>> stats_;
    size_t missing_ = 0;  // answers
};

Result<void> list(const Call& call) {
    QueueListing::Request request;
    TRY_AS(auto query, Parameters::of(call.request.query));
    request.prefix = query.text("prefix").value_or("");
    request.after = query.text("after");
    TRY_AS(const bool with_stats, flag_parameter(query, "stats", false));
    TRY_AS(const auto limit,
           query.integer("limit", 1, with_stats ? page_with_stats_max : page_limit_max));
    TRY(query.only_known());
    request.limit = static_cast<size_t>(limit.value_or(page_limit_default));
    std::string link = fmt::format("/api/v1/queues?limit={}", request.limit);
    if (with_stats) link += "&stats=true";
    if (!request.prefix.empty()) link += "&prefix=" + percent_encode(request.prefix);
    return std::make_shared<Page>(call, link + "&after=", with_stats)->start(std::move(request));
}

}  // namespace

void add_queue_list_routes(Router& router) {
    router.add(Dialect::native, HttpMethod::get, "/api/v1/queues", handler(list));
}

}  // namespace signalbox::native
