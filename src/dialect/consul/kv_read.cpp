#include "dialect/consul/kv_read.h"

#include <fmt/format.h>

#include "codec/json_writer.h"
#include "core/kv_rows.h"
#include "dialect/consul/blocking_read.h"
#include "dialect/consul/consul_acl.h"
#include "dialect/consul/consul_answer.h"
#include "dialect/consul/kv_json.h"

namespace signalbox::consul {
namespace {

// What is read before others get their turn.
constexpr size_t rows_per_slice = 500;
constexpr size_t bytes_per_slice = 1u << 20;

ReadAnswer made(uint64_t index, HttpResponse response) {
    ReadAnswer answer;
    answer.index = index;
    answer.body = std::make_shared<const std::string>(std::move(response.body));
    response.body.clear();
    answer.head = std::move(response);
    return answer;
}

// It may not be there; then there is no body, but an index, which clients rely on.
ReadAnswer nothing_there(uint64_t index) {
    HttpResponse response;
    response.status = 404;
    return made(index, std::move(response));
}

HttpResponse raw_answer(std::string value) {
    HttpResponse response;
    // Whatever it is, no browser must take it for a page of this server.
    response.content_type = "text/plain";
    response.fields = {{"Content-Security-Policy", "sandbox"},
                       {"X-Content-Type-Options", "nosniff"}};
    response.body = std::move(value);
    return response;
}

ReadSpec one_key(std::string key, bool is_raw) {
    ReadSpec spec;
    spec.target = {WatchKind::key, key};
    spec.key = (is_raw ? "raw " : "key ") + key;
    spec.evaluate = [key, is_raw](std::shared_ptr<const StoreSnapshot> snapshot, TenantId tenant) {
        return at_once([=]() -> Result<ReadAnswer> {
            TRY_AS(const auto entry, read_kv_entry(*snapshot, tenant, key));
            TRY_AS(const auto state, read_kv_tenant(*snapshot, tenant));
            const uint64_t index = kv_index(entry, state);
            if (!entry) return nothing_there(index);
            if (is_raw) return made(index, raw_answer(entry->value));
            std::string body;
            JsonWriter json(body);
            json.begin_array();
            write_kv_entry(json, *entry);
            json.end_array();
            return made(index, json_answer(std::move(body)));
        });
    };
    return spec;
}

// How a prefix is shown.
struct TreeWishes {
    std::string prefix;
    bool keys_only = false;
    std::string separator;
    IdentityPtr identity;  // whose patterns decide what is shown
    size_t bytes_max = 0;
};

class TreeEvaluation : public Evaluation {
public:
    TreeEvaluation(const TreeWishes& wishes, std::shared_ptr<const StoreSnapshot> snapshot,
                   TenantId tenant)
        : wishes_(wishes), snapshot_(std::move(snapshot)), tenant_(tenant), json_(body_) {
        json_.begin_array();
    }

    Result<bool> go_on() override {
        if (!reader_) {
            TRY_AS(reader_, KvTreeReader::open(*snapshot_, tenant_, wishes_.prefix));
        }
        TRY_AS(const bool has_more, reader_->skip_deleted(rows_per_slice));
        if (has_more) return false;
        const size_t begun_with = body_.size();
        for (size_t rows = 0; rows < rows_per_slice && body_.size() - begun_with < bytes_per_slice;
             ++rows) {
            TRY_AS(const auto entry, reader_->next());
            if (!entry) return true;
            if (!wishes_.identity->acl.empty() &&
                !check_key_action(*wishes_.identity, entry->key, "read")) {
                ++hidden_;
                continue;
            }
            ++shown_;
            if (wishes_.keys_only) {
                show_key(entry->key);
            } else {
                write_kv_entry(json_, *entry);
            }
            if (body_.size() > wishes_.bytes_max) {
                return fail(ErrorCode::too_large, "The answer would be too large; ask for less");
            }
        }
        return false;
    }

    ReadAnswer take() override {
        json_.end_array();
        const uint64_t index = reader_->index();
        // A prefix that may not be read must not look like one that was emptied.
        if (shown_ == 0 && hidden_ > 0) {
            return made(index, text_answer(403, "Permission denied"));
        }
        const bool is_root = wishes_.keys_only && wishes_.prefix.empty();
        if (shown_ == 0 && !is_root) return nothing_there(index);
        auto answer = made(index, json_answer(std::move(body_)));
        if (hidden_ > 0) {
            answer.head.fields.emplace_back("X-Consul-Results-Filtered-By-ACLs", "true");
        }
        return answer;
    }

private:
    // Up to the separator behind the prefix, each once.
    void show_key(const std::string& key) {
        std::string_view shown = key;
        if (!wishes_.separator.empty()) {
            const size_t at = key.find(wishes_.separator, wishes_.prefix.size());
            if (at != std::string::npos) {
                shown = shown.substr(0, at + wishes_.separator.size());
            }
        }
        if (shown == last_shown_) return;
        last_shown_ = shown;
        json_.value(shown);
    }

    const TreeWishes wishes_;
    const std::shared_ptr<const StoreSnapshot> snapshot_;
    const TenantId tenant_;
    std::unique_ptr<KvTreeReader> reader_;
    std::string body_;
    JsonWriter json_;
    std::string last_shown_;
    uint64_t shown_ = 0;
    uint64_t hidden_ = 0;
};

ReadSpec tree(TreeWishes wishes) {
    ReadSpec spec;
    spec.target = {WatchKind::prefix, wishes.prefix};
    spec.is_lengthy = true;
    // What one may see, another one may not.
    if (wishes.identity->acl.empty()) {
        spec.key = fmt::format("{} {}\n{}", wishes.keys_only ? "keys" : "tree", wishes.prefix,
                               wishes.separator);
    }
    spec.evaluate = [wishes = std::move(wishes)](std::shared_ptr<const StoreSnapshot> snapshot,
                                                 TenantId tenant) -> std::unique_ptr<Evaluation> {
        return std::make_unique<TreeEvaluation>(wishes, std::move(snapshot), tenant);
    };
    return spec;
}

}  // namespace

// What Consul refuses since it has had to: a part that leads out, blanks at the ends, and bytes
// that no path can have.
Result<void> check_key_text(std::string_view key) {
    const auto refuse = [](const char* why) {
        return fail(ErrorCode::invalid_argument, fmt::format("Invalid key: {}", why), "key");
    };
    if (key.starts_with(' ') || key.ends_with(' ')) return refuse("it begins or ends with a blank");
    for (const char c : key) {
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
            return refuse("it has a control character");
        }
    }
    while (!key.empty()) {
        const size_t slash = key.find('/');
        if (key.substr(0, slash) == "..") return refuse("it has a part \"..\"");
        key.remove_prefix(slash == std::string_view::npos ? key.size() : slash + 1);
    }
    return {};
}

Result<void> read_kv(const ConsulCall& call) {
    const auto& key = call.path("key");
    TRY(check_key_text(key));
    const bool keys_only = call.has("keys");
    if (keys_only || call.has("recurse")) {
        TreeWishes wishes;
        wishes.prefix = key;
        wishes.keys_only = keys_only;
        wishes.separator = call.text("separator").value_or(call.text("seperator").value_or(""));
        wishes.identity = call.exchange()->shared_identity();
        wishes.bytes_max = call.exchange()
                               ->frontend()
                               .node()
                               .partition_of(call.tenant())
                               .limits()
                               .kv.answer_bytes_max;
        return read(call, tree(std::move(wishes)));
    }
    if (key.empty()) return fail(ErrorCode::invalid_argument, "Missing key name", "key");
    TRY(check_key_action(call.exchange()->identity(), key, "read"));
    return read(call, one_key(key, call.has("raw")));
}

}  // namespace signalbox::consul
