#include "dialect/zaqar/flavor_check.h"

namespace signalbox::zaqar {

void with_known_flavor(const ExchangePtr& exchange, const Options& options,
                       const std::string& project, const std::optional<std::string>& flavor,
                       std::function<void()> then) {
    if (!options.pooling || !flavor) return then();
    exchange->ask(catalog_tenant, GetFlavor{{project, *flavor}},
                  [exchange, then = std::move(then)](Result<FlavorView> known) {
                      if (known) return then();
                      const auto& error = known.error();
                      exchange->respond(render(error.code == ErrorCode::not_found
                                                   ? invalid_request(error.message)
                                                   : fault_of(error)));
                  });
}

}  // namespace signalbox::zaqar
