#include "dialect/http_probe.h"

#include <algorithm>
#include <string>

namespace signalbox {

HttpProbe::HttpProbe(Metrics& metrics)
    : connections_(prometheus::BuildGauge()
                       .Name("signalbox_connections")
                       .Help("Connections open")
                       .Register(metrics.registry())
                       .Add({})),
      connections_refused_(prometheus::BuildCounter()
                               .Name("signalbox_connections_refused_total")
                               .Help("Connections closed at once because there were too many")
                               .Register(metrics.registry())
                               .Add({})),
      requests_refused_(prometheus::BuildCounter()
                            .Name("signalbox_http_malformed_total")
                            .Help("Requests refused by the parser or the request guard")
                            .Register(metrics.registry())
                            .Add({})),
      not_admitted_(prometheus::BuildCounter()
                        .Name("signalbox_http_not_admitted_total")
                        .Help("Requests refused for who sent them, by reason")
                        .Register(metrics.registry())),
      responses_(prometheus::BuildCounter()
                     .Name("signalbox_http_responses_total")
                     .Help("Answers by class of status")
                     .Register(metrics.registry())),
      responses_by_class_{},
      seconds_(prometheus::BuildHistogram()
                   .Name("signalbox_http_seconds")
                   .Help("Time from the whole request to its answer, held requests included")
                   .Register(metrics.registry())
                   .Add({}, latency_buckets())) {
    for (size_t hundred = 1; hundred < std::size(responses_by_class_); ++hundred) {
        responses_by_class_[hundred] = &responses_.Add({{"class", std::to_string(hundred) + "xx"}});
    }
}

void HttpProbe::not_admitted(ErrorCode why) {
    not_admitted_.Add({{"reason", error_code_name(why)}}).Increment();
}

void HttpProbe::responded(uint16_t status, std::chrono::nanoseconds took) {
    const size_t hundred = std::clamp<size_t>(status / 100, 1, std::size(responses_by_class_) - 1);
    responses_by_class_[hundred]->Increment();
    seconds_.Observe(std::chrono::duration<double>(took).count());
}

}  // namespace signalbox
