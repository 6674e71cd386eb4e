#include "app/exec_run.h"

#include <fmt/format.h>

#include "app/exit_code.h"
#include "app/registry_watch.h"

namespace signalbox {
namespace {

constexpr Duration read_wait = std::chrono::minutes(5);
constexpr Duration settle_default = std::chrono::milliseconds(500);
constexpr Duration kill_after_default = std::chrono::seconds(30);

}  // namespace

ExecRun::ExecRun(const ExecFlags& flags, RegistryAddress address, int change_signal)
    : flags_(flags), address_(std::move(address)), change_signal_(change_signal) {
    for (const auto& prefix : flags.prefixes) {
        auto watched = std::make_unique<Watched>();
        watched->prefix = prefix;
        // A prefix is a folder: app has nothing to do with application.
        if (!prefix.empty() && !prefix.ends_with('/')) watched->prefix += '/';
        watched_.push_back(std::move(watched));
    }
}

ExecRun::~ExecRun() {
    for (auto& thread : threads_) thread.request_stop();
}

int ExecRun::run() {
    if (const auto missing = ChildProcess::check(flags_.command.front())) {
        say(missing->text);
        return missing->exit_code;
    }
    for (const auto& watched : watched_) {
        threads_.emplace_back(
            [this, &watched = *watched](const std::stop_token& stop) { watch(watched, stop); });
    }
    Environment first;
    if (const auto status = wait_for_first(first)) return *status;
    return run_command(std::move(first));
}

void ExecRun::watch(Watched& watched, const std::stop_token& stop) {
    RegistryClient client(address_, flags_.ca_file);
    Backoff backoff;
    uint64_t index = 0;
    while (!stop.stop_requested()) {
        auto read = client.values(watched.prefix, index, {read_wait}, stop);
        if (stop.stop_requested()) return;
        if (read) {
            index = next_index(index, read->index);
            backoff.reset();
            found(watched, std::move(read->value));
        } else {
            index = 0;
            failed(watched, read.error());
        }
        // A server that names no index would be asked without end.
        if (index == 0) backoff.rest(read_wait, stop);
    }
}

void ExecRun::found(Watched& watched, RegistryClient::Values values) {
    const std::lock_guard lock(mutex_);
    const bool is_usable = !values.empty() || flags_.allows_empty;
    if (is_usable) {
        if (watched.trouble) say(fmt::format("{}: it is there again", watched.prefix));
        watched.trouble.reset();
        watched.values = std::move(values);
    } else if (!watched.trouble || watched.trouble->code != ErrorCode::not_found) {
        // It may as well have been lost as deleted.
        watched.trouble = Error{ErrorCode::not_found, "there are no keys", {}};
        say(fmt::format("{}: there are no keys{}", watched.prefix,
                        watched.values ? "; the last ones stay in force" : ""));
    }
    supervisor_.bell().ring();
}

void ExecRun::failed(Watched& watched, const Error& error) {
    const std::lock_guard lock(mutex_);
    if (!watched.trouble || watched.trouble->message != error.message) {
        say(fmt::format("{}: {}{}", address_.url, error.message,
                        watched.values ? "; the last values stay in force" : ""));
    }
    watched.trouble = error;
    supervisor_.bell().ring();
}

std::optional<Environment> ExecRun::environment() {
    const std::lock_guard lock(mutex_);
    Environment all;
    for (const auto& watched : watched_) {
        if (!watched->values) return std::nullopt;
        auto made = make_environment(*watched->values, {watched->prefix, flags_.keeps_case});
        if (!made) {
            if (told_ != made.error().message) say(made.error().message);
            told_ = made.error().message;
            return std::nullopt;
        }
        made->merge(all);
        all = std::move(*made);
    }
    told_.clear();
    return all;
}

// What will not pass by itself, and there is nothing to go on with.
std::optional<int> ExecRun::hopeless() {
    const std::lock_guard lock(mutex_);
    for (const auto& watched : watched_) {
        if (watched->values || !watched->trouble) continue;
        const auto code = watched->trouble->code;
        if (code == ErrorCode::forbidden || code == ErrorCode::invalid_argument) {
            return exit_code::refused;
        }
        if (code == ErrorCode::internal) return exit_code::unexpected;
    }
    return std::nullopt;
}

std::optional<int> ExecRun::wait_for_first(Environment& first) {
    std::optional<Clock::time_point> until;
    if (flags_.deadline) until = Clock::now() + *flags_.deadline;
    for (;;) {
        if (auto made = environment()) {
            first = std::move(*made);
            return std::nullopt;
        }
        if (const auto status = hopeless()) return status;
        if (until && Clock::now() >= *until) {
            say("gave up waiting for the keys");
            const std::lock_guard lock(mutex_);
            for (const auto& watched : watched_) {
                const bool is_away = !watched->values && watched->trouble &&
                                     watched->trouble->code == ErrorCode::unavailable;
                if (is_away) return exit_code::unreachable;
            }
            return exit_code::try_later;
        }
        const auto event = supervisor_.wait(until);
        if (event.signal) return exit_code::signal_base + *event.signal;
    }
}

int ExecRun::run_command(Environment current) {
    const auto start = [&]() -> std::optional<int> {
        const auto failure = supervisor_.start(flags_.command, {current.begin(), current.end()});
        if (!failure) return std::nullopt;
        say(failure->text);
        return failure->exit_code;
    };
    if (const auto failed_with = start()) return *failed_with;
    bool is_restarting = false;
    // Whoever has asked for the end means that of this command; one that goes on after all has not
    // taken it so.
    std::optional<Clock::time_point> ending_until;
    // Nothing is to come behind a command that was ending when somebody asked for the end.
    std::optional<int> last_signal;
    std::optional<Clock::time_point> settled_at;
    const Duration kill_after = flags_.kill_after.value_or(kill_after_default);
    Environment wanted = current;
    for (;;) {
        const auto event = supervisor_.wait(ending_until ? ending_until : settled_at);
        if (event.signal) {
            ending_until = Clock::now() + kill_after;
            if (is_restarting) last_signal = event.signal;
        }
        if (event.is_stuck && last_signal) return exit_code::signal_base + *last_signal;
        if (event.ended) {
            if (!is_restarting || ending_until || last_signal) return *event.ended;
            is_restarting = false;
            if (const auto failed_with = start()) return *failed_with;
        }
        if (auto now = environment(); now && *now != wanted) {
            // Whoever changes one key changes more of them.
            wanted = std::move(*now);
            settled_at = Clock::now() + flags_.settle.value_or(settle_default);
        }
        if (ending_until && Clock::now() >= *ending_until) ending_until.reset();
        if (!settled_at || Clock::now() < *settled_at || ending_until) continue;
        settled_at.reset();
        if (wanted == current) continue;
        current = wanted;
        if (flags_.on_change == "none") continue;
        if (change_signal_ != 0) {
            supervisor_.send(change_signal_);
        } else if (!is_restarting) {
            is_restarting = true;
            supervisor_.begin_ending(kill_after);
        }
    }
}

}  // namespace signalbox
