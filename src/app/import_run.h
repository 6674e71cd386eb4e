#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/batch_reader.h"
#include "app/client_flags.h"

namespace signalbox {

struct ImportFlags : ClientFlags {
    std::string queue;
    std::string file = "-";
    client::NdjsonPost post;
    std::optional<Duration> ttl;
    std::optional<Duration> delay;
    bool is_text = false;
    bool is_ordered = false;
    bool is_quiet = false;
    size_t connections = 4;
    size_t batch_messages = 5000;
    std::string key;
};

// One run of `message import`: the main thread reads and shows how far it has come, and as many
// threads as there are connections post. A batch that a queue finds too large is halved.
//
// Each batch has a key made of the run's key and its number, so that neither a broken connection
// nor a second run with the same key over the same input posts anything twice.
class ImportRun {
public:
    explicit ImportRun(const ImportFlags& flags);

    // The exit code.
    int run();

private:
    using Batch = MessageBatchReader::Batch;

    void post_all();
    client::Result<uint64_t> post(const Batch& batch, const std::string& key);
    client::Result<uint64_t> post_halves(const Batch& batch, const std::string& key);
    [[nodiscard]] uint64_t imported();
    int tell(double seconds);

    const ImportFlags& flags_;
    const client::Client client_;
    const std::string key_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Batch> waiting_;
    bool is_complete_ = false;  // nothing more will wait
    uint64_t imported_ = 0;
    std::optional<client::Problem> problem_;
    size_t posting_ = 0;  // threads
};

}  // namespace signalbox
