#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace signalbox {

// A server by its UUID, or the queue space of no server in particular, written "default".
struct ServerId {
    bool is_named = false;
    Uuid uuid;  // nil unless is_named

    constexpr auto operator<=>(const ServerId&) const = default;

    static std::optional<ServerId> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
};

// What a line is about: work on `id` of kind `scope` on `server`. Any bytes, within limits.
struct Resource {
    ServerId server;
    std::string scope;
    std::string id;

    auto operator<=>(const Resource&) const = default;
};

// The name of a line. Immutable and shared between the line and the views of its tickets that
// are on their way to clients, on whichever thread those are.
struct LineKey : boost::intrusive_ref_counter<LineKey> {
    LineKey(TenantId line_tenant, Resource line_resource)
        : tenant(line_tenant), resource(std::move(line_resource)) {}

    const TenantId tenant;
    const Resource resource;

    std::strong_ordering operator<=>(const LineKey& other) const {
        if (const auto order = tenant <=> other.tenant; order != 0) return order;
        return resource <=> other.resource;
    }
    bool operator==(const LineKey& other) const { return (*this <=> other) == 0; }
};

using LineKeyPtr = boost::intrusive_ptr<const LineKey>;

}  // namespace signalbox
