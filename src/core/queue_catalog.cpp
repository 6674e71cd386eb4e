#include "core/queue_catalog.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "codec/json_writer.h"
#include "core/queue_checks.h"
#include "core/queue_rows.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr Duration rounds_interval = std::chrono::milliseconds(100);
constexpr size_t queues_per_round = 16;
// Let go at the end of one batch: more than its commands can have brought into memory.
constexpr size_t forgotten_per_batch = 2048;

std::string counters_key() {
    return KeyBuilder(Table::counter).tail("queues").take();
}

Error damaged() {
    return {ErrorCode::internal, "a row of a queue is damaged", {}};
}

QueueView view_of(const Queue& queue, std::string metadata) {
    return {queue.key.queue, queue.settings, std::move(metadata), queue.created_at, queue.version};
}

QueueRow row_of(const Queue& queue, std::string metadata) {
    return {queue.number, queue.created_at, queue.version, queue.settings, std::move(metadata)};
}

Result<void> check_version(const Queue& queue, const std::optional<uint64_t>& expected) {
    if (!expected || *expected == queue.version) return {};
    return fail(ErrorCode::precondition_failed,
                fmt::format("the queue is at version {}", queue.version));
}

}  // namespace

Result<void> QueueCatalog::load(const RowReader& rows, Timers& timers, Now now) {
    TRY_AS(const auto counters, rows.get(counters_key()));
    if (counters) {
        ByteReader reader(*counters);
        last_number_ = QueueNumber(reader.u64_le());
        if (!reader.ok()) return fail(damaged());
    }
    Queue* queue = nullptr;
    const auto queue_of = [&](QueueNumber number) -> Result<Queue*> {
        if (queue != nullptr && queue->number == number) return queue;
        return load_by_number(number, rows, timers, now);
    };
    const auto claims = KeyBuilder(Table::claim).take();
    auto scan = rows.scan(claims, prefix_end(claims));
    for (; scan->valid(); scan->next()) {
        const auto place = claim_place_of_key(scan->key());
        auto claim = decode_claim(scan->value());
        if (!place || !claim) return fail(ErrorCode::internal, "a row of a claim is damaged");
        TRY_AS(queue, queue_of(place->queue));
        claim->id = place->id;
        claim->queue = queue;
        hold(*queue, *claim);
        timers.schedule(*claim, claim->expires_at);
        const ClaimId id = claim->id;
        queue->claims.emplace(id, std::move(claim));
        claim_opened();
    }
    TRY(scan->status());
    const auto delays = KeyBuilder(Table::message_delay).take();
    scan = rows.scan(delays, prefix_end(delays));
    for (; scan->valid(); scan->next()) {
        ByteReader key(scan->key());
        key.u8();
        const QueueNumber number(key.u64_be());
        const auto timed = timed_place_of_key(scan->key());
        if (!timed) return fail(ErrorCode::internal, "a row of a delayed message is damaged");
        TRY_AS(queue, queue_of(number));
        queue->lanes[timed->place.lane].unready.add(timed->place.sequence);
        queue->delayed.add(timed->place.sequence);
        ++queue->delayed_count;
        if (!scan->value().empty()) {
            queue->groups[std::string(scan->value())].parked.insert(timed->place);
            queue->parked.insert(timed->place);
        }
        if (!queue->delay_timer.is_linked()) timers.schedule(queue->delay_timer, timed->at);
    }
    TRY(scan->status());
    timers.schedule(rounds_timer_, now.steady + rounds_interval);
    return {};
}

QueueCatalog::Entry& QueueCatalog::add(QueueKey key) {
    auto entry = std::make_unique<Entry>(std::move(key));
    Entry& added = *entry;
    const bool is_new = queues_.emplace(queue_row_key(added.queue.key), std::move(entry)).second;
    ASSERT(is_new);
    by_use_.push_back(added);
    return added;
}

// Null when there is no such row.
Result<Queue*> QueueCatalog::find_row(const QueueKey& key, const std::string& row_key,
                                      Timers& timers, Now now, const RowReader& rows) {
    TRY_AS(const auto row, rows.get(row_key));
    if (!row) return nullptr;
    auto decoded = decode_queue(*row);
    if (!decoded) return fail(damaged());
    TRY_AS(const auto counters, rows.get(queue_counters_key(decoded->number)));
    Entry& entry = add(key);
    Queue& queue = entry.queue;
    // Nothing stays in memory of a queue whose next sequence is not known: it would write over its
    // rows.
    if (!counters || !decode_counters(*counters, queue)) {
        by_use_.erase(by_use_.iterator_to(entry));
        queues_.erase(row_key);
        return fail(damaged());
    }
    queue.number = decoded->number;
    queue.settings = std::move(decoded->settings);
    queue.created_at = decoded->created_at;
    queue.version = decoded->version;
    // What expired while it was away goes first; then it is known when the next one does.
    if (queue.live > 0) timers.schedule(queue.expiry_timer, now.wall);
    return &queue;
}

Result<Queue*> QueueCatalog::load_by_number(QueueNumber number, const RowReader& rows,
                                            Timers& timers, Now now) {
    TRY_AS(const auto named, rows.get(queue_number_key(number)));
    const auto key = named ? decode_queue_key(*named) : std::nullopt;
    if (!key) return fail(damaged());
    const auto row_key = queue_row_key(*key);
    if (const auto found = queues_.find(row_key); found != queues_.end()) {
        return &found->second->queue;
    }
    TRY_AS(Queue* const queue, find_row(*key, row_key, timers, now, rows));
    if (queue == nullptr) return fail(damaged());
    return queue;
}

Result<Queue*> QueueCatalog::find(TenantId tenant, const QueueName& name, Step& step) {
    const QueueKey key{tenant, name};
    const auto row_key = queue_row_key(key);
    const auto found = queues_.find(row_key);
    if (found != queues_.end()) {
        by_use_.splice(by_use_.end(), by_use_, by_use_.iterator_to(*found->second));
        Queue& queue = found->second->queue;
        return queue.exists() ? &queue : nullptr;
    }
    TRY(check_queue_name(name.name, limits_));
    return find_row(key, row_key, step.timers, step.now, step.rows);
}

Result<Queue*> QueueCatalog::require(TenantId tenant, const QueueName& name, Step& step) {
    TRY_AS(Queue* const queue, find(tenant, name, step));
    if (queue != nullptr) return queue;
    return fail(ErrorCode::not_found,
                fmt::format("{} {} does not exist",
                            name.kind == QueueKind::topic ? "topic" : "queue", name.name));
}

Result<Queue*> QueueCatalog::find_or_create(TenantId tenant, const QueueName& name, Step& step) {
    TRY_AS(Queue* const queue, find(tenant, name, step));
    if (queue != nullptr) return queue;
    return make({tenant, name}, {}, "{}", step);
}

Result<Queue*> QueueCatalog::find_or_remember(TenantId tenant, const QueueName& name, Step& step) {
    TRY_AS(Queue* const queue, find(tenant, name, step));
    if (queue != nullptr) return queue;
    QueueKey key{tenant, name};
    const auto found = queues_.find(queue_row_key(key));
    return found != queues_.end() ? &found->second->queue : &add(std::move(key)).queue;
}

Result<Queue*> QueueCatalog::make(const QueueKey& key, const QueueSettings& settings,
                                  const std::string& metadata, Step& step) {
    TRY(check_queue_name(key.queue.name, limits_));
    TRY(check_settings(settings, metadata, limits_));
    if (count() >= limits_.queues_max) return fail(ErrorCode::overloaded, "too many queues");
    TRY(usage_.check_queue(key.tenant));
    const auto row_key = queue_row_key(key);
    const auto found = queues_.find(row_key);
    Queue& queue = found != queues_.end() ? found->second->queue : add(key).queue;
    ASSERT(!queue.exists());
    last_number_ = last_number_.next();
    queue.number = last_number_;
    queue.settings = settings;
    queue.created_at = step.now.wall;
    queue.version = 1;
    std::string last;
    put_u64_le(last, last_number_.value);
    step.ready.writes.put(counters_key(), last);
    step.ready.writes.put(row_key, encode_queue(row_of(queue, metadata)));
    step.ready.writes.put(queue_number_key(queue.number), encode_queue_key(key));
    usage_.add_queue(key.tenant);
    touch(queue);
    emit(queue, "created", step);
    return &queue;
}

Result<QueueCreated> QueueCatalog::create(TenantId tenant, CreateQueue command, Step& step) {
    TRY_AS(Queue * queue, find(tenant, command.queue, step));
    if (queue != nullptr) {
        TRY_AS(auto view, get(tenant, GetQueue{command.queue}, step));
        return QueueCreated{false, std::move(view)};
    }
    TRY_AS(queue, make({tenant, command.queue}, command.settings, command.metadata, step));
    return QueueCreated{true, view_of(*queue, std::move(command.metadata))};
}

Result<QueueView> QueueCatalog::get(TenantId tenant, const GetQueue& command, Step& step) {
    TRY_AS(Queue* const queue, require(tenant, command.queue, step));
    TRY_AS(const auto row, step.rows.get(queue_row_key(queue->key)));
    auto decoded = row ? decode_queue(*row) : std::nullopt;
    if (!decoded) return fail(damaged());
    return view_of(*queue, std::move(decoded->metadata));
}

Result<QueueView> QueueCatalog::update(TenantId tenant, UpdateQueue command, Step& step) {
    TRY_AS(Queue* const queue, require(tenant, command.queue, step));
    TRY(check_version(*queue, command.if_version));
    TRY(check_settings(command.settings, command.metadata, limits_));
    queue->settings = std::move(command.settings);
    ++queue->version;
    step.ready.writes.put(queue_row_key(queue->key),
                          encode_queue(row_of(*queue, command.metadata)));
    emit(*queue, "updated", step);
    return view_of(*queue, std::move(command.metadata));
}

void QueueCatalog::empty(Queue& queue, Step& step) {
    for (const Table table : {Table::message, Table::message_expiry, Table::message_delay,
                              Table::message_moved, Table::claim}) {
        const auto range = queue_range(table, queue.number);
        step.ready.writes.erase_range(range.lower, range.upper);
    }
    usage_.remove_messages(queue.key.tenant, queue.live, queue.body_bytes);
    queue.live = 0;
    queue.body_bytes = 0;
    queue.lanes.clear();
    queue.delayed.clear();
    queue.delayed_count = 0;
    queue.claimed.clear();
    queue.claimed_count = 0;
    open_claims_ -= queue.claims.size();
    queue.claims.clear();
    queue.groups.clear();
    queue.parked.clear();
    queue.unreadable.clear();
    queue.expiry_floor = Instant::min();
    queue.delay_floor = Instant::min();
    TimerWheel::cancel(queue.expiry_timer);
    TimerWheel::cancel(queue.delay_timer);
}

Result<QueuePurged> QueueCatalog::purge(TenantId tenant, const PurgeQueue& command, Step& step) {
    TRY_AS(Queue* const queue, require(tenant, command.queue, step));
    const QueuePurged purged{queue->live};
    empty(*queue, step);
    touch(*queue);
    emit(*queue, "purged", step);
    return purged;
}

Result<QueueDeleted> QueueCatalog::remove(TenantId tenant, const DeleteQueue& command, Step& step) {
    TRY_AS(Queue* const queue, find(tenant, command.queue, step));
    if (queue == nullptr) return QueueDeleted{false};
    TRY(check_version(*queue, command.if_version));
    empty(*queue, step);
    const auto cursors = queue_range(Table::queue_cursor, queue->number);
    step.ready.writes.erase_range(cursors.lower, cursors.upper);
    step.ready.writes.erase(queue_counters_key(queue->number));
    step.ready.writes.erase(queue_number_key(queue->number));
    const auto row_key = queue_row_key(queue->key);
    step.ready.writes.erase(row_key);
    usage_.remove_queue(tenant);
    emit(*queue, "deleted", step);
    queue->number = QueueNumber();
    queue->settings = {};
    queue->next = 1;
    if (queue->is_dirty) {
        queue->is_dirty = false;
        std::erase(dirty_, queue);
    }
    // Who waits for its messages goes on waiting, for those of the next one of that name.
    if (queue->waiters.empty() && !queue->is_awake) {
        const auto found = queues_.find(row_key);
        by_use_.erase(by_use_.iterator_to(*found->second));
        queues_.erase(found);
    }
    return QueueDeleted{true};
}

void QueueCatalog::touch(Queue& queue) {
    if (queue.is_dirty) return;
    queue.is_dirty = true;
    dirty_.push_back(&queue);
}

void QueueCatalog::finish_batch(Step& step) {
    for (Queue* queue : dirty_) {
        for (auto& [number, lane] : queue->lanes) {
            if (queue->live == 0) lane.ordered_until = Instant::min();
            // The first that may be there still: ready, claimed, delayed, unreadable, or waiting
            // for its group.
            uint64_t head = std::min(lane.unready.first_gap(lane.head), queue->next);
            const auto claimed = queue->claimed.lower_bound({number, 0});
            if (claimed != queue->claimed.end() && claimed->first.lane == number) {
                head = std::min(head, claimed->first.sequence);
            }
            head = std::min({head, queue->delayed.first(), queue->unreadable.first()});
            const auto parked = queue->parked.lower_bound({number, 0});
            if (parked != queue->parked.end() && parked->lane == number) {
                head = std::min(head, parked->sequence);
            }
            lane.head = std::max(lane.head, head);
            lane.swept = std::max(lane.swept, lane.head);
            lane.unready.remove_below(lane.head);
        }
        step.ready.writes.put(queue_counters_key(queue->number), encode_counters(*queue));
        queue->is_dirty = false;
    }
    dirty_.clear();
    for (size_t looked = 0; queues_.size() > limits_.queues_loaded_max &&
                            looked < forgotten_per_batch && !by_use_.empty();
         ++looked) {
        Entry& oldest = by_use_.front();
        by_use_.pop_front();
        if (oldest.queue.is_idle()) {
            queues_.erase(queue_row_key(oldest.queue.key));
        } else {
            by_use_.push_back(oldest);
        }
    }
}

// A store that cannot be read is told by everyone else; here the next round tries again.
void QueueCatalog::go_rounds(Step& step) {
    step.timers.schedule(rounds_timer_, step.now.steady + rounds_interval);
    if (queues_.size() >= count()) return;
    const auto prefix = KeyBuilder(Table::queue).take();
    const auto scan = step.rows.scan(std::max(rounds_at_, prefix), prefix_end(prefix));
    std::vector<std::string> found;
    for (; scan->valid() && found.size() < queues_per_round; scan->next()) {
        rounds_at_ = std::string(scan->key()) + '\0';
        if (!queues_.contains(std::string(scan->key()))) found.emplace_back(scan->key());
    }
    if (!scan->valid()) rounds_at_.clear();
    for (const auto& row_key : found) {
        ByteReader reader(row_key);
        reader.u8();
        QueueKey key;
        key.tenant = TenantId(reader.u32_be());
        key.queue.kind = static_cast<QueueKind>(reader.u8());
        key.queue.name = reader.rest();
        (void)find_row(key, row_key, step.timers, step.now, step.rows);
    }
}

void QueueCatalog::emit(const Queue& queue, std::string type, Step& step) const {
    Event event;
    event.tenant = queue.key.tenant;
    const bool is_topic = queue.key.queue.kind == QueueKind::topic;
    const std::string_view kind = is_topic ? "topic" : "queue";
    event.type = fmt::format("{}.{}", kind, type);
    event.subject = queue.key.queue.name;
    event.topics = {make_topic("queues"), make_topic(kind, {queue.key.queue.name})};
    JsonWriter json(event.data);
    json.begin_object();
    json.member("name", queue.key.queue.name);
    json.member("version", queue.version);
    if (!step.by.name.empty()) json.member("by", step.by.name);
    json.end_object();
    step.emit(std::move(event));
}

void QueueCatalog::check() const {
    ASSERT(by_use_.size() == queues_.size());
    for (const auto& [row_key, entry] : queues_) {
        const Queue& queue = entry->queue;
        ASSERT(queue_row_key(queue.key) == row_key);
        if (!queue.exists()) {
            ASSERT(queue.live == 0 && queue.claims.empty() && queue.lanes.empty());
            continue;
        }
        ASSERT(queue.claimed_count + queue.delayed_count <= queue.live);
        uint64_t claimed = 0;
        for (const auto& [id, claim] : queue.claims) {
            ASSERT(claim->id == id && claim->queue == &queue);
            ASSERT(claim->live > 0 && claim->is_linked());
            ASSERT(claim->groups.empty() || claim->groups.size() == claim->taken.size());
            size_t live = 0;
            for (const auto& taken : claim->taken) {
                if (taken.is_gone) continue;
                ++live;
                ASSERT(queue.lanes.at(taken.place.lane).unready.contains(taken.place.sequence));
                const auto run = std::prev(queue.claimed.upper_bound(taken.place));
                ASSERT(run->first.lane == taken.place.lane &&
                       taken.place.sequence < run->second.end && run->second.claim == claim.get());
            }
            ASSERT(live == claim->live);
            claimed += live;
        }
        ASSERT(claimed == queue.claimed_count);
        for (const auto& [number, lane] : queue.lanes) {
            lane.unready.check();
            ASSERT(lane.head <= queue.next);
        }
        ASSERT(queue.asked_once <= queue.waiters.size());
        ASSERT(queue.is_awake || !queue.is_searched);
        ASSERT(queue.delayed.empty() == (queue.delayed_count == 0));
        ASSERT(queue.delayed.empty() || queue.delay_timer.is_linked());
        for (const auto& [first, end] : queue.unreadable.runs()) {
            for (const uint64_t sequence : {first, end - 1}) {
                ASSERT(std::any_of(queue.lanes.begin(), queue.lanes.end(), [&](const auto& lane) {
                    return sequence >= lane.second.head && lane.second.unready.contains(sequence);
                }));
            }
        }
        size_t parked = 0;
        for (const auto& [name, group] : queue.groups) {
            parked += group.parked.size();
            ASSERT((group.holder == nullptr) == (group.held == 0));
            ASSERT(group.held > 0 || !group.parked.empty());
            for (const auto place : group.parked) {
                ASSERT(queue.lanes.at(place.lane).unready.contains(place.sequence));
                ASSERT(queue.parked.contains(place));
            }
        }
        ASSERT(parked == queue.parked.size());
    }
}

}  // namespace signalbox
