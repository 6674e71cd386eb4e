#include "app/option_table.h"

namespace signalbox {

// Of collections, their types and operations, and of those who listen to them.
void add_collection_options(OptionTable& table) {
    using O = ServeOptions;
    table.add_count("types_max", "Types of collections",
                    [](O& o) -> auto& { return o.core.collection.types_max; });
    table.add("type_schema_bytes_max", "SIZE", "Schema of a type [64KiB]",
              size([](O& o) -> auto& { return o.core.collection.schema_bytes_max; }, 64, mib));
    table.add_count("type_path_bytes_max", "Bytes of the path of a type",
                    [](O& o) -> auto& { return o.core.collection.path_bytes_max; });
    table.add_count("type_name_bytes_max", "Bytes of the names of types, fields and events",
                    [](O& o) -> auto& { return o.core.collection.name_bytes_max; });
    table.add_count("type_access_bytes_max", "Bytes of what receivers of an event must be given",
                    [](O& o) -> auto& { return o.core.collection.access_bytes_max; });
    table.add_count("type_appliers_max", "Appliers of a type",
                    [](O& o) -> auto& { return o.core.collection.appliers_max; });
    table.add_count("type_url_bytes_max", "Bytes of the address of an applier",
                    [](O& o) -> auto& { return o.core.collection.url_bytes_max; });
    table.add_duration("operation_deadline_min", "Shortest deadline of operations",
                       [](O& o) -> auto& { return o.core.collection.deadline_min; });
    table.add_duration("operation_deadline_max", "Longest deadline of operations",
                       [](O& o) -> auto& { return o.core.collection.deadline_max; });
    table.add_duration("operation_retention_max", "Longest time that ended operations are kept",
                       [](O& o) -> auto& { return o.core.collection.retention_max; });
    table.add_duration("operation_retention", "The same when their type is gone",
                       [](O& o) -> auto& { return o.core.operation.retention; });
    table.add_count("items_max", "Items of a type",
                    [](O& o) -> auto& { return o.core.collection.items_max; });
    table.add_count("item_id_bytes_max", "Bytes of the id of an item",
                    [](O& o) -> auto& { return o.core.collection.id_bytes_max; });
    table.add(
        "item_bytes_max", "SIZE", "One item [64KiB]",
        size([](O& o) -> auto& { return o.core.collection.document_bytes_max; }, 16, 64 * mib));
    table.add_count("item_owners_max", "Owners of one item",
                    [](O& o) -> auto& { return o.core.collection.owners_max; });
    table.add_count("items_per_answer_max", "Items in one piece of an answer",
                    [](O& o) -> auto& { return o.core.collection.items_per_answer_max; });
    table.add(
        "items_answer_bytes_max", "SIZE", "Of the items in one answer, but for the last one [4MiB]",
        size([](O& o) -> auto& { return o.core.collection.answer_bytes_max; }, 1024, 64 * mib));
    table.add_count("operations_max", "Operations that have not ended",
                    [](O& o) -> auto& { return o.core.operation.operations_max; });
    table.add_count("operation_steps_max", "Steps of an operation",
                    [](O& o) -> auto& { return o.core.operation.steps_max; });
    table.add_count("operation_step_name_bytes_max", "Bytes of the name of a step",
                    [](O& o) -> auto& { return o.core.operation.step_name_bytes_max; });
    table.add_count("operation_detail_bytes_max", "Bytes of what is said of a step",
                    [](O& o) -> auto& { return o.core.operation.detail_bytes_max; });
    table.add("operation_outcome_bytes_max", "SIZE", "Error or response of an operation [16KiB]",
              size([](O& o) -> auto& { return o.core.operation.outcome_bytes_max; }, 64, mib));
    table.add_duration("operation_wait_max", "Longest wait for an operation",
                       [](O& o) -> auto& { return o.core.operation.wait_max; });
    table.add_count("feed_topics_max", "Topics of one stream",
                    [](O& o) -> auto& { return o.core.feed.topics_max; });
    table.add_duration("websocket_start_max", "For Wazo's clients to say that they are ready",
                       [](O& o) -> auto& { return o.http.websocket.start_max; });
    table.add_count("websocket_subscriptions_max",
                    "Names of events that one of Wazo's clients may subscribe to",
                    [](O& o) -> auto& { return o.http.websocket.subscriptions_max; });
    table.add_count("websocket_subscription_bytes_max", "Bytes of such a name",
                    [](O& o) -> auto& { return o.http.websocket.subscription_bytes_max; });
}

}  // namespace signalbox
