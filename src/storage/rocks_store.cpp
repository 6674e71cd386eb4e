#include "storage/rocks_store.h"

#include <atomic>
#include <vector>

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

rocksdb::Slice slice(std::string_view bytes) {
    return {bytes.data(), bytes.size()};
}

std::string_view view(const rocksdb::Slice& slice) {
    return {slice.data(), slice.size()};
}

Error translate(const rocksdb::Status& status) {
    const auto code = status.IsNoSpace() ? ErrorCode::unavailable : ErrorCode::internal;
    return {code, "the store: " + status.ToString(), {}};
}

constexpr char unhinted_end = '\0';

std::string applied_key() {
    return KeyBuilder(Table::applied).take();
}

// Owns its bounds: RocksDB keeps pointers to them.
class RocksScan : public RowScan {
public:
    RocksScan(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family,
              const rocksdb::Snapshot* snapshot, std::string_view lower, std::string_view upper,
              ScanOrder order)
        : lower_(lower), upper_(upper), lower_slice_(lower_), upper_slice_(upper_), order_(order) {
        rocksdb::ReadOptions options;
        options.snapshot = snapshot;
        options.iterate_lower_bound = &lower_slice_;
        options.iterate_upper_bound = &upper_slice_;
        iterator_.reset(db.NewIterator(options, family));
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
    [[nodiscard]] std::string_view key() const override { return view(iterator_->key()); }
    [[nodiscard]] std::string_view value() const override { return view(iterator_->value()); }
    [[nodiscard]] Result<void> status() const override {
        if (const auto status = iterator_->status(); !status.ok()) return fail(translate(status));
        return {};
    }

private:
    std::string lower_;
    std::string upper_;
    rocksdb::Slice lower_slice_;
    rocksdb::Slice upper_slice_;
    ScanOrder order_;
    std::unique_ptr<rocksdb::Iterator> iterator_;
};

class RocksStore;

// Shares the database, so that a snapshot may outlive the store object.
struct Database {
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

    Result<Revision> applied(const rocksdb::Snapshot* snapshot) const {
        TRY_AS(const auto row, get(applied_key(), snapshot));
        return row ? Revision(ByteReader(*row).u64_le()) : Revision();
    }
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
        return std::make_unique<RocksScan>(*database_->db, database_->family_of(lower), snapshot_,
                                           lower, upper, order);
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

class RocksStore : public Store {
public:
    RocksStore(std::shared_ptr<Database> database, std::shared_ptr<rocksdb::Cache> cache,
               Revision applied)
        : database_(std::move(database)), cache_(std::move(cache)), applied_(applied) {}

    [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key) const override {
        return database_->get(key, nullptr);
    }

    [[nodiscard]] std::unique_ptr<RowScan> scan(std::string_view lower, std::string_view upper,
                                                ScanOrder order) const override {
        return std::make_unique<RocksScan>(*database_->db, database_->family_of(lower), nullptr,
                                           lower, upper, order);
    }

    Result<void> apply(const BatchView& batch) override {
        // RocksDB counts each comparison, for this thread, unless told not to.
        rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
        rocks_batch_.Clear();
        BatchReader reader(batch.bytes);
        while (reader.next()) {
            const Write& write = reader.write();
            auto* family = database_->family_of(write.key);
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
        rocks_batch_.Put(database_->state, applied_key(), applied_row);
        rocksdb::WriteOptions options;
        options.disableWAL = true;
        if (const auto status = database_->db->Write(options, &rocks_batch_); !status.ok()) {
            return fail(translate(status));
        }
        applied_ = batch.last();
        return {};
    }

    [[nodiscard]] Revision applied() const override { return applied_; }

    [[nodiscard]] std::shared_ptr<const StoreSnapshot> snapshot() const override {
        return std::make_shared<RocksSnapshot>(database_);
    }

    Result<Revision> flush() override {
        const Revision reached = applied_;
        const auto status =
            database_->db->Flush(rocksdb::FlushOptions(), {database_->state, database_->feed});
        if (!status.ok()) return fail(translate(status));
        return reached;
    }

    [[nodiscard]] Usage usage() const override {
        Usage usage;
        for (auto* family : {database_->state, database_->feed}) {
            uint64_t bytes = 0;
            database_->db->GetIntProperty(family, rocksdb::DB::Properties::kTotalSstFilesSize,
                                          &bytes);
            usage.disk_bytes += bytes;
            bytes = 0;
            database_->db->GetIntProperty(family, rocksdb::DB::Properties::kSizeAllMemTables,
                                          &bytes);
            usage.memory_bytes += bytes;
        }
        usage.memory_bytes += cache_->GetUsage();
        return usage;
    }

private:
    void erase_range(rocksdb::ColumnFamilyHandle* family, std::string_view first,
                     std::string_view end) {
        if (first >= end) return;
        rocks_batch_.Delete(family, slice(first));
        std::string second(first);  // the next key after it that there can be
        second += unhinted_end;
        if (second < end) rocks_batch_.DeleteRange(family, second, slice(end));
    }

    std::shared_ptr<Database> database_;
    std::shared_ptr<rocksdb::Cache> cache_;
    rocksdb::WriteBatch rocks_batch_;  // kept for its capacity
    std::atomic<Revision> applied_;
};

rocksdb::ColumnFamilyOptions family_options(const RocksStoreOptions& options,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    rocksdb::ColumnFamilyOptions family;
    family.write_buffer_size = options.write_buffer_bytes;
    family.memtable_insert_with_hint_prefix_extractor = std::make_shared<TableHint>();
    family.compression = rocksdb::kLZ4Compression;
    family.bottommost_compression = rocksdb::kZSTD;
    family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return family;
}

}  // namespace

Result<std::unique_ptr<Store>> open_rocks_store(const std::string& directory,
                                                const RocksStoreOptions& options) {
    rocksdb::DBOptions db_options;
    db_options.create_if_missing = true;
    db_options.create_missing_column_families = true;
    db_options.atomic_flush = true;
    db_options.max_background_jobs = 2;
    // There is one writer; and only then are insertions hinted.
    db_options.allow_concurrent_memtable_write = false;
    db_options.max_open_files = 512;
    db_options.keep_log_file_num = 2;
    db_options.info_log_level = rocksdb::WARN_LEVEL;
    db_options.stats_dump_period_sec = 0;
    db_options.stats_persist_period_sec = 0;

    auto cache = rocksdb::NewLRUCache(options.cache_bytes);
    const auto family = family_options(options, cache);
    const std::vector<rocksdb::ColumnFamilyDescriptor> families{
        {rocksdb::kDefaultColumnFamilyName, family}, {"feed", family}};

    auto database = std::make_shared<Database>();
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    const auto status = rocksdb::DB::Open(db_options, directory, families, &handles, &db);
    if (!status.ok()) return fail(translate(status));
    database->db.reset(db);
    database->state = handles.at(0);
    database->feed = handles.at(1);
    TRY_AS(const auto applied, database->applied(nullptr));
    return std::unique_ptr<Store>(std::make_unique<RocksStore>(database, cache, applied));
}

}  // namespace signalbox
