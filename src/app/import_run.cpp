#include "app/import_run.h"

#include <charconv>
#include <random>

#include <fmt/format.h>

#include "app/exit_code.h"
#include "app/progress.h"
#include "app/queue_text.h"
#include "base/random.h"

namespace signalbox {
namespace {

// Well below what the server takes as one request, unless it is told otherwise.
constexpr size_t batch_bytes_max = 480u << 10;
constexpr int too_large = 413;
constexpr auto look_interval = std::chrono::milliseconds(100);

client::Options options_of(const ImportFlags& flags) {
    auto options = flags.options;
    options.idle_connections_max = flags.connections;
    return options;
}

bool names_line(const std::string& field) {
    return field.starts_with("lines[") || field.starts_with("messages[");
}

// "lines[17].ttl": where in the batch, so that it can be told where in the input.
std::string with_line(const client::Problem& problem, uint64_t first_line) {
    uint64_t index = 0;
    const auto& field = problem.field;
    if (!names_line(field)) return problem.text();
    const auto prefix = std::string_view(field).substr(0, field.find('[') + 1);
    const auto [stopped, error] =
        std::from_chars(field.data() + prefix.size(), field.data() + field.size(), index);
    if (error != std::errc()) return problem.text();
    const std::string_view rest(stopped,
                                static_cast<size_t>(field.data() + field.size() - stopped));
    std::string text = problem.text();
    if (text.starts_with(field)) text.erase(0, field.size());
    const auto member = rest.starts_with("].") ? " " + std::string(rest.substr(2)) : "";
    return fmt::format("line {}:{}{}", first_line + index, member, text);
}

}  // namespace

ImportRun::ImportRun(const ImportFlags& flags)
    : flags_(flags),
      client_(options_of(flags)),
      key_(flags.key.empty() ? Random(std::random_device()()).uuid().text() : flags.key) {}

int ImportRun::run() {
    double seconds = 0;
    {
        auto input = InputFile::open(flags_.file);
        if (!input) return complain(input.error());
        MessageBatchReader reader(std::move(*input), {batch_bytes_max, flags_.batch_messages},
                                  flags_.is_text);
        const size_t threads = flags_.is_ordered ? 1 : flags_.connections;
        std::vector<std::jthread> posting;
        posting_ = threads;
        for (size_t i = 0; i < threads; ++i) posting.emplace_back([this] { post_all(); });
        Progress progress(!flags_.is_quiet && !flags_.json);
        const auto show = [&] { progress.show(imported(), reader.share()); };
        client::Result<void> read;
        for (;;) {
            auto batch = reader.next();
            if (!batch) read = tl::unexpected(batch.error());
            if (!batch || !*batch) break;
            std::unique_lock lock(mutex_);
            while (waiting_.size() >= 2 * threads && !problem_) {
                changed_.wait_for(lock, look_interval);
                lock.unlock();
                show();
                lock.lock();
            }
            if (problem_) break;
            waiting_.push_back(std::move(**batch));
            changed_.notify_all();
        }
        std::unique_lock lock(mutex_);
        if (!read && !problem_) problem_ = read.error();
        is_complete_ = true;
        changed_.notify_all();
        while (posting_ > 0) {
            changed_.wait_for(lock, look_interval);
            lock.unlock();
            show();
            lock.lock();
        }
        seconds = progress.seconds();
    }
    return tell(seconds);
}

uint64_t ImportRun::imported() {
    const std::lock_guard lock(mutex_);
    return imported_;
}

void ImportRun::post_all() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return !waiting_.empty() || is_complete_ || problem_; });
        if (problem_ || waiting_.empty()) break;
        const Batch batch = std::move(waiting_.front());
        waiting_.pop_front();
        changed_.notify_all();
        lock.unlock();
        const auto posted = post(batch, fmt::format("{}-{}", key_, batch.number));
        lock.lock();
        if (posted) {
            imported_ += *posted;
        } else if (!problem_) {
            problem_ = posted.error();
            problem_->detail = with_line(posted.error(), batch.first_line);
        }
    }
    --posting_;
    changed_.notify_all();
}

client::Result<uint64_t> ImportRun::post(const Batch& batch, const std::string& key) {
    auto post = flags_.post;
    post.ttl = flags_.ttl;
    post.delay = flags_.delay;
    post.options.idempotency_key = key;
    auto posted = client_.post_ndjson(flags_.queue, batch.text, post);
    const bool may_be_halved = batch.lines > 1;
    if (posted || posted.error().status != too_large || !may_be_halved) return posted;
    return post_halves(batch, key);
}

client::Result<uint64_t> ImportRun::post_halves(const Batch& batch, const std::string& key) {
    Batch first = batch;
    first.lines = batch.lines / 2;
    size_t cut = 0;
    for (uint64_t i = 0; i < first.lines; ++i) cut = batch.text.find('\n', cut) + 1;
    Batch second = batch;
    second.lines = batch.lines - first.lines;
    second.text.erase(0, cut);
    first.text.erase(cut);
    auto one = post(first, key + "a");
    if (!one) return one;
    auto other = post(second, key + "b");
    if (!other) {
        if (!names_line(other.error().field)) return other;
        // Its lines are counted from the middle; the whole batch is what the caller knows.
        other.error().detail = with_line(other.error(), batch.first_line + first.lines);
        other.error().field.clear();
        return other;
    }
    return *one + *other;
}

int ImportRun::tell(double seconds) {
    const auto rate =
        static_cast<uint64_t>(seconds > 0 ? static_cast<double>(imported_) / seconds : 0);
    if (problem_) {
        const int status = complain(*problem_);
        std::fprintf(stderr, "signalbox: %s messages were imported before that\n",
                     grouped(imported_).c_str());
        return status;
    }
    print_line(flags_.json
                   ? fmt::format(R"({{"imported":{},"seconds":{:.3f},"key":"{}"}})", imported_,
                                 seconds, key_)
                   : fmt::format("{} messages imported in {}, {}/s", grouped(imported_),
                                 rough_duration(Duration(static_cast<int64_t>(seconds * 1000))),
                                 grouped(rate)));
    return exit_code::done;
}

}  // namespace signalbox
