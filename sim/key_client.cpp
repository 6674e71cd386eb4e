#include "sim/key_client.h"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/assert.h"

namespace signalbox {
namespace {

constexpr unsigned writers_max = 3;  // whose keys are read
constexpr Duration session_ttl = std::chrono::seconds(10);

// Base64 without its padding, so that the server's codec is not tested against itself.
std::string decoded(const std::string& text) {
    std::string bytes;
    uint32_t gathered = 0;
    int count = 0;
    for (const char c : text) {
        if (c == '=') break;
        const int six = c >= 'a' ? c - 'a' + 26 : c >= 'A' ? c - 'A' : c >= '0' ? c - '0' + 52 : 62;
        gathered = (gathered << 6U) | static_cast<uint32_t>(six);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>((gathered >> static_cast<unsigned>(count)) & 0xffU);
    }
    return bytes;
}

bool is_refusal(const SimResponse& response) {
    return response.status == 503 || response.status == 429;
}

}  // namespace

uint64_t KeyClient::index_of(const SimResponse& response) {
    const auto text = response.field("x-consul-index");
    return text.empty() ? 0 : std::stoull(text);
}

void KeyClient::act() {
    if (!http_.is_waiting()) {
        if (!retires_) begin();
        return;
    }
    SimResponse response;
    switch (http_.poll(response)) {
        case SimHttp::Progress::waiting: return;
        case SimHttp::Progress::broken: return broken();
        case SimHttp::Progress::answered:
            // Clients know a session that has ended by that status and its text.
            if (response.status >= 500 && response.status != 503 &&
                !response.body.starts_with("invalid session")) {
                oracle_.complain("an answer is " + std::to_string(response.status) + " " +
                                 response.body);
            }
            return answered(response);
    }
}

bool KeyClient::retire() {
    retires_ = true;
    return !http_.is_waiting();
}

void KeyWriter::begin() {
    Random& random = world_.random();
    const uint64_t what = random.below(40);
    key_.clear();
    if (what < 6) {
        // Nobody else writes there, and what may or may not have been written is not written again.
        if (number_ >= writers_max) return;
        key_ = fmt::format("own/{}", number_);
        if (!seen_index_) {
            send("GET", "kv/" + key_);
            return;
        }
        ++number_written_;
        send("PUT", fmt::format("kv/{}?cas={}", key_, *seen_index_),
             std::to_string(number_written_));
    } else if (what < 9) {
        send("PUT", fmt::format("kv/junk/{}/{}", random.below(3), random.below(3)),
             std::to_string(random.below(2)));
    } else if (what == 9) {
        send("DELETE", fmt::format("kv/junk/{}?recurse", random.below(3)));
    } else if (what == 10) {
        send("DELETE", fmt::format("kv/junk/{}/{}", random.below(3), random.below(3)));
    }
}

void KeyWriter::answered(const SimResponse& response) {
    if (key_.empty() || is_refusal(response)) return;
    if (!seen_index_) {
        // Of a key that is not there, the index is that of all keys.
        seen_index_ = response.status == 200 ? index_of(response) : 0;
        return;
    }
    seen_index_.reset();
    if (response.status != 200 || (response.body != "true" && response.body != "false")) {
        return oracle_.complain("a write of " + key_ + " was answered " + response.body);
    }
    if (response.body == "true") oracle_.value_acknowledged(key_, number_written_);
}

void KeyReader::begin() {
    Random& random = world_.random();
    if (target_.empty() || random.chance(1, 20)) {
        index_ = 0;
        const uint64_t what = random.below(8);
        is_number_ = what < 3;
        if (is_number_) target_ = fmt::format("own/{}", random.below(writers_max));
        if (what == 3) target_ = "own/?recurse";
        if (what == 4) target_ = fmt::format("junk/{}?keys", random.below(3));
        if (what == 5) target_ = "junk/?recurse";
        if (what == 6) target_ = fmt::format("junk/{}/{}", random.below(3), random.below(3));
        if (what == 7) target_ = "?keys";
    }
    known_index_ = oracle_.index_known(target_);
    known_value_ = is_number_ ? oracle_.value_known(target_) : 0;
    std::string target = "kv/" + target_;
    if (index_ > 0) {
        target +=
            fmt::format("{}index={}&wait={}ms", target_.find('?') == std::string::npos ? '?' : '&',
                        index_, 1 + random.below(3000));
    }
    send("GET", target);
}

void KeyReader::answered(const SimResponse& response) {
    if (is_refusal(response)) return;
    const uint64_t index = index_of(response);
    if (index == 0) oracle_.complain(target_ + ": an answer has no index");
    oracle_.index_seen(target_, known_index_, index);
    if (is_number_) {
        uint64_t value = 0;
        if (response.status == 200) {
            const auto entry = nlohmann::json::parse(response.body).at(0);
            if (entry.at("ModifyIndex") != index) {
                oracle_.complain(target_ + ": the index is not that of the key");
            }
            value = std::stoull(decoded(entry.at("Value")));
        }
        oracle_.value_seen(target_, known_value_, value);
    }
    index_ = index;
}

void LockSeeker::forget() {
    if (holds_) oracle_.dies(number_, until_ + lock_delay_);
    holds_ = false;
    session_.clear();
    stage_ = Stage::none;
}

void LockSeeker::cut() {
    KeyClient::cut();
    forget();
}

void LockSeeker::hang_up() {
    KeyClient::hang_up();
    forget();
}

// What was asked for may have been done.
void LockSeeker::broken() {
    if (stage_ == Stage::making || stage_ == Stage::none) return forget();
    // It may hold the key, and does not believe so.
    if (stage_ == Stage::acquiring || stage_ == Stage::releasing) return forget();
    stage_ = holds_ ? Stage::holding : Stage::idle;
}

void LockSeeker::begin() {
    Random& random = world_.random();
    sent_at_ = now();
    const auto try_to = [&](Stage stage, const std::string& target, const std::string& body = {}) {
        if (send("PUT", target, body)) stage_ = stage;
    };
    if (holds_ && now() >= until_) forget();
    if (stage_ == Stage::none) {
        if (!random.chance(1, 20)) return;
        const bool deletes = random.chance(1, 2);
        const auto delay = random.below(8);
        lock_delay_ = std::chrono::seconds(delay);
        try_to(Stage::making, "session/create",
               fmt::format(R"({{"TTL":"10s","LockDelay":"{}s","Behavior":"{}"}})", delay,
                           deletes ? "delete" : "release"));
    } else if (random.chance(1, 300)) {
        forget();  // it dies
    } else if (random.chance(1, 10)) {
        try_to(Stage::renewing, "session/renew/" + session_);
    } else if (!holds_ && random.chance(1, 10)) {
        try_to(Stage::acquiring, "kv/lock?acquire=" + session_, std::to_string(number_));
    } else if (holds_ && random.chance(1, 30)) {
        is_ended_ = random.chance(1, 3);
        if (is_ended_) {
            oracle_.dies(number_, now() + lock_delay_);
        } else {
            oracle_.lets_go(number_);
        }
        holds_ = false;
        try_to(Stage::releasing,
               is_ended_ ? "session/destroy/" + session_ : "kv/lock?release=" + session_);
    }
}

void LockSeeker::answered(const SimResponse& response) {
    const Stage stage = stage_;
    // It has died meanwhile.
    if (stage == Stage::none) return;
    stage_ = holds_ ? Stage::holding : Stage::idle;
    if (is_refusal(response)) {
        if (stage == Stage::making || stage == Stage::releasing) forget();
        return;
    }
    switch (stage) {
        case Stage::making:
            session_ = nlohmann::json::parse(response.body).at("ID");
            until_ = sent_at_ + session_ttl;
            return;
        case Stage::renewing:
            if (response.status != 200) return forget();
            until_ = sent_at_ + session_ttl;
            if (holds_) oracle_.believes_until(number_, until_);
            return;
        case Stage::acquiring:
            // A session that has ended is a refusal with a text; that is 500, but no fault.
            if (response.status != 200) return forget();
            if (response.body != "true" || now() >= until_) return;
            holds_ = true;
            stage_ = Stage::holding;
            return oracle_.holds(number_, now(), until_);
        case Stage::releasing:
            if (is_ended_) forget();
            return;
        case Stage::none:
        case Stage::idle:
        case Stage::holding: ASSERT(false);
    }
}

}  // namespace signalbox
