#include "dialect/native/native_routes.h"

#include "dialect/native/problem.h"

namespace signalbox::native {

void add_routes(Router& router) {
    add_ticket_routes(router);
    add_line_routes(router);
    add_session_routes(router);
    router.add_faults(Dialect::native, "", route_problem);
}

}  // namespace signalbox::native
