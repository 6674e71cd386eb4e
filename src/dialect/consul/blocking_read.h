#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/watch_commands.h"
#include "dialect/consul/consul_call.h"
#include "storage/store.h"

namespace signalbox::consul {

// What a read found: an answer, and the index that it is as of.
struct ReadAnswer {
    uint64_t index = 0;
    HttpResponse head;  // without a body
    std::shared_ptr<const std::string> body;
};

// Finds out an answer from one snapshot, in slices between which others get their turn.
class Evaluation {
public:
    virtual ~Evaluation() = default;
    // True when the answer is complete.
    virtual Result<bool> go_on() = 0;
    // Once it is.
    virtual ReadAnswer take() = 0;
};

// One that is short enough to be found out at once.
std::unique_ptr<Evaluation> at_once(std::function<Result<ReadAnswer>()> find_out);

struct ReadSpec {
    WatchTarget target;
    // Readers of the same tenant with the same key get the same answer, and so may share it. Empty:
    // not to be shared.
    std::string key;
    bool is_lengthy = false;
    bool shows_consistency = false;
    std::function<std::unique_ptr<Evaluation>(std::shared_ptr<const StoreSnapshot> snapshot,
                                              TenantId tenant)>
        evaluate;
};

// Answers at once, or when the target's index has become greater than the one that the query names,
// or when the time that it names is over. Whoever hangs up is forgotten.
//
// One write may answer thousands of readers: they are told by the core, and the first of them on an
// io thread finds out the answer, which the others behind it share, also while it is found out.
Result<void> read(const ConsulCall& call, ReadSpec spec);

}  // namespace signalbox::consul
