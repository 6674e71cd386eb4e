#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "app/client_commands.h"
#include "app/client_flags.h"
#include "app/exit_code.h"
#include "app/registry_client.h"
#include "app/registry_watch.h"
#include "app/table.h"

// signalbox wait: until services are passing and keys are there.

namespace signalbox {
namespace {

using Clock = std::chrono::steady_clock;

// Of one read; then the server says so, and it is asked again.
constexpr Duration read_wait = std::chrono::minutes(1);

constexpr Duration look_min = std::chrono::seconds(1);

struct WaitFlags : RegistryFlags {
    std::vector<std::string> services;
    std::vector<std::string> keys;
    std::optional<Duration> deadline;
    bool is_quiet = false;
};

// NAME or NAME:COUNT.
struct ServiceWish {
    std::string name;
    size_t count = 1;
};

Result<ServiceWish> parse_wish(const std::string& text) {
    const size_t colon = text.rfind(':');
    if (colon == std::string::npos) return ServiceWish{text, 1};
    const std::string digits = text.substr(colon + 1);
    const bool is_number = !digits.empty() && digits.size() <= 6 &&
                           digits.find_first_not_of("0123456789") == std::string::npos;
    if (!is_number || digits == "0") {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("--service {}: must be NAME or NAME:COUNT", text));
    }
    return ServiceWish{text.substr(0, colon), static_cast<size_t>(std::stoul(digits))};
}

class WaitRun {
public:
    WaitRun(const WaitFlags& flags, RegistryAddress address)
        : flags_(flags), client_(std::move(address), flags.ca_file) {
        if (!flags.deadline) return;
        const auto now = Clock::now();
        until_ = now + *flags.deadline;
        look_until_ = now + std::max(*flags.deadline, look_min);
    }

    int run(const std::vector<ServiceWish>& services) {
        for (const auto& wish : services) {
            const int status = wait_until(
                [&](uint64_t index, ReadTime time) { return look_for(wish, index, time); });
            if (status != exit_code::done) return status;
        }
        for (const auto& key : flags_.keys) {
            const int status = wait_until(
                [&](uint64_t index, ReadTime time) { return look_for(key, index, time); });
            if (status != exit_code::done) return status;
        }
        return exit_code::done;
    }

private:
    Result<Indexed<bool>> look_for(const ServiceWish& wish, uint64_t index, ReadTime time) {
        const auto name = fmt::format("service {}", wish.name);
        if (index == 0) missing_ = fmt::format("{} (0 of {} passing)", name, wish.count);
        TRY_AS(const auto passing, client_.passing(wish.name, index, time, {}));
        missing_ = fmt::format("{} ({} of {} passing)", name, passing.value, wish.count);
        return Indexed<bool>{passing.index, passing.value >= wish.count};
    }

    Result<Indexed<bool>> look_for(const std::string& key, uint64_t index, ReadTime time) {
        missing_ = fmt::format("key {}", key);
        return client_.has_key(key, index, time, {});
    }

    template <class Look>
    int wait_until(Look look) {
        uint64_t index = 0;
        Backoff backoff;
        for (;;) {
            const auto found = look(index, time_for_look(index));
            if (found && found->value) return exit_code::done;
            if (found) {
                last_trouble_.reset();
                index = next_index(index, found->index);
                backoff.reset();
                tell();
            } else if (index > 0 && is_over() && found.error().code == ErrorCode::unavailable) {
                // What is known is what the server said last.
                return give_up();
            } else {
                const int status = tell_trouble(found.error());
                if (status != exit_code::done) return status;
                index = 0;
            }
            if (is_over()) return give_up();
            if (!found || index == 0) {
                backoff.rest(time_left(), {});
                if (is_over()) return give_up();
            }
        }
    }

    [[nodiscard]] Duration time_left() const {
        if (!until_) return Duration::max();
        return time_until(*until_);
    }

    static Duration time_until(Clock::time_point then) {
        return std::chrono::ceil<Duration>(then - Clock::now());
    }

    [[nodiscard]] bool is_over() const { return time_left() <= Duration::zero(); }

    // Of whole milliseconds. The server may wait for a sixteenth longer than it was asked to, and
    // what it says then comes in time.
    [[nodiscard]] ReadTime time_for_look(uint64_t index) const {
        if (!until_) return {read_wait};
        const auto left = std::max(time_left(), Duration(1));
        const auto wait = std::max(left / 16 * 15, Duration(1));
        // However little time there is, there is some to look once for everything.
        return {std::min(wait, read_wait),
                index > 0 ? left : std::max(time_until(look_until_), Duration(1))};
    }

    // What cannot become better ends it.
    int tell_trouble(const Error& error) {
        const bool may_pass = error.code == ErrorCode::unavailable;
        if (!last_trouble_ || last_trouble_->message != error.message || !may_pass) {
            say(fmt::format("{}: {}", client_.url(), error.message), !may_pass);
        }
        last_trouble_ = error;
        if (may_pass) return exit_code::done;
        return error.code == ErrorCode::internal ? exit_code::unexpected : exit_code::refused;
    }

    void tell() {
        if (told_ == missing_) return;
        told_ = missing_;
        say("waiting for " + missing_, false);
    }

    int give_up() {
        say(fmt::format("gave up waiting for {}", missing_), true);
        return last_trouble_ ? exit_code::unreachable : exit_code::try_later;
    }

    void say(const std::string& text, bool is_final) const {
        if (flags_.is_quiet && !is_final) return;
        std::fprintf(stderr, "signalbox: %s\n", printable(text).c_str());
    }

    const WaitFlags& flags_;
    RegistryClient client_;
    std::optional<Clock::time_point> until_;
    Clock::time_point look_until_;  // for what has not been looked for before
    std::string missing_;
    std::string told_;
    std::optional<Error> last_trouble_;  // of the last look
};

int wait(const WaitFlags& flags) {
    if (flags.services.empty() && flags.keys.empty()) {
        return complain_about_usage("say what to wait for, with --service or --key");
    }
    std::vector<ServiceWish> services;
    for (const auto& text : flags.services) {
        auto wish = parse_wish(text);
        if (!wish) return complain_about_usage(wish.error().message);
        services.push_back(std::move(*wish));
    }
    const auto address = flags.find();
    if (!address) return complain_about_usage(address.error().message);
    return WaitRun(flags, *address).run(services);
}

}  // namespace

void add_wait_command(CLI::App& app, int& status) {
    const auto flags = std::make_shared<WaitFlags>();
    auto* command = app.add_subcommand("wait",
                                       "Wait until services are passing and keys are there:\n"
                                       "signalbox wait --service NAME --key PATH --deadline 60s");
    command
        ->add_option("--service", flags->services,
                     "A service, or so many instances of it; may be repeated")
        ->type_name("NAME[:COUNT]")
        ->type_size(1)
        ->allow_extra_args(false);
    command->add_option("--key", flags->keys, "A key; may be repeated")
        ->type_name("PATH")
        ->type_size(1)
        ->allow_extra_args(false);
    add_duration(*command, "--deadline", flags->deadline, "Wait no longer [for ever]");
    command->add_flag("--quiet", flags->is_quiet, "Do not say what is missing");
    flags->add_to(*command);
    run_with(*command, status, flags, wait);
}

}  // namespace signalbox
