#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/queue_commands.h"
#include "dialect/zaqar/zaqar_fault.h"
#include "dialect/zaqar/zaqar_options.h"

// A queue's metadata as Zaqar knows it: one JSON object with what clients keep there, and with
// reserved names, which are settings of the queue. Topics have fewer of those.

namespace signalbox::zaqar {

// The members of a JSON object in their order, each value as it is written.
class MetadataDocument {
public:
    // Of the text of a valid JSON object. Of a name given twice the last value counts.
    static MetadataDocument parse(std::string_view object);
    // Everything that is set of a queue, and nothing else. Nothing of it counts as touched.
    static MetadataDocument of(const QueueView& view);

    [[nodiscard]] const std::string* find(const std::string& name) const;
    void set(const std::string& name, std::string value);
    // False when there is no such member.
    bool remove(const std::string& name);
    // Whether it was set or removed, or somebody tried to.
    [[nodiscard]] bool is_touched(const std::string& name) const { return touched_.contains(name); }
    [[nodiscard]] std::string text() const;

    struct Member {
        std::string name;   // decoded
        std::string value;  // empty: was removed
    };
    [[nodiscard]] const std::vector<Member>& members() const { return members_; }

private:
    std::vector<Member> members_;
    std::unordered_map<std::string, size_t> places_;
    std::unordered_set<std::string> touched_;
};

// Whether it is the name of a setting of queues, and nothing that a client may keep.
bool is_reserved(std::string_view name);
// Whether GET shows the name also of a queue that has no such value.
bool is_always_shown(const std::string& name, QueueKind kind);
// What GET shows: what is set, and of the rest what always shows, with its default. `ttl` is that
// of messages when neither they nor their queue say one (QueueLimits::ttl_default).
std::string shown_metadata(MetadataDocument document, QueueKind kind, const ZaqarLimits& limits,
                           Duration ttl);

// A document as settings and what the client keeps beside them. Settings that Zaqar has no name
// for, and those that were not touched, stay as in `before`: they may be finer than Zaqar can say,
// or beyond what it lets one set. Fails with a sentence.
struct QueueContent {
    QueueSettings settings;
    std::string metadata;
};
tl::expected<QueueContent, std::string> read_metadata(const MetadataDocument& document,
                                                      QueueKind kind, QueueSettings before,
                                                      const ZaqarLimits& limits);

// The body of a PUT: the content of a new queue; nothing in it when there is no body.
Checked<QueueContent> read_new_metadata(std::string_view body, QueueKind kind,
                                        const ZaqarLimits& limits);

// Of `name=value` in a list of queues: whether the document has that value, which counts as a
// number when it looks like one.
bool matches_filter(const MetadataDocument& document, const std::string& name,
                    const std::string& value);

}  // namespace signalbox::zaqar
