#pragma once

#include <any>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <typeindex>
#include <vector>

#include "base/limits.h"
#include "base/random.h"
#include "codec/http1.h"
#include "codec/websocket_handshake.h"
#include "core/command.h"
#include "core/step.h"
#include "dialect/auth/authenticator.h"
#include "dialect/http_probe.h"
#include "runtime/node.h"

namespace signalbox {

class Router;

// What one io thread has between its connections and the core: the requests it has sent and
// not got back, its caches, and its turn to run later. Its io thread only, but for the members
// that say otherwise.
class Frontend {
public:
    using Continuation = std::function<void(Reply)>;
    using EventSink = std::function<void(std::shared_ptr<const Event>)>;
    using Work = std::function<void()>;

    struct Setup {
        uint8_t index = 0;  // of the io thread; no two are the same
        uint64_t seed = 0;
        HttpLimits limits;
        // An event stream that was silent for so long says how far the feed has come.
        Duration quiet_max = std::chrono::seconds(15);
        std::function<void(Work)> run_later;  // on this thread, after what is ready now
        // Pages of these may connect and change something, beside those of the server's own host.
        std::vector<std::string> origins;
        // A request must name one of these hosts, or loopback; empty: it may name any.
        std::vector<std::string> hosts;
        // Finds out who asks. When there is none, what requests say of that is believed.
        std::unique_ptr<Authenticator> authenticator;
        // So many bytes that nobody can guess.
        std::function<std::string(size_t)> secret;
    };
    Frontend(Setup setup, const Node& node, const Router& router, HttpProbe& probe);
    ~Frontend();

    [[nodiscard]] const Node& node() const { return node_; }
    [[nodiscard]] const Router& router() const { return router_; }
    [[nodiscard]] const HttpLimits& limits() const { return setup_.limits; }
    [[nodiscard]] Duration quiet_max() const { return setup_.quiet_max; }
    [[nodiscard]] const std::vector<std::string>& origins() const { return setup_.origins; }
    [[nodiscard]] const std::vector<std::string>& hosts() const { return setup_.hosts; }
    [[nodiscard]] HttpProbe& probe() const { return probe_; }
    [[nodiscard]] Random& random() { return random_; }
    [[nodiscard]] Authenticator& authenticator() const { return *setup_.authenticator; }
    [[nodiscard]] std::string secret(size_t bytes) const { return setup_.secret(bytes); }
    // Within a turn of the host, when it began, or when it got its last answers: a look at the
    // clock costs, and a request asks for the time again and again.
    [[nodiscard]] Now now() const { return turn_ ? *turn_ : node_.clock().now(); }
    void begin_turn() { turn_ = node_.clock().now(); }
    void end_turn() { turn_.reset(); }
    // Any thread may ask.
    void run_later(Work work) const { setup_.run_later(std::move(work)); }

    // Sends a command to its partition; `then` gets the answer. Nothing is returned when that
    // has happened already, because the inbox is full.
    std::optional<RequestId> submit(Command command, Continuation then);
    // Whether the core may hold on to a command without an answer.
    static bool may_park(const CommandBody& body);
    // Whether its answer may hold many messages or rows.
    static bool may_be_lengthy(const CommandBody& body);
    // Events for a command that subscribed go here, in order; those of the batch that subscribed
    // it come before its answer.
    void on_events(RequestId request, EventSink sink);
    // The answer is not wanted any more, or the subscription is over; tells the core when the
    // request may be parked there.
    void forget(RequestId request);
    // The same for a parked request of that tenant whose answer, if the core has already given one,
    // still goes to its continuation, because somebody must undo what it did.
    void take_back(RequestId request, const std::string& tenant);

    // What a batch made true, for requests of this front end. The order is kept.
    void deliver(std::vector<Completion> completions, std::vector<FeedDelivery> deliveries);
    // Which front end a request belongs to; for those who hand out a batch. Any thread.
    static uint8_t index_of(RequestId request) { return static_cast<uint8_t>(request.value >> 56); }

    // Of the Date field, for the present second.
    [[nodiscard]] const std::string& http_date();

    // Something of a dialect's of which each io thread has one; made when it is first asked for.
    template <class T>
    T& kept() {
        auto& place = kept_[std::type_index(typeid(T))];
        if (!place.has_value()) place = std::make_any<T>();
        return *std::any_cast<T>(&place);
    }

    // Parsers are large and few are in use at once: connections borrow them.
    std::unique_ptr<HttpParser> borrow_parser();
    void give_back(std::unique_ptr<HttpParser> parser);

    // Once a second or so, by the host.
    void tick();
    // Called at each tick, in the order of their addition, until they return false.
    void every_tick(std::function<bool()> call) { ticking_.push_back(std::move(call)); }

private:
    struct Slot {
        uint32_t generation = 0;
        bool is_used = false;
        Partition* partition = nullptr;
        Continuation then;
        std::shared_ptr<EventSink> sink;
    };

    Slot* slot_of(RequestId request);
    RequestId take_slot(Partition& partition, Continuation then);
    void free_slot(RequestId request);

    const Setup setup_;
    const Node& node_;
    const Router& router_;
    HttpProbe& probe_;
    Random random_;
    std::vector<Slot> slots_;
    std::vector<uint32_t> free_slots_;
    std::vector<std::unique_ptr<HttpParser>> parsers_;
    std::vector<std::function<bool()>> ticking_;
    std::map<std::type_index, std::any> kept_;
    std::string date_;
    int64_t date_second_ = -1;
    std::optional<Now> turn_;
};

}  // namespace signalbox
