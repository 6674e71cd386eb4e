#include "dialect/native/native_routes.h"

#include "dialect/native/problem.h"

namespace signalbox::native {

void add_routes(Router& router) {
    add_ticket_routes(router);
    add_line_routes(router);
    add_session_routes(router);
    add_queue_routes(router);
    add_token_routes(router);
    add_type_routes(router);
    add_collection_routes(router);
    add_operation_routes(router);
    router.add_faults(Dialect::native, "", route_problem);
    router.set_refusals(Dialect::native,
                        [](const Error& error, const HttpRequest&) { return problem(error); });
}

}  // namespace signalbox::native
