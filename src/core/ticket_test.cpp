#include "core/ticket.h"

#include <tuple>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace signalbox {
namespace {

Uuid make_uuid(uint64_t number) {
    Uuid uuid;
    for (size_t i = 0; i < 8; ++i) uuid.bytes[8 + i] = static_cast<uint8_t>(number >> (8 * i));
    return uuid;
}

rc::Gen<Resource> arbitrary_resource() {
    return rc::gen::exec([] {
        Resource resource;
        resource.server.is_named = *rc::gen::arbitrary<bool>();
        if (resource.server.is_named)
            resource.server.uuid = make_uuid(*rc::gen::arbitrary<uint64_t>());
        resource.scope = *rc::gen::arbitrary<std::string>();
        resource.id = *rc::gen::arbitrary<std::string>();
        return resource;
    });
}

template <class Value>
std::optional<Value> perhaps(const rc::Gen<Value>& value) {
    if (*rc::gen::arbitrary<bool>()) return *value;
    return std::nullopt;
}

rc::Gen<TicketFields> arbitrary_fields() {
    return rc::gen::exec([] {
        const auto text = rc::gen::arbitrary<std::string>();
        TicketFields fields;
        fields.expires_text = *text;
        fields.action = perhaps(text);
        fields.extra = *rc::gen::element<std::string>("{}", R"({"a":1})", "");
        fields.reqid = perhaps(text);
        fields.owner = perhaps(text);
        fields.priority = *rc::gen::arbitrary<int32_t>();
        fields.ttl = Duration(*rc::gen::arbitrary<int64_t>());
        fields.hold_max = Duration(*rc::gen::arbitrary<int64_t>());
        fields.session = perhaps(rc::gen::map(rc::gen::arbitrary<uint64_t>(), make_uuid));
        fields.slots = perhaps(rc::gen::arbitrary<uint32_t>());
        fields.more_resources = *rc::gen::container<std::vector<Resource>>(arbitrary_resource());
        return fields;
    });
}

auto tie(const TicketFields& fields) {
    return std::tie(fields.expires_text, fields.action, fields.extra, fields.reqid, fields.owner,
                    fields.priority, fields.ttl, fields.hold_max, fields.session, fields.slots,
                    fields.more_resources);
}

RC_GTEST_PROP(TicketDetails, give_back_what_they_were_made_of, ()) {
    const auto fields = *arbitrary_fields();
    const auto details = TicketDetails::make(fields);
    RC_ASSERT(tie(details->fields()) == tie(fields));
    RC_ASSERT(details->ttl() == fields.ttl);
    RC_ASSERT(details->hold_max() == fields.hold_max);
    const auto read = TicketDetails::decode(details->bytes());
    RC_ASSERT(read != nullptr);
    RC_ASSERT(read->bytes() == details->bytes());
}

TEST(TicketDetails, of_a_plain_ticket_take_no_bytes) {
    EXPECT_EQ(TicketDetails::make({})->bytes(), "");
}

TEST(TicketDetails, pass_over_what_a_newer_version_wrote) {
    TicketFields fields;
    fields.owner = "me";
    const std::string newer = "\x63\x03new" + std::string(TicketDetails::make(fields)->bytes());
    const auto details = TicketDetails::decode(newer);
    ASSERT_TRUE(details);
    EXPECT_EQ(details->fields().owner, "me");
}

RC_GTEST_PROP(TicketDetails, of_any_bytes_do_no_harm, (const std::string& bytes)) {
    const auto details = TicketDetails::decode(bytes);
    if (!details) return;
    // What can be said of them at all can be written down again.
    const auto fields = details->fields();
    RC_ASSERT(tie(TicketDetails::make(fields)->fields()) == tie(fields));
}

struct Row {
    std::string key;
    std::string value;
    TicketRecord record;
    std::string reason;
};

rc::Gen<Row> arbitrary_row() {
    return rc::gen::exec([] {
        const auto instant = rc::gen::map(rc::gen::arbitrary<int64_t>(),
                                          [](int64_t ms) { return Instant(Duration(ms)); });
        Row row;
        auto& record = row.record;
        record.uuid = make_uuid(*rc::gen::arbitrary<uint64_t>());
        record.sequence = TicketSequence(*rc::gen::arbitrary<uint64_t>());
        record.line.reset(
            new LineKey(TenantId(*rc::gen::arbitrary<uint32_t>()), *arbitrary_resource()));
        record.details = TicketDetails::make(*arbitrary_fields());
        record.created_at = *instant;
        record.updated_at = *instant;
        record.expires_at = *instant;
        record.granted_at = *instant;
        record.order_at = *instant;
        record.token = FencingToken(*rc::gen::arbitrary<uint64_t>());
        record.status =
            *rc::gen::element(TicketStatus::queued, TicketStatus::active, TicketStatus::finished,
                              TicketStatus::expired, TicketStatus::deleted);
        record.mode = *rc::gen::element(TicketMode::exclusive, TicketMode::shared);
        record.barge = *rc::gen::arbitrary<bool>();
        row.reason = *rc::gen::arbitrary<std::string>();
        row.key = ticket_row_key(Table::ticket_live, record.line->tenant,
                                 record.line->resource.server, record.sequence);
        row.value = encode_ticket(record, row.reason);
        return row;
    });
}

RC_GTEST_PROP(TicketRow, is_read_back, ()) {
    const auto row = *arbitrary_row();
    const auto read = decode_ticket(row.key, row.value);
    RC_ASSERT(read.has_value());
    const auto& a = row.record;
    const auto& b = read->record;
    RC_ASSERT(a.uuid == b.uuid && a.sequence == b.sequence && *a.line == *b.line);
    RC_ASSERT(a.details->bytes() == b.details->bytes());
    RC_ASSERT(a.created_at == b.created_at && a.updated_at == b.updated_at);
    RC_ASSERT(a.expires_at == b.expires_at && a.granted_at == b.granted_at);
    RC_ASSERT(a.order_at == b.order_at && a.token == b.token);
    RC_ASSERT(a.status == b.status && a.mode == b.mode && a.barge == b.barge);
    RC_ASSERT(read->reason == row.reason);
}

RC_GTEST_PROP(TicketRow, that_is_cut_is_noticed, ()) {
    const auto row = *arbitrary_row();
    const auto cut = *rc::gen::inRange<size_t>(0, row.value.size());
    RC_ASSERT(!decode_ticket(row.key, std::string_view(row.value).substr(0, cut)));
    const auto key_cut = *rc::gen::inRange<size_t>(0, row.key.size());
    RC_ASSERT(!decode_ticket(std::string_view(row.key).substr(0, key_cut), row.value));
}

RC_GTEST_PROP(TicketRow, with_bytes_changed_does_no_harm, ()) {
    auto row = *arbitrary_row();
    const auto place = *rc::gen::inRange<size_t>(0, row.value.size());
    row.value[place] = *rc::gen::arbitrary<char>();
    const auto read = decode_ticket(row.key, row.value);
    RC_PRE(read.has_value());
    const auto fields = read->record.details->fields();
    RC_ASSERT(tie(TicketDetails::make(fields)->fields()) == tie(fields));
}

RC_GTEST_PROP(TicketRowKey, sorts_by_server_and_order_of_creation, ()) {
    const auto a = *rc::gen::tuple(arbitrary_resource(), rc::gen::arbitrary<uint64_t>());
    const auto b = *rc::gen::tuple(arbitrary_resource(), rc::gen::arbitrary<uint64_t>());
    const auto key = [](const auto& place) {
        return ticket_row_key(Table::ticket_live, TenantId(1), std::get<0>(place).server,
                              TicketSequence(std::get<1>(place)));
    };
    const auto order = [](const auto& place) {
        return std::tuple(std::get<0>(place).server, std::get<1>(place));
    };
    RC_ASSERT((key(a) < key(b)) == (order(a) < order(b)));
    RC_ASSERT(key(a).starts_with(
        ticket_row_prefix(Table::ticket_live, TenantId(1), std::get<0>(a).server)));
}

TEST(TicketStatus, is_read_from_its_name) {
    for (const auto status : {TicketStatus::queued, TicketStatus::active, TicketStatus::finished,
                              TicketStatus::expired, TicketStatus::deleted}) {
        EXPECT_EQ(parse_ticket_status(ticket_status_name(status)), status);
    }
    EXPECT_EQ(parse_ticket_status("Queued"), std::nullopt);
    EXPECT_EQ(parse_ticket_status(""), std::nullopt);
    EXPECT_EQ(parse_ticket_mode("shared"), TicketMode::shared);
    EXPECT_EQ(parse_ticket_mode("exclusive"), TicketMode::exclusive);
    EXPECT_EQ(parse_ticket_mode("both"), std::nullopt);
}

TEST(ServerId, is_a_uuid_or_the_default) {
    EXPECT_EQ(ServerId::parse("default"), ServerId());
    EXPECT_EQ(ServerId().text(), "default");
    const std::string text = "00112233-4455-6677-8899-aabbccddeeff";
    EXPECT_EQ(ServerId::parse(text)->text(), text);
    EXPECT_TRUE(ServerId::parse(text)->is_named);
    // The nil UUID is a server like others, and not the default.
    EXPECT_NE(ServerId::parse(Uuid().text()), ServerId());
    EXPECT_FALSE(ServerId::parse(""));
    EXPECT_FALSE(ServerId::parse("Default"));
    EXPECT_FALSE(ServerId::parse("web-1"));
}

}  // namespace
}  // namespace signalbox
