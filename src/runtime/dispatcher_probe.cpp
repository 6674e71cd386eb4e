#include "runtime/dispatcher_probe.h"

namespace signalbox {

DispatcherProbe::DispatcherProbe(Metrics& metrics)
    : deliveries_(prometheus::BuildCounter()
                      .Name("signalbox_delivery_attempts_total")
                      .Help("Attempts to tell a subscriber something, by outcome")
                      .Register(metrics.registry())),
      under_way_(prometheus::BuildGauge()
                     .Name("signalbox_deliveries_under_way")
                     .Help("Subscribers that are being told something")
                     .Register(metrics.registry())),
      seconds_(prometheus::BuildHistogram()
                   .Name("signalbox_delivery_seconds")
                   .Help("Time that an attempt took")
                   .Register(metrics.registry())),
      reports_refused_(prometheus::BuildCounter()
                           .Name("signalbox_delivery_reports_refused_total")
                           .Help("Outcomes that could not be written down at once")
                           .Register(metrics.registry())
                           .Add({})) {}

DispatcherProbe::OfKind& DispatcherProbe::of(std::string_view kind) {
    const auto found = kinds_.find(kind);
    if (found != kinds_.end()) return found->second;
    const std::string name(kind);
    const auto labels = [&](const char* outcome) {
        return prometheus::Labels{{"kind", name}, {"outcome", outcome}};
    };
    OfKind made{deliveries_.Add(labels("succeeded")), deliveries_.Add(labels("failed")),
                under_way_.Add({{"kind", name}}),
                seconds_.Add({{"kind", name}}, latency_buckets())};
    return kinds_.emplace(name, made).first->second;
}

void DispatcherProbe::begun(std::string_view kind) {
    of(kind).under_way.Increment();
}

void DispatcherProbe::ended(std::string_view kind, bool was_told, std::chrono::nanoseconds took) {
    OfKind& its = of(kind);
    its.under_way.Decrement();
    (was_told ? its.succeeded : its.failed).Increment();
    its.seconds.Observe(std::chrono::duration<double>(took).count());
}

void DispatcherProbe::abandoned(std::string_view kind) {
    of(kind).under_way.Decrement();
}

}  // namespace signalbox
