#include "dialect/frontend.h"

#include <algorithm>

#include <date/date.h>
#include <fmt/format.h>

#include "base/assert.h"

namespace signalbox {
namespace {

constexpr size_t spare_parsers_max = 64;

constexpr uint64_t generation_mask = 0xffffff;

RequestId make_request_id(uint8_t index, uint32_t generation, uint32_t slot) {
    return RequestId((static_cast<uint64_t>(index) << 56) | ((generation & generation_mask) << 32) |
                     slot);
}

Frontend::Setup completed(Frontend::Setup setup) {
    if (!setup.authenticator) setup.authenticator = std::make_unique<OpenAuthenticator>();
    return setup;
}

// "Sun, 06 Nov 1994 08:49:37 GMT", whatever the locale.
std::string format_http_date(Instant instant) {
    static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = date::floor<date::days>(instant);
    const date::year_month_day ymd(day);
    const date::weekday weekday(day);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(instant - day).count();
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days[weekday.c_encoding()],
                       static_cast<unsigned>(ymd.day()),
                       months[static_cast<unsigned>(ymd.month()) - 1], static_cast<int>(ymd.year()),
                       seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace

Frontend::Frontend(Setup setup, const Node& node, const Router& router, HttpProbe& probe)
    : setup_(completed(std::move(setup))),
      node_(node),
      router_(router),
      probe_(probe),
      random_(setup_.seed) {}

Frontend::~Frontend() = default;

namespace {

bool waits_for_operation(const CommandBody& body) {
    const auto* wait = std::get_if<WaitOperation>(&body);
    return wait != nullptr && wait->timeout > Duration::zero();
}

bool waits_for_messages(const CommandBody& body) {
    const auto* claim = std::get_if<ClaimMessages>(&body);
    return claim != nullptr && claim->wait > Duration::zero();
}

}  // namespace

bool Frontend::may_park(const CommandBody& body) {
    return std::holds_alternative<WaitTicket>(body) || std::holds_alternative<HoldSession>(body) ||
           std::holds_alternative<SubscribeFeed>(body) ||
           std::holds_alternative<FollowMessages>(body) ||
           std::holds_alternative<WaitForChange>(body) || waits_for_messages(body) ||
           waits_for_operation(body);
}

namespace {

template <class... Bodies>
bool is_one_of(const CommandBody& body) {
    return (std::holds_alternative<Bodies>(body) || ...);
}

}  // namespace

bool Frontend::may_be_lengthy(const CommandBody& body) {
    return is_one_of<ListMessages, GetMessages, PopMessages, ClaimMessages, GetClaim,
                     ListLineTickets, ListLines, ListSessions, GetTicketHistory, ListDeadlocks,
                     ListQueueCursors, ListPools, ListFlavors>(body);
}

std::optional<RequestId> Frontend::submit(Command command, Continuation then) {
    Partition& partition = node_.partition_of(command.tenant);
    const bool parks = may_park(command.body);
    const RequestId request = take_slot(partition, std::move(then));
    // A request that cannot be parked needs no cancellation when its client goes.
    if (!parks) slots_[static_cast<uint32_t>(request.value)].partition = nullptr;
    command.request = request;
    if (!partition.submit(std::move(command))) {
        const Error too_much{ErrorCode::unavailable, "the server has too much to do", {}};
        // It was not taken, and is as it was. NOLINTNEXTLINE(bugprone-use-after-move)
        auto refused = refusal(command.body, too_much);
        ASSERT(refused);
        auto continuation = std::move(slots_[static_cast<uint32_t>(request.value)].then);
        free_slot(request);
        continuation(std::move(*refused));
        return std::nullopt;
    }
    return request;
}

void Frontend::on_events(RequestId request, EventSink sink) {
    if (Slot* slot = slot_of(request)) slot->sink = std::make_shared<EventSink>(std::move(sink));
}

void Frontend::forget(RequestId request) {
    Slot* slot = slot_of(request);
    if (slot == nullptr) return;
    if (slot->partition != nullptr) {
        slot->partition->submit(Command{request, {}, {}, CancelRequest{request}});
    }
    free_slot(request);
}

// The core takes commands in their order and never answers one that was taken back. So the answer
// to a question behind that says that there will be none any more.
void Frontend::take_back(RequestId request, const std::string& tenant) {
    const Slot* slot = slot_of(request);
    if (slot == nullptr || slot->partition == nullptr) return;
    Partition& partition = *slot->partition;
    partition.submit(Command{request, {}, {}, CancelRequest{request}});
    Command marker;
    marker.tenant = tenant;
    marker.body = ReadFeedHead{};
    submit(std::move(marker), [this, request](const Reply& /*head*/) {
        if (slot_of(request) != nullptr) free_slot(request);
    });
}

void Frontend::deliver(std::vector<Completion> completions, std::vector<FeedDelivery> deliveries) {
    if (turn_) begin_turn();  // the disk may have taken its time
    // Events first: an answer may tell how far the feed has come (ReadFeedHead), and whoever is
    // told must have been given every event up to there. A stream that is given an event before
    // the answer that makes it one keeps it until then.
    for (auto& delivery : deliveries) {
        Slot* slot = slot_of(delivery.subscriber);
        if (slot == nullptr || !slot->sink) continue;
        const auto sink = slot->sink;  // it may forget itself
        (*sink)(std::move(delivery.event));
    }
    for (auto& completion : completions) {
        Slot* slot = slot_of(completion.request);
        if (slot == nullptr || !slot->then) continue;
        auto then = std::move(slot->then);
        slot->then = nullptr;
        // A subscription goes on behind its answer; everything else is over with it.
        if (!slot->sink) free_slot(completion.request);
        then(std::move(completion.reply));
    }
}

Frontend::Slot* Frontend::slot_of(RequestId request) {
    const auto index = static_cast<uint32_t>(request.value);
    if (index_of(request) != setup_.index || index >= slots_.size()) return nullptr;
    Slot& slot = slots_[index];
    const uint64_t generation = (request.value >> 32) & generation_mask;
    if (!slot.is_used || (slot.generation & generation_mask) != generation) return nullptr;
    return &slot;
}

RequestId Frontend::take_slot(Partition& partition, Continuation then) {
    if (free_slots_.empty()) {
        free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
        slots_.emplace_back();
    }
    const uint32_t index = free_slots_.back();
    free_slots_.pop_back();
    Slot& slot = slots_[index];
    slot.is_used = true;
    slot.partition = &partition;
    slot.then = std::move(then);
    return make_request_id(setup_.index, slot.generation, index);
}

void Frontend::free_slot(RequestId request) {
    const auto index = static_cast<uint32_t>(request.value);
    Slot& slot = slots_[index];
    slot.is_used = false;
    ++slot.generation;
    slot.partition = nullptr;
    slot.then = nullptr;
    slot.sink.reset();
    free_slots_.push_back(index);
}

const std::string& Frontend::http_date() {
    const Instant wall = now().wall;
    const int64_t second = wall.time_since_epoch().count() / 1000;
    if (second != date_second_) {
        date_second_ = second;
        date_ = format_http_date(wall);
    }
    return date_;
}

std::unique_ptr<HttpParser> Frontend::borrow_parser() {
    if (parsers_.empty()) return std::make_unique<HttpParser>(setup_.limits);
    auto parser = std::move(parsers_.back());
    parsers_.pop_back();
    return parser;
}

void Frontend::give_back(std::unique_ptr<HttpParser> parser) {
    parser->reset();
    if (parsers_.size() < spare_parsers_max) parsers_.push_back(std::move(parser));
}

void Frontend::tick() {
    // A call may add another one.
    std::vector<std::function<bool()>> calls;
    calls.swap(ticking_);
    std::erase_if(calls, [](const auto& call) { return !call(); });
    calls.insert(calls.end(), std::make_move_iterator(ticking_.begin()),
                 std::make_move_iterator(ticking_.end()));
    ticking_.swap(calls);
}

}  // namespace signalbox
