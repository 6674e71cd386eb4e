#include "app/option_table.h"

namespace signalbox {
namespace {

Result<void> set_zaqar_secret_key(ServeOptions& options, const std::string& text) {
    // Shorter ones can be guessed.
    constexpr size_t key_bytes_min = 16;
    if (text.size() < key_bytes_min) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must have at least {} bytes", key_bytes_min));
    }
    options.zaqar.secret_key = text;
    return {};
}

Result<void> set_url(std::string& place, const std::string& text) {
    if (!text.starts_with("http://") && !text.starts_with("https://")) {
        return fail(ErrorCode::invalid_argument, "must begin with http:// or https://");
    }
    place = text;
    return {};
}

Result<void> set_public_url(ServeOptions& options, const std::string& text) {
    TRY(set_url(options.zaqar.public_url, text));
    // Paths are written behind it.
    while (options.zaqar.public_url.ends_with('/')) options.zaqar.public_url.pop_back();
    return {};
}

Result<void> set_external_confirmation_url(ServeOptions& options, const std::string& text) {
    return set_url(options.zaqar.external_confirmation_url, text);
}

}  // namespace

void add_zaqar_options(OptionTable& table) {
    using O = ServeOptions;
    // As Zaqar's own options are called, where it has them.
    table.add_switch("zaqar_v1_1", "Serve /v1.1 beside /v2",
                     [](O& o) -> auto& { return o.zaqar.v1_1; });
    table.add_switch("zaqar_admin_mode",
                     "Zaqar's routes for admins exist: health, and with pooling pools",
                     [](O& o) -> auto& { return o.zaqar.admin_mode; });
    table.add_switch("zaqar_pooling",
                     "Zaqar's pools and flavors exist, and flavors of queues are checked",
                     [](O& o) -> auto& { return o.zaqar.pooling; });
    table.add_switch("zaqar_message_delete_with_claim_id",
                     "Deletion of many messages needs the claims that hold them",
                     [](O& o) -> auto& { return o.zaqar.delete_with_claim_id; });
    table.add_switch("zaqar_enable_checksum", "Messages are shown with the MD5 of their body",
                     [](O& o) -> auto& { return o.zaqar.checksum; });
    table.add_switch("zaqar_client_id_uuid",
                     "A Client-ID must be a UUID, and not any text of 10 to 36 bytes",
                     [](O& o) -> auto& { return o.zaqar.client_ids_are_uuids; });
    table.add("zaqar_secret_key", "TEXT",
              "What signs shared URLs; better in the file or the environment than here [made once, "
              "and "
              "kept with the data]",
              set_zaqar_secret_key);
    table.add_count("zaqar_name_bytes_max", "Bytes of the name of a queue, topic, pool or flavor",
                    [](O& o) -> auto& { return o.zaqar.limits.name_bytes_max; });
    table.add("zaqar_max_queue_metadata", "SIZE", "Size of the metadata of a queue [64KiB]",
              size([](O& o) -> auto& { return o.zaqar.limits.metadata_bytes_max; }, 16, 16 * mib));
    table.add("zaqar_max_messages_post_size", "SIZE",
              "Size of a request that posts messages [256KiB]",
              size([](O& o) -> auto& { return o.zaqar.limits.post_bytes_max; }, 16, 16 * mib));
    table.add_duration("zaqar_min_message_ttl", "Shortest ttl of a message",
                       [](O& o) -> auto& { return o.zaqar.limits.message_ttl_min; });
    table.add_duration("zaqar_max_message_ttl", "Longest ttl of a message",
                       [](O& o) -> auto& { return o.zaqar.limits.message_ttl_max; });
    table.add_duration("zaqar_max_message_delay", "Longest delay of a message",
                       [](O& o) -> auto& { return o.zaqar.limits.message_delay_max; });
    table.add_duration("zaqar_min_claim_ttl", "Shortest ttl of a claim",
                       [](O& o) -> auto& { return o.zaqar.limits.claim_ttl_min; });
    table.add_duration("zaqar_max_claim_ttl", "Longest ttl of a claim",
                       [](O& o) -> auto& { return o.zaqar.limits.claim_ttl_max; });
    table.add_duration("zaqar_default_claim_ttl", "Ttl of a claim that names none",
                       [](O& o) -> auto& { return o.zaqar.limits.claim_ttl; });
    table.add_duration("zaqar_min_claim_grace", "Shortest grace of a claim",
                       [](O& o) -> auto& { return o.zaqar.limits.claim_grace_min; });
    table.add_duration("zaqar_max_claim_grace", "Longest grace of a claim",
                       [](O& o) -> auto& { return o.zaqar.limits.claim_grace_max; });
    table.add_duration("zaqar_default_claim_grace", "Grace of a claim that names none",
                       [](O& o) -> auto& { return o.zaqar.limits.claim_grace; });
    table.add_count("zaqar_default_page", "Length of a page when the request names none",
                    [](O& o) -> auto& { return o.zaqar.limits.page; });
    table.add_count("zaqar_max_queues_per_page", "Queues of one page",
                    [](O& o) -> auto& { return o.zaqar.limits.queues_per_page_max; });
    table.add_count("zaqar_max_messages_per_page", "Messages of one page, and ids of one request",
                    [](O& o) -> auto& { return o.zaqar.limits.messages_per_page_max; });
    table.add_count("zaqar_max_messages_per_claim_or_pop", "Messages of one claim or pop",
                    [](O& o) -> auto& { return o.zaqar.limits.messages_per_claim_max; });
    table.add_count("zaqar_max_subscriptions_per_page", "Subscriptions of one page",
                    [](O& o) -> auto& { return o.zaqar.limits.subscriptions_per_page_max; });
    table.add_count("zaqar_subscriptions_per_connection_max",
                    "Subscriptions of one WebSocket that have no subscriber",
                    [](O& o) -> auto& { return o.zaqar.limits.subscriptions_per_connection_max; });
    table.add_duration("zaqar_min_subscription_ttl", "Shortest ttl of a subscription",
                       [](O& o) -> auto& { return o.zaqar.limits.subscription_ttl_min; });
    table.add_duration("zaqar_default_subscription_ttl", "Ttl of a subscription that names none",
                       [](O& o) -> auto& { return o.zaqar.limits.subscription_ttl; });
    table.add_switch("zaqar_require_confirmation",
                     "A subscriber is told nothing before it has confirmed that it wants to be",
                     [](O& o) -> auto& { return o.zaqar.require_confirmation; });
    table.add("public_url", "URL",
              "Where subscribers reach this server, for links to it; the first --listen when "
              "nothing is said",
              set_public_url);
    table.add(
        "zaqar_external_confirmation_url", "URL",
        "The page that mails link to for a confirmation; one of this server when nothing is said",
        set_external_confirmation_url);
    table.add_count("zaqar_max_pools_per_page", "Pools of one page",
                    [](O& o) -> auto& { return o.zaqar.limits.pools_per_page_max; });
    table.add_count("zaqar_max_flavors_per_page", "Flavors of one page",
                    [](O& o) -> auto& { return o.zaqar.limits.flavors_per_page_max; });
    table.add_count("zaqar_filter_bytes_max", "Bytes of an expression that queues are listed by",
                    [](O& o) -> auto& { return o.zaqar.limits.filter_bytes_max; });
    table.add_count("zaqar_filters_max", "Filters on metadata of one list of queues",
                    [](O& o) -> auto& { return o.zaqar.limits.filters_max; });
    table.add_count("pools_max", "Pools", [](O& o) -> auto& { return o.core.pool.pools_max; });
    table.add_count("flavors_max", "Flavors",
                    [](O& o) -> auto& { return o.core.pool.flavors_max; });
    table.add_count("pool_uri_bytes_max", "Bytes of the URI of a pool",
                    [](O& o) -> auto& { return o.core.pool.uri_bytes_max; });
    table.add_count("pool_options_bytes_max", "Bytes of the options of a pool",
                    [](O& o) -> auto& { return o.core.pool.options_bytes_max; });
}

}  // namespace signalbox
