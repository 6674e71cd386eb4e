#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "core/collection_events.h"
#include "core/collection_rows.h"
#include "core/cursor.h"
#include "core/feed.h"
#include "core/operation_rows.h"
#include "core/tenants.h"
#include "sim/engine_driver.h"

// What collections and operations promise, as plainly as possible, against random scripts: an
// operation only ever goes forward, ends exactly once and never behind its deadline; and whoever
// takes the items as they are at some moment and applies the changes behind it has what is there.

namespace signalbox {
namespace {

using std::chrono::seconds;

const std::vector<std::string> types{"plain", "one", "two"};
const std::vector<Uuid> users{*Uuid::parse("11111111-1111-4111-8111-111111111111"),
                              *Uuid::parse("22222222-2222-4222-8222-222222222222")};

ItemType type_named(const std::string& name) {
    ItemType type;
    type.name = name;
    type.owner_field = "owner";
    type.progress = EventRule{name + "_progress", EventReach::requester, {}};
    type.deadline = seconds(10);
    type.retention = seconds(60);
    if (name != "plain") type.appliers.push_back({"a", {}});
    if (name == "two") type.appliers.push_back({"b", {}});
    return type;
}

template <class Map>
auto some_key(const Map& map) {
    return std::next(map.begin(), *rc::gen::inRange<std::ptrdiff_t>(0, std::ssize(map)))->first;
}

// One who follows a collection: the items as of a moment, and every change behind it.
struct Replica {
    std::string type;
    std::optional<Uuid> owner;
    std::map<std::string, std::string> items;  // documents by id
    FeedPosition reached;

    [[nodiscard]] Topic topic() const {
        return owner ? owned_topic(type, *owner) : collection_topic(type);
    }
};

class Script {
public:
    Script() {
        for (const auto& type : types) driver_.must(DeclareType{type_named(type)});
    }

    void step() {
        const auto what = *rc::gen::inRange(0, 100);
        if (what < 35) {
            write();
        } else if (what < 45) {
            remove();
        } else if (what < 70) {
            report();
        } else if (what < 76) {
            cancel();
        } else if (what < 84) {
            driver_.advance(seconds(*rc::gen::inRange(1, 8)));
        } else if (what < 87) {
            driver_.advance(seconds(*rc::gen::inRange(20, 100)));
        } else if (what < 92) {
            driver_.restart();
        } else if (what < 97) {
            begin_replica();
        } else {
            for (auto& replica : replicas_) catch_up(replica);
        }
        look();
    }

    // Everything that was begun ends.
    void finish() {
        driver_.advance(seconds(11));
        look();
        RC_ASSERT(driver_.engine().statistics().operations.live == 0u);
        for (const auto& [id, known] : operations_) RC_ASSERT(has_ended(known.state));
        for (auto& replica : replicas_) {
            catch_up(replica);
            RC_ASSERT(replica.items == items_of(replica.type, replica.owner));
        }
        driver_.advance(seconds(100));
        look();
        for (const auto& [id, known] : operations_) {
            RC_ASSERT(known.is_forgotten);
            RC_ASSERT(!*find_operation(driver_.store(), tenant(), id));
        }
    }

private:
    struct Known {
        OperationState state = OperationState::pending;
        uint64_t sequence = 0;
        Instant deadline;
        size_t ends = 0;
        bool is_forgotten = false;
    };

    [[nodiscard]] TenantId tenant() { return *find_tenant(driver_.store(), "tenant"); }

    void write() {
        WriteItem command;
        command.type = *rc::gen::elementOf(types);
        command.document = R"({"n":)" + std::to_string(*rc::gen::inRange(0, 1000)) + "}";
        command.requester.user = *rc::gen::elementOf(users);
        command.requester.only_own = *rc::gen::arbitrary<bool>();
        if (*rc::gen::arbitrary<bool>()) {
            command.id = std::string(1, static_cast<char>(*rc::gen::inRange('a', 'f')));
        }
        if (!command.requester.only_own && *rc::gen::arbitrary<bool>()) {
            command.document.insert(1, R"("owner":")" + users[0].text() + "\",");
        }
        if (*rc::gen::inRange(0, 4) == 0) {
            command.precondition.revisions = {Revision(*rc::gen::inRange<uint64_t>(1, 100))};
        }
        const auto before = driver_.committed();
        const auto answer = driver_.ask(command);
        RC_ASSERT(answer.has_value());
        if (!*answer) return RC_ASSERT(driver_.committed() == before);
        const ItemWritten& written = **answer;
        RC_ASSERT(written.item.revision == driver_.committed());
        RC_ASSERT(written.operation.has_value() == (command.type != "plain"));
        if (written.operation) remember(*written.operation);
    }

    void remove() {
        RemoveItem command;
        command.type = *rc::gen::elementOf(types);
        const auto items = items_of(command.type, {});
        if (items.empty()) return;
        command.id = some_key(items);
        const auto removed = driver_.must(command);
        if (removed.operation) remember(*removed.operation);
    }

    void remember(const OperationRecord& record) {
        RC_ASSERT(record.state == OperationState::pending);
        RC_ASSERT(record.deadline == driver_.clock().now().wall + seconds(10));
        const bool is_new = operations_.try_emplace(record.id, Known{}).second;
        RC_ASSERT(is_new);
        operations_[record.id].deadline = record.deadline;
    }

    [[nodiscard]] std::optional<Uuid> some_operation() const {
        if (operations_.empty()) return std::nullopt;
        return some_key(operations_);
    }

    void report() {
        const auto id = some_operation();
        if (!id) return;
        ReportOperation command;
        command.id = *id;
        command.applier = *rc::gen::element<std::string>("", "a", "b");
        command.state = *rc::gen::element(OperationState::running, OperationState::succeeded,
                                          OperationState::succeeded, OperationState::failed,
                                          OperationState::cancelled, OperationState::pending);
        if (*rc::gen::arbitrary<bool>()) command.current = *rc::gen::inRange<uint64_t>(0, 5);
        if (*rc::gen::arbitrary<bool>()) {
            OperationStep part;
            part.name = *rc::gen::element<std::string>("x", "y");
            part.state = *rc::gen::element(OperationState::running, OperationState::succeeded);
            command.steps = {part};
        }
        const auto before = *find_operation(driver_.store(), tenant(), *id);
        const auto answer = driver_.ask(command);
        RC_ASSERT(answer.has_value());
        // What is refused, and what was told before, changes nothing.
        const auto after = *find_operation(driver_.store(), tenant(), *id);
        if (!*answer) RC_ASSERT(before == after);
    }

    void cancel() {
        const auto id = some_operation();
        if (id) driver_.ask(CancelOperation{*id});
    }

    [[nodiscard]] std::map<std::string, std::string> items_of(const std::string& type,
                                                              const std::optional<Uuid>& owner) {
        ItemListing listing(driver_.store().snapshot(), {tenant(), type, owner, {}});
        std::map<std::string, std::string> items;
        for (;;) {
            const auto page = listing.next(3, 2, 1000);
            RC_ASSERT(page.has_value());
            for (const auto& item : page->items) items.emplace(item.id, item.document);
            if (page->at_end) return items;
        }
    }

    void begin_replica() {
        Replica replica;
        replica.type = *rc::gen::elementOf(types);
        if (*rc::gen::arbitrary<bool>()) replica.owner = *rc::gen::elementOf(users);
        replica.items = items_of(replica.type, replica.owner);
        replica.reached = end_of(driver_.committed());
        replicas_.push_back(std::move(replica));
    }

    void catch_up(Replica& replica) {
        FeedReader reader(driver_.store().snapshot(), tenant(), {replica.topic()}, replica.reached);
        for (;;) {
            const auto page = reader.next(*rc::gen::inRange<size_t>(1, 5));
            RC_ASSERT(page.has_value());
            for (const auto& event : page->events) apply(replica, event);
            replica.reached = page->reached;
            if (page->at_end) return;
        }
    }

    static void apply(Replica& replica, const Event& event) {
        const auto document = JsonDocument::parse(event.data);
        RC_ASSERT(document.has_value());
        std::string item;
        std::string owners;
        for (const auto& [name, value] : document->root().members()) {
            if (name == "item") item = value.json();
            if (name == "owners") owners = value.json();
        }
        const bool is_gone =
            event.type == "item.deleted" ||
            (replica.owner && owners.find(replica.owner->text()) == std::string::npos);
        if (is_gone) {
            replica.items.erase(event.subject);
        } else {
            replica.items.insert_or_assign(event.subject, item);
        }
    }

    void see(const Event& event) {
        auto& known = operations_.at(*Uuid::parse(event.subject));
        RC_ASSERT(!known.is_forgotten);
        if (event.type == "operation.forgotten") {
            RC_ASSERT(known.ends == 1u);
            known.is_forgotten = true;
            return;
        }
        const auto document = JsonDocument::parse(event.data);
        for (const auto& [name, value] : document->root().members()) {
            if (name == "sequence") {
                RC_ASSERT(static_cast<uint64_t>(*value.integer()) == known.sequence + 1);
                ++known.sequence;
            }
            if (name != "state") continue;
            const auto state = *parse_operation_state(*value.text());
            RC_ASSERT(state >= known.state);
            RC_ASSERT(!has_ended(known.state));
            if (has_ended(state)) ++known.ends;
            known.state = state;
        }
        RC_ASSERT(known.ends <= 1u);
        RC_ASSERT(event.audience && event.audience->users.size() <= 1u);
    }

    // Every event of operations since the last look, and the rows.
    void look() {
        FeedReader reader(driver_.store().snapshot(), tenant(), {operations_topic()}, looked_);
        for (bool at_end = false; !at_end;) {
            const auto page = reader.next(1000);
            RC_ASSERT(page.has_value());
            for (const auto& event : page->events) see(event);
            looked_ = page->reached;
            at_end = page->at_end;
        }
        for (const auto& [id, known] : operations_) {
            const auto row = *find_operation(driver_.store(), tenant(), id);
            RC_ASSERT(known.is_forgotten == !row);
            if (!row) continue;
            RC_ASSERT(row->state == known.state && row->sequence == known.sequence);
            RC_ASSERT(has_ended(row->state) || row->deadline > driver_.clock().now().wall);
            RC_ASSERT((row->state == OperationState::succeeded) == !row->response.empty());
            RC_ASSERT((row->state > OperationState::succeeded) == !row->error.empty());
        }
        driver_.engine().check(driver_.clock().now());
    }

    EngineDriver driver_;
    std::map<Uuid, Known> operations_;
    std::vector<Replica> replicas_;
    FeedPosition looked_;
};

TEST(OperationsModel, random_scripts_keep_every_promise) {
    const bool held = rc::check([] {
        Script script;
        const auto steps = *rc::gen::inRange(1, 150);
        for (int i = 0; i < steps; ++i) script.step();
        script.finish();
    });
    EXPECT_TRUE(held);
}

}  // namespace
}  // namespace signalbox
