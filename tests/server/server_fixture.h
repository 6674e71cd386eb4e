#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/wire.h"
#include "support/server_process.h"

namespace signalbox {

// How the real server divides its work; everything has to hold in each.
struct Mode {
    std::string name;
    std::vector<std::string> arguments;
};

inline void PrintTo(const Mode& mode, std::ostream* out) {
    *out << mode.name;
}

inline const Mode guest_core{"guest_core", {"--io-threads", "1"}};
inline const Mode own_core{"own_core", {"--io-threads", "2"}};

// Words that a test needs beside those of the mode.
inline std::vector<std::string> with(const Mode& mode, std::vector<std::string> more = {}) {
    more.insert(more.end(), mode.arguments.begin(), mode.arguments.end());
    more.insert(more.end(), {"--log-level", "warning"});
    return more;
}

// A test in both modes. Where nothing else is said, a ticket is of the server "default", of
// scope "vm" and lives for an hour, and is asked for in the native dialect.
class ServerFixture : public testing::TestWithParam<Mode> {
protected:
    using Json = nlohmann::json;

    static std::string create_bytes(const std::string& id, const std::string& ttl = "1h") {
        return request_bytes("POST", "/api/v1/tickets",
                             R"({"scope":"vm","id":")" + id + R"(","ttl":")" + ttl + R"("})");
    }
    // With CNAPI's paths, which say more with less.
    static std::string wait_bytes(const std::string& uuid) {
        return request_bytes("GET", "/tickets/" + uuid + "/wait");
    }
    static std::string release_bytes(const std::string& uuid) {
        return request_bytes("PUT", "/tickets/" + uuid + "/release");
    }
    static std::string delete_bytes(const std::string& uuid) {
        return request_bytes("DELETE", "/tickets/" + uuid);
    }
    static std::string uuid_of(const SimResponse& created) {
        EXPECT_EQ(created.status, 201) << created.body;
        // Not parsed as a whole, because there may be a hundred thousand of them.
        constexpr std::string_view before = "\"uuid\":\"";
        const size_t begin = created.body.find(before);
        return created.body.substr(begin + before.size(), 36);
    }
    static std::vector<std::string> uuids_of(const std::vector<SimResponse>& created) {
        std::vector<std::string> uuids;
        for (const auto& response : created) uuids.push_back(uuid_of(response));
        return uuids;
    }
    // So many tickets in one line, in their order.
    static std::vector<std::string> create(Wire& wire, const std::string& id, size_t count) {
        return uuids_of(wire.ask(std::vector<std::string>(count, create_bytes(id))));
    }
    static std::string status_of(Wire& wire, const std::string& uuid) {
        return Json::parse(wire.get("/tickets/" + uuid)).at("status");
    }
};

inline std::string mode_name(const testing::TestParamInfo<Mode>& parameter) {
    return parameter.param.name;
}

}  // namespace signalbox
