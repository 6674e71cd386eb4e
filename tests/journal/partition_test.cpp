#include "runtime/partition.h"

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "sim/sim_cipher.h"
#include "sim/sim_clock.h"
#include "storage/memory_store.h"
#include "tests/journal/journal_on_sim_disk.h"

// A partition, between a disk and a store that fail when they are told to.

namespace signalbox {
namespace {

class PartitionTest : public testing::Test, private ReadySink {
protected:
    PartitionTest() {
        options_.inbox.commands_max = 8;
        options_.inbox.batch_commands_max = 4;
        options_.inbox.batch_bytes_max = 4096;
        options_.checkpoint_bytes = 64u << 10;
    }

    void start() {
        stop();
        FileJournalOptions journal;
        journal.directory = "journal";
        journal.segment_bytes = 32u << 10;
        journal.seed = random_.next();
        auto opened = FileJournal::open(disk_, executor_, journal);
        ASSERT_TRUE(opened) << opened.error().message;
        journal_ = std::move(*opened);
        options_.seed = random_.next();
        auto partition =
            Partition::open(*journal_, store_, clock_, executor_, options_, probe_, *this, [] {});
        ASSERT_TRUE(partition) << partition.error().message;
        partition_ = std::move(*partition);
    }

    void stop() {
        executor_.drop_all();
        partition_.reset();
        journal_.reset();
    }

    void crash() {
        stop();
        disk_.crash();
        store_.crash();
        start();
    }

    // A ticket for a line, whose row is about so large.
    RequestId create(const std::string& line, size_t bytes = 0) {
        CreateTicket command;
        command.resource = {ServerId(), "vm", line};
        command.fields.extra = '"' + std::string(bytes, 'x') + '"';
        return submit(std::move(command));
    }

    template <class Body>
    RequestId submit(Body body) {
        const RequestId request(++last_request_);
        is_taken_ = partition_->submit({request, "tenant", {"test", {}}, std::move(body)});
        return request;
    }

    void run() {
        while (partition_->run_batch()) {
        }
    }

    // The answer that came; nothing when none has.
    template <class Body>
    std::optional<Result<typename Body::Answer>> answer(RequestId request) {
        const auto found = replies_.find(request);
        if (found == replies_.end()) return std::nullopt;
        return std::get<Result<typename Body::Answer>>(found->second);
    }

    Uuid created(RequestId request) {
        const auto made = answer<CreateTicket>(request);
        return made && *made ? (*made)->ticket.record.uuid : Uuid();
    }

    template <class Body>
    std::optional<ErrorCode> refused(RequestId request) {
        const auto came = answer<Body>(request);
        if (!came || *came) return std::nullopt;
        return came->error().code;
    }

    bool exists(const Uuid& uuid) {
        const auto asked = submit(GetTicket{uuid});
        run();
        return answer<GetTicket>(asked)->has_value();
    }

    Random random_{1};
    SimDisk disk_{random_};
    SimClock clock_;
    MemoryStore store_;
    LaterExecutor executor_;
    PartitionOptions options_{.cipher = sim_cipher()};
    std::unique_ptr<FileJournal> journal_;
    std::unique_ptr<Partition> partition_;
    bool is_taken_ = false;

private:
    void deliver(std::vector<Completion> completions,
                 std::vector<FeedDelivery> /*deliveries*/) override {
        for (auto& completion : completions) {
            const bool is_new =
                replies_.emplace(completion.request, std::move(completion.reply)).second;
            EXPECT_TRUE(is_new) << "answered twice";
        }
    }
    void carry_out(std::vector<Effect> effects) override { EXPECT_TRUE(effects.empty()); }
    void probe(std::vector<ProbeOrder> orders) override { EXPECT_TRUE(orders.empty()); }

    Metrics metrics_;
    PartitionProbe probe_{metrics_, 0};
    uint64_t last_request_ = 0;
    std::map<RequestId, Reply> replies_;
};

TEST_F(PartitionTest, takes_no_more_commands_than_may_wait) {
    start();
    for (int i = 0; i < 8; ++i) create(std::to_string(i));
    EXPECT_TRUE(is_taken_);
    create("refused");
    EXPECT_FALSE(is_taken_);
    // Some are applied, and no more may come instead.
    EXPECT_TRUE(partition_->run_batch());
    for (int i = 0; i < 4; ++i) create("more");
    EXPECT_TRUE(is_taken_);
    create("refused");
    EXPECT_FALSE(is_taken_);
    run();
    create("again");
    EXPECT_TRUE(is_taken_);
}

// A batch ends behind the command that fills it, so it may be larger than what there was room
// for.
TEST_F(PartitionTest, holds_a_batch_that_finds_no_room_until_there_is_some) {
    start();
    disk_.set_free_bytes(0);
    const auto large = create("large", 60'000);
    run();
    EXPECT_FALSE(answer<CreateTicket>(large));
    ASSERT_TRUE(partition_->trouble());
    EXPECT_NE(partition_->trouble()->find("no space left"), std::string::npos);
    // Nobody else is kept waiting.
    const auto other = create("other");
    run();
    EXPECT_EQ(refused<CreateTicket>(other), ErrorCode::unavailable);
    EXPECT_FALSE(answer<CreateTicket>(large));
    EXPECT_GT(partition_->until_next_deadline(), Duration::zero());

    disk_.heal();
    run();
    EXPECT_FALSE(partition_->trouble());
    const Uuid uuid = created(large);
    EXPECT_NE(uuid, Uuid());
    EXPECT_NE(created(create("next")), uuid);
    crash();
    EXPECT_TRUE(exists(uuid));
}

TEST_F(PartitionTest, forgets_a_held_batch_in_a_crash) {
    start();
    const auto first = create("line");
    run();
    disk_.set_full(true);
    const auto held = create("line");
    run();
    EXPECT_FALSE(answer<CreateTicket>(held));
    disk_.heal();
    crash();
    EXPECT_TRUE(exists(created(first)));
    EXPECT_FALSE(answer<CreateTicket>(held));
    EXPECT_EQ(partition_->engine().statistics().tickets.active_now, 1u);
    EXPECT_EQ(partition_->engine().statistics().tickets.queued_now, 0u);
}

TEST_F(PartitionTest, answers_everyone_when_it_stops_with_the_disk_full) {
    start();
    const auto holder = create("line");
    const auto second = create("line");
    run();
    const auto waiting = submit(WaitTicket{created(second), std::nullopt});
    run();
    disk_.set_full(true);
    const auto held = create("line");
    run();
    EXPECT_FALSE(answer<CreateTicket>(held));
    partition_->stop();
    EXPECT_EQ(refused<CreateTicket>(held), ErrorCode::unavailable);
    EXPECT_EQ(refused<WaitTicket>(waiting), ErrorCode::unavailable);
    // What was refused does not happen behind everyone's back.
    disk_.heal();
    const auto late = create("line");
    run();
    EXPECT_EQ(refused<CreateTicket>(late), ErrorCode::unavailable);
    crash();
    EXPECT_TRUE(exists(created(holder)));
    EXPECT_EQ(partition_->engine().statistics().tickets.queued_now, 1u);
}

TEST_F(PartitionTest, answers_everyone_when_it_stops_with_the_store_behind) {
    start();
    const auto holder = create("line");
    const auto second = create("line");
    run();
    const auto waiting = submit(WaitTicket{created(second), std::nullopt});
    run();
    store_.fail_next_applies(1000);
    const auto held = create("line");
    run();
    EXPECT_FALSE(answer<CreateTicket>(held));
    partition_->stop();
    // It is in the journal, so it is true.
    EXPECT_NE(created(held), Uuid());
    EXPECT_EQ(refused<WaitTicket>(waiting), ErrorCode::unavailable);
    store_.fail_next_applies(0);
    const auto late = create("line");
    run();
    EXPECT_EQ(refused<CreateTicket>(late), ErrorCode::unavailable);
    ASSERT_TRUE(partition_->flush());
    start();
    for (const auto request : {holder, second, held}) EXPECT_TRUE(exists(created(request)));
}

TEST_F(PartitionTest, applies_again_what_the_store_lost_by_failing) {
    start();
    std::vector<RequestId> all;
    for (int i = 0; i < 10; ++i) {
        all.push_back(create("line"));
        run();
        if (i == 4) {
            ASSERT_TRUE(partition_->flush());
        }
    }
    const auto before = store_.rows();
    store_.fail_next_applies(2);
    all.push_back(create("line"));
    run();
    EXPECT_FALSE(answer<CreateTicket>(all.back()));
    // The second failure comes after it has lost rows: nobody may see that they are gone.
    run();
    EXPECT_FALSE(partition_->snapshot()->get(before.begin()->first));
    run();
    EXPECT_FALSE(partition_->trouble());
    for (const auto request : all) EXPECT_TRUE(exists(created(request)));
    EXPECT_EQ(partition_->snapshot()->revision(), journal_->last_revision());
    for (const auto& [key, value] : before) EXPECT_TRUE(store_.rows().contains(key));
}

TEST_F(PartitionTest, answers_everyone_when_the_journal_fails) {
    start();
    const auto holder = create("line");
    const auto second = create("line");
    run();
    const auto waiting = submit(WaitTicket{created(second), std::nullopt});
    run();
    disk_.fail_next_sync();
    const auto unknown = create("line");
    run();
    EXPECT_EQ(refused<CreateTicket>(unknown), ErrorCode::unavailable);
    EXPECT_EQ(refused<WaitTicket>(waiting), ErrorCode::unavailable);
    const auto late = create("line");
    run();
    EXPECT_EQ(refused<CreateTicket>(late), ErrorCode::unavailable);
    EXPECT_FALSE(partition_->until_next_deadline());
    partition_->stop();
    crash();
    EXPECT_TRUE(exists(created(holder)));
}

TEST_F(PartitionTest, trims_its_journal_although_it_never_lives_long) {
    options_.checkpoint_bytes = 100'000;
    start();
    uint64_t kept_max = 0;
    for (int life = 0; life < 20; ++life) {
        for (int i = 0; i < 10; ++i) {
            create("line", 3000);
            run();
        }
        executor_.run_all();
        kept_max = std::max(kept_max, journal_->kept_bytes());
        crash();
    }
    EXPECT_LT(kept_max, 4 * options_.checkpoint_bytes);
}

}  // namespace
}  // namespace signalbox
