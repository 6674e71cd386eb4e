#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "port/executor.h"
#include "sim/sim_disk.h"
#include "storage/file_journal.h"

namespace signalbox {

// Runs work when it is told to.
class LaterExecutor : public Executor {
public:
    void post(std::function<void()> work) override { waiting_.push_back(std::move(work)); }
    void run_all();
    void drop_all() { waiting_.clear(); }

private:
    std::deque<std::function<void()>> waiting_;
};

// A journal with a memory of what it was given, so that one can ask what it kept.
class JournalOnSimDisk {
public:
    explicit JournalOnSimDisk(uint64_t seed);

    Result<void> open();
    void close();
    // One batch of one change set and about so many bytes; its content follows from its revision
    // and from how often the journal was opened. When there was no room for the one before, that
    // comes first.
    Result<void> append(size_t bytes);
    // The journal as after a restart: everything acknowledged after `after` is there, unchanged
    // and in order, and behind it at most the batch whose append failed. What it kept counts as
    // acknowledged from now on. Returns what is wrong, or nothing.
    std::string find_fault(Revision after);

    [[nodiscard]] FileJournal& journal() { return *journal_; }
    [[nodiscard]] bool is_open() const { return journal_ != nullptr; }
    [[nodiscard]] Revision acknowledged() const { return Revision(acknowledged_.size()); }
    [[nodiscard]] std::string segment_path(uint64_t number) const;
    // Bytes of a file as they are read, and a way to change them for good.
    std::string content(const std::string& path);
    void overwrite(const std::string& path, const std::string& bytes);

    Random random;
    SimDisk disk;
    LaterExecutor executor;
    FileJournalOptions options;

private:
    Result<void> append_unacknowledged();

    std::unique_ptr<FileJournal> journal_;
    uint64_t openings_ = 0;
    std::vector<std::string> acknowledged_;      // batch of revision i at i - 1
    std::optional<std::string> unacknowledged_;  // the one behind them
};

}  // namespace signalbox
