#include "app/option_table.h"

namespace signalbox {

void add_registry_options(OptionTable& table) {
    using O = ServeOptions;
    table.add("consul_datacenter", "NAME", "What Consul's routes call this site [dc1]",
              text_at([](O& o) -> auto& { return o.consul.datacenter; }));
    table.add("consul_address", "ADDRESS",
              "Where Consul's routes say that the server's own node is [127.0.0.1]",
              text_at([](O& o) -> auto& { return o.consul.address; }));
    table.add("consul_default_token", "TEXT",
              "Stands for requests to Consul's routes that bring no token; better in the file or "
              "the environment than here",
              text_at([](O& o) -> auto& { return o.consul.default_token; }));
    table.add_count("kv_entries_max", "Keys of the registry",
                    [](O& o) -> auto& { return o.core.kv.entries_max; });
    table.add_count("kv_key_bytes_max", "Bytes of a key",
                    [](O& o) -> auto& { return o.core.kv.key_bytes_max; });
    table.add("kv_value_bytes_max", "SIZE", "Size of a key's value [512KiB]",
              size([](O& o) -> auto& { return o.core.kv.value_bytes_max; }, 1, 64 * mib));
    table.add("kv_answer_bytes_max", "SIZE", "Size of all keys and values in an answer [64MiB]",
              size([](O& o) -> auto& { return o.core.kv.answer_bytes_max; }, 1024, 1024 * mib));
    table.add_count("kv_transaction_operations_max", "Operations of a transaction on keys",
                    [](O& o) -> auto& { return o.core.kv.transaction_operations_max; });
    table.add_duration("kv_grave_age_max",
                       "How long it is known of a prefix that one of its keys was deleted",
                       [](O& o) -> auto& { return o.core.kv.grave_age_max; });
    table.add_count("kv_graves_max", "Deletions of keys that are known",
                    [](O& o) -> auto& { return o.core.kv.graves_max; });
    table.add("kv_transaction_bytes_max", "SIZE", "Of what one transaction answers [4MiB]",
              size([](O& o) -> auto& { return o.core.kv.transaction_bytes_max; }, 1024, 64 * mib));
    table.add_count("registry_nodes_max", "Nodes of the registry",
                    [](O& o) -> auto& { return o.core.registry.nodes_max; });
    table.add_count("registry_services_max", "Instances of services",
                    [](O& o) -> auto& { return o.core.registry.services_max; });
    table.add_count("registry_checks_max", "Checks of nodes and services",
                    [](O& o) -> auto& { return o.core.registry.checks_max; });
    table.add_count("registry_checks_per_service_max", "Checks in one registration",
                    [](O& o) -> auto& { return o.core.registry.checks_per_service_max; });
    table.add_count("registry_name_bytes_max", "Bytes of a name, id, address or tag",
                    [](O& o) -> auto& { return o.core.registry.name_bytes_max; });
    table.add_count("registry_tags_max", "Tags of a service",
                    [](O& o) -> auto& { return o.core.registry.tags_max; });
    table.add_count("registry_metadata_max", "Metadata of a node or a service, in pairs",
                    [](O& o) -> auto& { return o.core.registry.metadata_max; });
    table.add_count("registry_probes_max", "Addresses of checks that are asked at a time",
                    [](O& o) -> auto& { return o.core.registry.probes_max; });
    table.add("check_private", "BOOL",
              "Checks may ask addresses of loopback and of private networks [true]",
              flag([](O& o) -> auto& { return o.check_addresses.allows_private; }));
    table
        .add("check_network", "NETWORK",
             "Checks may ask addresses in this network whatever it is, once or more: 10.1.0.0/16",
             network([](O& o) -> auto& { return o.check_addresses.allowed; }))
        .is_list = true;
    table.add_count("session_checks_max", "Checks that a session may depend on",
                    [](O& o) -> auto& { return o.core.session.checks_per_session_max; });
}

}  // namespace signalbox
