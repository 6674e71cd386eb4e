#include "app/register_run.h"

#include <algorithm>
#include <csignal>

#include <fmt/format.h>

#include "app/exit_code.h"
#include "app/registry_watch.h"
#include "codec/json_writer.h"
#include "codec/url.h"

namespace signalbox {
namespace {

constexpr Duration ttl_default = std::chrono::seconds(30);
// So that two may be lost before the check turns critical.
constexpr int heartbeats_per_ttl = 3;
constexpr Duration kill_after = std::chrono::seconds(30);

}  // namespace

RegisterRun::RegisterRun(const RegisterFlags& flags, RegistryAddress address)
    : flags_(flags),
      id_(flags.id.empty() ? flags.service : flags.id),
      client_(std::move(address), flags.ca_file) {}

Duration RegisterRun::ttl() const {
    return flags_.ttl.value_or(ttl_default);
}

std::string RegisterRun::registration() const {
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    json.member("ID", id_);
    json.member("Name", flags_.service);
    if (!flags_.address.empty()) json.member("Address", flags_.address);
    json.member("Port", flags_.port);
    json.key("Tags");
    json.begin_array();
    for (const auto& tag : flags_.tags) json.value(tag);
    json.end_array();
    json.key("Meta");
    json.begin_object();
    for (const auto& pair : flags_.meta) {
        const size_t equals = pair.find('=');
        json.text_key(pair.substr(0, equals));
        json.value(pair.substr(equals + 1));
    }
    json.end_object();
    json.key("Check");
    json.begin_object();
    json.member("CheckID", "service:" + id_);
    json.member("TTL", fmt::format("{}ms", ttl().count()));
    json.member("Status", "passing");
    if (flags_.reap_after) {
        json.member("DeregisterCriticalServiceAfter",
                    fmt::format("{}ms", flags_.reap_after->count()));
    }
    json.end_object();
    json.end_object();
    return body;
}

void RegisterRun::keep_registered(const std::stop_token& stop) {
    const std::string heartbeat = "/v1/agent/check/pass/" + percent_encode("service:" + id_);
    const Duration pause = ttl() / heartbeats_per_ttl;
    bool is_registered = false;
    std::string trouble;
    Backoff backoff;
    std::mutex mutex;
    std::condition_variable_any told;
    while (!stop.stop_requested()) {
        auto done = is_registered ? client_.put(heartbeat, {}, stop) : Result<void>();
        if (is_registered && !done && !stop.stop_requested()) {
            is_registered = false;
            say(fmt::format("{}: {}; registering again", client_.url(), done.error().message));
        }
        if (!is_registered && !stop.stop_requested()) {
            done = client_.put("/v1/agent/service/register", registration(), stop);
            // One that was there already has the status that it had.
            if (done) done = client_.put(heartbeat, {}, stop);
            is_registered = done.has_value();
            if (is_registered) {
                say(fmt::format("{}: {} is registered", client_.url(), id_));
                trouble.clear();
                backoff.reset();
            }
        }
        if (stop.stop_requested()) return;
        if (!done && done.error().message != trouble) {
            trouble = done.error().message;
            say(fmt::format("{}: {}", client_.url(), trouble));
        }
        // What is wrong with the registration itself does not pass.
        if (!done && done.error().code == ErrorCode::invalid_argument) {
            refused_ = exit_code::refused;
            supervisor_.bell().ring();
            return;
        }
        if (is_registered) {
            std::unique_lock lock(mutex);
            told.wait_for(lock, stop, pause, [] { return false; });
        } else {
            backoff.rest(pause, stop);
        }
    }
}

void RegisterRun::deregister() {
    const auto done = client_.put("/v1/agent/service/deregister/" + percent_encode(id_), {}, {});
    if (done || done.error().code == ErrorCode::not_found) return;
    say(fmt::format("{}: {}; {} stays until its check has expired", client_.url(),
                    done.error().message, id_));
}

int RegisterRun::run() {
    const bool has_command = !flags_.command.empty();
    if (has_command) {
        if (const auto failure = supervisor_.start(flags_.command, {})) {
            say(failure->text);
            return failure->exit_code;
        }
    }
    int status = exit_code::done;
    {
        const std::jthread keeper([this](const std::stop_token& stop) { keep_registered(stop); });
        for (bool is_ending = false;;) {
            const auto event = supervisor_.wait(std::nullopt);
            if (event.ended) {
                if (status == exit_code::done) status = *event.ended;
                break;
            }
            if (event.is_stuck || (event.signal && !has_command)) break;
            if (refused_ != 0 && !is_ending) {
                is_ending = true;
                status = refused_;
                if (!has_command) break;
                // Nobody would find it.
                supervisor_.begin_ending(kill_after);
            }
        }
    }
    deregister();
    return status;
}

}  // namespace signalbox
