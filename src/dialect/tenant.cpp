#include "dialect/tenant.h"

namespace signalbox {

std::string tenant_of(const HttpRequest& request) {
    const auto named = request.field("signalbox-tenant");
    return named && !named->empty() ? std::string(*named) : "default";
}

}  // namespace signalbox
