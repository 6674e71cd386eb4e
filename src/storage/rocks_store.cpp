#include "storage/rocks_store.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <vector>

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/log.h"
#include "storage/keys.h"
#include "storage/roomy_file_system.h"
#include "storage/unreadable.h"

namespace signalbox {
namespace {

rocksdb::Slice slice(std::string_view bytes) {
    return {bytes.data(), bytes.size()};
}

std::string_view view(const rocksdb::Slice& slice) {
    return {slice.data(), slice.size()};
}

Error translate(const rocksdb::Status& status) {
    return {ErrorCode::internal, "the store: " + status.ToString(), {}};
}

constexpr size_t log_line_bytes = 1024;
constexpr size_t probe_bytes = 64u << 10;
constexpr char unhinted_end = '\0';

std::string applied_key() {
    return KeyBuilder(Table::applied).take();
}

// Shared by the store with its snapshots and scans.
struct Database {
    std::shared_ptr<rocksdb::Env> env;  // outlives it
    std::unique_ptr<rocksdb::DB> db;
    // Named by what lives in them: rows that change, and rows that are only added and trimmed.
    rocksdb::ColumnFamilyHandle* state = nullptr;
    rocksdb::ColumnFamilyHandle* feed = nullptr;

    ~Database() {
        if (!db) return;
        for (auto* family : {state, feed}) {
            if (family != nullptr) db->DestroyColumnFamilyHandle(family);
        }
    }

    [[nodiscard]] rocksdb::ColumnFamilyHandle* family_of(std::string_view key) const {
        ASSERT(!key.empty());
        const auto table = static_cast<Table>(key.front());
        return table == Table::event || table == Table::event_mark ? feed : state;
    }

    Result<std::optional<std::string>> get(std::string_view key,
                                           const rocksdb::Snapshot* snapshot) const {
        rocksdb::ReadOptions options;
        options.snapshot = snapshot;
        std::string value;
        const auto status = db->Get(options, family_of(key), slice(key), &value);
        if (status.IsNotFound()) return std::optional<std::string>();
        if (!status.ok()) return fail(translate(status));
        return std::optional<std::string>(std::move(value));
    }

    // What a crash of the process would leave.
    Result<Revision> flushed() const {
        rocksdb::ReadOptions options;
        options.read_tier = rocksdb::kPersistedTier;
        std::string row;
        const auto status = db->Get(options, state, slice(applied_key()), &row);
        if (status.IsNotFound()) return Revision();
        if (!status.ok()) return fail(translate(status));
        return Revision(ByteReader(row).u64_le());
    }

    Result<Revision> applied(const rocksdb::Snapshot* snapshot) const {
        TRY_AS(const auto row, get(applied_key(), snapshot));
        return row ? Revision(ByteReader(*row).u64_le()) : Revision();
    }
};

// Owns its bounds: RocksDB keeps pointers to them.
class RocksScan : public RowScan {
public:
    RocksScan(std::shared_ptr<const Database> database, const rocksdb::Snapshot* snapshot,
              std::string_view lower, std::string_view upper, ScanOrder order)
        : database_(std::move(database)),
          lower_(lower),
          upper_(upper),
          lower_slice_(lower_),
          upper_slice_(upper_),
          order_(order) {
        rocksdb::ReadOptions options;
        options.snapshot = snapshot;
        options.iterate_lower_bound = &lower_slice_;
        options.iterate_upper_bound = &upper_slice_;
        iterator_.reset(database_->db->NewIterator(options, database_->family_of(lower_)));
        if (order_ == ScanOrder::ascending) {
            iterator_->Seek(lower_slice_);
        } else {
            iterator_->SeekToLast();
        }
    }

    [[nodiscard]] bool valid() const override { return iterator_->Valid(); }
    void next() override {
        if (order_ == ScanOrder::ascending) {
            iterator_->Next();
        } else {
            iterator_->Prev();
        }
    }
    void seek(std::string_view key) override {
        ASSERT(order_ == ScanOrder::ascending);
        if (iterator_->Valid() && view(iterator_->key()) < key) iterator_->Seek(slice(key));
    }
    [[nodiscard]] std::string_view key() const override { return view(iterator_->key()); }
    [[nodiscard]] std::string_view value() const override { return view(iterator_->value()); }
    [[nodiscard]] Result<void> status() const override {
        if (const auto status = iterator_->status(); !status.ok()) return fail(translate(status));
        return {};
    }

private:
    std::shared_ptr<const Database> database_;
    std::string lower_;
    std::string upper_;
    rocksdb::Slice lower_slice_;
    rocksdb::Slice upper_slice_;
    ScanOrder order_;
    std::unique_ptr<rocksdb::Iterator> iterator_;
};

class RocksSnapshot : public StoreSnapshot {
public:
    explicit RocksSnapshot(std::shared_ptr<const Database> database)
        : database_(std::move(database)), snapshot_(database_->db->GetSnapshot()) {}
    ~RocksSnapshot() override { database_->db->ReleaseSnapshot(snapshot_); }
    RocksSnapshot(const RocksSnapshot&) = delete;
    RocksSnapshot& operator=(const RocksSnapshot&) = delete;

    [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key) const override {
        return database_->get(key, snapshot_);
    }
    [[nodiscard]] std::unique_ptr<RowScan> scan(std::string_view lower, std::string_view upper,
                                                ScanOrder order) const override {
        return std::make_unique<RocksScan>(database_, snapshot_, lower, upper, order);
    }
    // Read through the snapshot itself, so that the two cannot disagree.
    [[nodiscard]] Revision revision() const override {
        return database_->applied(snapshot_).value_or(Revision());
    }

private:
    std::shared_ptr<const Database> database_;
    const rocksdb::Snapshot* snapshot_;
};

// Most tables grow at their end, so the place of a row in memory is next to that of the table's
// last one: an apply takes half the time when RocksDB begins to look there. It has one such hint
// for rows and for erased ranges, although they lie in different lists, and would crash; so no
// range may begin in the domain of the hints, see RocksStore::erase_range.
class TableHint : public rocksdb::SliceTransform {
public:
    [[nodiscard]] const char* Name() const override { return "signalbox.table"; }
    [[nodiscard]] rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
        return {key.data(), 1};
    }
    [[nodiscard]] bool InDomain(const rocksdb::Slice& key) const override {
        return !key.empty() && key[key.size() - 1] != unhinted_end;
    }
};

// What RocksDB has to say goes where everything else does. A log of its own is a file that it ends
// the process over when the disk is full.
class RocksLog : public rocksdb::Logger {
public:
    RocksLog() : Logger(rocksdb::WARN_LEVEL) {}

    using Logger::Logv;
    void Logv(const char* format, va_list arguments) override {
        std::array<char, log_line_bytes> line{};
        std::vsnprintf(line.data(), line.size(), format, arguments);
        std::string_view notice(line.data());
        while (notice.ends_with(' ') || notice.ends_with('\n')) notice.remove_suffix(1);
        LOG(warning, "store.notice", {"notice", notice});
    }
};

struct Opening {
    std::string directory;
    RocksStoreOptions options;
    std::shared_ptr<rocksdb::Cache> cache;
    std::shared_ptr<rocksdb::Env> env;
};

rocksdb::ColumnFamilyOptions family_options(const Opening& opening) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = opening.cache;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    rocksdb::ColumnFamilyOptions family;
    family.write_buffer_size = opening.options.write_buffer_bytes;
    family.memtable_insert_with_hint_prefix_extractor = std::make_shared<TableHint>();
    // At the bottom too: with zstd there, compactions took 4 % of the time of a server that is
    // posted messages, most of which are gone soon.
    family.compression = rocksdb::kLZ4Compression;
    family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return family;
}

Result<std::shared_ptr<Database>> open_database(const Opening& opening) {
    rocksdb::DBOptions db_options;
    db_options.env = opening.env.get();
    db_options.create_if_missing = true;
    db_options.create_missing_column_families = true;
    db_options.atomic_flush = true;
    db_options.max_background_jobs = 2;
    // There is one writer; and only then are insertions hinted.
    db_options.allow_concurrent_memtable_write = false;
    // Well within what is set aside for it.
    db_options.max_manifest_file_size = 1u << 20;
    db_options.max_open_files = 512;
    db_options.info_log = std::make_shared<RocksLog>();
    db_options.stats_dump_period_sec = 0;
    db_options.stats_persist_period_sec = 0;

    // Where there is no directory it says so, on each first start.
    if (auto made = opening.env->CreateDirIfMissing(opening.directory); !made.ok()) {
        return fail(translate(made));
    }
    const auto family = family_options(opening);
    const std::vector<rocksdb::ColumnFamilyDescriptor> families{
        {rocksdb::kDefaultColumnFamilyName, family}, {"feed", family}};

    auto database = std::make_shared<Database>();
    database->env = opening.env;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    const auto status = rocksdb::DB::Open(db_options, opening.directory, families, &handles, &db);
    if (!status.ok()) return fail(translate(status));
    database->db.reset(db);
    database->state = handles.at(0);
    database->feed = handles.at(1);
    return database;
}

// Whether a file can be written where the database is; it leaves traces of its own attempts.
bool is_writable(const std::string& directory) {
    auto* env = rocksdb::Env::Default();
    const std::string name = directory + "/PROBE";
    const bool written =
        rocksdb::WriteStringToFile(env, std::string(probe_bytes, 'x'), name, true).ok();
    return env->DeleteFile(name).ok() && written;
}

class RocksStore : public Store {
public:
    RocksStore(Opening opening, std::shared_ptr<Database> database, Revision applied)
        : opening_(std::move(opening)), applied_(applied), database_(std::move(database)) {}

    [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key) const override {
        const auto opened = database();
        if (!opened) return fail(store_out_of_order());
        return opened->get(key, nullptr);
    }

    [[nodiscard]] std::unique_ptr<RowScan> scan(std::string_view lower, std::string_view upper,
                                                ScanOrder order) const override {
        const auto opened = database();
        if (!opened) return std::make_unique<UnreadableScan>();
        return std::make_unique<RocksScan>(opened, nullptr, lower, upper, order);
    }

    Result<void> apply(const BatchView& batch) override {
        const auto opened = database();
        if (!opened) return fail(store_out_of_order());
        // RocksDB counts each comparison, for this thread, unless told not to.
        rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
        TRY(translate_batch(*opened, batch));
        rocksdb::WriteOptions options;
        options.disableWAL = true;
        if (const auto status = opened->db->Write(options, &rocks_batch_); !status.ok()) {
            is_broken_ = true;
            return fail(translate(status));
        }
        applied_ = batch.last();
        return {};
    }

    // After an error RocksDB must be opened anew, by nobody else's leave.
    Result<void> revive() override {
        if (!is_broken_) return {};
        const std::lock_guard lock(mutex_);
        if (database_.use_count() > 1) {
            return fail(ErrorCode::unavailable, "the store is still being read");
        }
        if (!is_writable(opening_.directory)) {
            return fail(ErrorCode::unavailable, "the store's directory takes no writes");
        }
        shown_ = std::max(shown_, applied_.load());
        database_.reset();
        TRY_AS(auto database, open_database(opening_));
        TRY_AS(applied_, database->applied(nullptr));
        database_ = std::move(database);
        is_broken_ = false;
        return {};
    }

    [[nodiscard]] Revision applied() const override { return applied_; }

    [[nodiscard]] std::shared_ptr<const StoreSnapshot> snapshot() const override {
        const std::lock_guard lock(mutex_);
        if (!database_ || applied_.load() < shown_) return std::make_shared<UnreadableSnapshot>();
        return std::make_shared<RocksSnapshot>(database_);
    }

    Result<Revision> flush() override {
        std::shared_ptr<Database> opened;
        Revision reached;
        {
            const std::lock_guard lock(mutex_);
            opened = database_;
            reached = applied_;
        }
        if (!opened) return fail(store_out_of_order());
        const auto status =
            opened->db->Flush(rocksdb::FlushOptions(), {opened->state, opened->feed});
        if (!status.ok()) return fail(translate(status));
        // The journal is trimmed by this, so it is read back, whatever RocksDB says.
        TRY_AS(const auto flushed, opened->flushed());
        return std::min(flushed, reached);
    }

    [[nodiscard]] Usage usage() const override {
        Usage usage;
        usage.memory_bytes = opening_.cache->GetUsage();
        const auto opened = database();
        if (!opened) return usage;
        for (auto* family : {opened->state, opened->feed}) {
            uint64_t bytes = 0;
            opened->db->GetIntProperty(family, rocksdb::DB::Properties::kTotalSstFilesSize, &bytes);
            usage.disk_bytes += bytes;
            bytes = 0;
            opened->db->GetIntProperty(family, rocksdb::DB::Properties::kSizeAllMemTables, &bytes);
            usage.memory_bytes += bytes;
        }
        return usage;
    }

private:
    [[nodiscard]] std::shared_ptr<Database> database() const {
        const std::lock_guard lock(mutex_);
        return database_;
    }

    // Into rocks_batch_.
    Result<void> translate_batch(const Database& database, const BatchView& batch) {
        rocks_batch_.Clear();
        BatchReader reader(batch.bytes);
        while (reader.next()) {
            const Write& write = reader.write();
            auto* family = database.family_of(write.key);
            switch (write.kind) {
                case WriteKind::put:
                    rocks_batch_.Put(family, slice(write.key), slice(write.value));
                    break;
                case WriteKind::erase: rocks_batch_.Delete(family, slice(write.key)); break;
                case WriteKind::erase_range: erase_range(family, write.key, write.value); break;
            }
        }
        if (!reader.ok()) return fail(ErrorCode::internal, "a batch is not readable");
        std::string applied_row;
        put_u64_le(applied_row, batch.last().value);
        rocks_batch_.Put(database.state, applied_key(), applied_row);
        return {};
    }

    void erase_range(rocksdb::ColumnFamilyHandle* family, std::string_view first,
                     std::string_view end) {
        if (first >= end) return;
        rocks_batch_.Delete(family, slice(first));
        std::string second(first);  // the next key after it that there can be
        second += unhinted_end;
        if (second < end) rocks_batch_.DeleteRange(family, second, slice(end));
    }

    const Opening opening_;
    rocksdb::WriteBatch rocks_batch_;  // kept for its capacity
    bool is_broken_ = false;           // until it is opened anew
    std::atomic<Revision> applied_;

    mutable std::mutex mutex_;
    std::shared_ptr<Database> database_;  // null while it cannot be opened anew
    Revision shown_;                      // the newest that a snapshot showed before that
};

}  // namespace

Result<std::unique_ptr<Store>> open_rocks_store(const std::string& directory,
                                                const RocksStoreOptions& options) {
    // What is flushed at once is at most one buffer of each column family.
    const uint64_t room = options.room_bytes.value_or(2 * options.write_buffer_bytes);
    Opening opening{directory, options, rocksdb::NewLRUCache(options.cache_bytes),
                    make_roomy_env(room)};
    TRY_AS(auto database, open_database(opening));
    TRY_AS(const auto applied, database->applied(nullptr));
    return std::unique_ptr<Store>(
        std::make_unique<RocksStore>(std::move(opening), std::move(database), applied));
}

}  // namespace signalbox
